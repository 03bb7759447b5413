/** Who sits at the case desk, and what the city calls everything that cases go through. */
import { pick } from "../shared/language.js";
/** @import { CaseCity, CaseFlow, CaseRow } from "../shared/types.d.ts" */
/** @import { CaseSession, CaseUnit, Titles } from "../shared/types.d.ts" */

/** The session of this page: null until the server has told it. */
export class CaseSessionStore {
  constructor() {
    /** @type {CaseSession | null} */
    this.current = null;
    /** @type {Map<string, CaseUnit>} */
    this.units = new Map();
    /** @type {Set<string>} */
    this.own = new Set();
  }

  /** @param {CaseSession} given what the server tells */
  take(given) {
    this.current = given;
    this.units = new Map(given.city.units.map((unit) => [unit.id, unit]));
    this.own = new Set(given.units);
  }

  /** The account's name; "" while it is not known. */
  get user() {
    return this.current?.user || "";
  }

  /** @returns {CaseCity | null} */
  get city() {
    return this.current?.city || null;
  }

  /** @param {string} key of a workflow in its version @returns {CaseFlow | undefined} */
  flow(key) {
    return this.city?.flows[key];
  }

  /** @param {string} id of a unit */
  unit(id) {
    const unit = this.units.get(id);
    return unit ? pick(unit.title) : id;
  }

  /**
   * What a stage of a case's workflow is called.
   * @param {CaseRow} row of the case
   */
  stage(row) {
    const stage = this.flow(row.flow)?.stages.find(({ id }) => id === row.stage);
    return stage ? pick(stage.title) : row.stage;
  }

  /**
   * What a case's state is called.
   * @param {CaseRow} row of the case
   */
  state(row) {
    const held = this.city?.states[row.state];
    return held ? pick(held) : this.stage(row);
  }

  /**
   * What a level of supervision is called.
   * @param {CaseRow} row of the case
   */
  level(row) {
    const title = this.flow(row.flow)?.levels[row.level];
    return title ? pick(title) : row.level;
  }

  /**
   * The title of something that the city names.
   * @param {"sources" | "flags" | "details" | "results" | "verdicts"} table of it
   * @param {string} id of it
   */
  name(table, id) {
    /** @type {Titles | undefined} */
    const titles = this.city?.[table];
    return titles?.[id] ? pick(titles[id]) : id;
  }

  /** @param {CaseRow} row of the case: whether this person has it */
  isMine(row) {
    return !!this.user && row.person === this.user;
  }

  /** @param {CaseRow} row of the case: whether it, or a part of it, is the unit's to do */
  isOfUnit(row) {
    return this.own.has(row.unit) || row.parts.some((unit) => this.own.has(unit));
  }

  /** Whether this person sees a part of the city only. */
  get isPartial() {
    return !!this.current && this.own.size + this.current.areas.length > 0;
  }
}
