/** Who sits at the desk, what the role allows, and what colleagues are called. */
/** @import { Session } from "../shared/types.d.ts" */

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
   * What somebody is called; who has left, or acts from elsewhere, by the account's name.
   * @param {string} name of the account
   */
  person(name) {
    return this.people.get(name)?.title || name;
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
