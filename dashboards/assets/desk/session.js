/** Who sits at the desk, what the role allows, and what colleagues are called. */
import { pick } from "../shared/language.js";
/** @import { AlertRow, Session } from "../shared/types.d.ts" */

/** Steps of the platform's own parts name these; they are no accounts. */
const PARTS = ["engine", "desk"];
/** @type {NonNullable<Session["handling"]>} How alerts are handled while nothing was told. */
const PLAIN = { answer_s: 0, explained: [], second: [], results: {}, choices: [] };

/** The session of this page: null until the server has told it. */
export class SessionStore {
  constructor() {
    /** @type {Session | null} */
    this.current = null;
    /** @type {Map<string, Session["people"][number]>} accounts that may act, by name */
    this.people = new Map();
  }

  /** @param {Session} given what the server tells */
  take(given) {
    this.current = given;
    this.people = new Map(given.people.map((person) => [person.name, person]));
  }

  /** The account's name; "" while it is not known. */
  get user() {
    return this.current?.user || "";
  }

  /**
   * What somebody is called; only who never had an account, by the name that was written.
   * @param {string} name of the account
   */
  person(name) {
    if (PARTS.includes(name)) return pick(["系统", "the system"]);
    const title = this.current?.titles?.[name];
    return title ? pick(title) : this.people.get(name)?.title || name;
  }

  /** How alerts are handled in this city. */
  get handling() {
    return this.current?.handling || PLAIN;
  }

  /**
   * What came of an alert, in words.
   * @param {string} result its id
   */
  result(result) {
    return pick(this.handling.results[result] || result);
  }

  /**
   * What a person does to have an alert closed: some levels need a second person.
   * @param {string} action that a key or a button names
   * @param {AlertRow} row of the alert
   */
  actionOn(action, row) {
    const needsTwo = this.handling.second.includes(row.peak || row.level);
    return action === "resolve" && needsTwo ? "ask_closing" : action;
  }

  /**
   * Whether who closes an alert must say what came of it.
   * @param {AlertRow} row of the alert
   */
  isExplained(row) {
    const { explained, second } = this.handling;
    return [...explained, ...second].includes(row.peak || row.level);
  }

  /**
   * Whether an alert was given to this person, who has yet to answer.
   * @param {AlertRow} row of the alert
   */
  isAsked(row) {
    return !!row.assigned && row.owner === this.user;
  }

  /**
   * Whether the role may do this; while it is not known, the server decides.
   * @param {string} action name, or "more" for the menu of the rest
   */
  allows(action) {
    return !this.current || action === "more" || this.current.actions.includes(action);
  }

  /** Whether this person sees a part of the city only. */
  get isPartial() {
    return !!this.current && this.current.departments.length + this.current.areas.length > 0;
  }
}
