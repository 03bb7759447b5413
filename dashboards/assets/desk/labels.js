/** What labels of alerts are called, and what their values stand for, in words. */
import { city, placeOf, titleOf } from "../shared/city.js";
import { pick } from "../shared/language.js";
import { originMark } from "../shared/words.js";
import { levelName } from "./words.js";
/** @import { AlertRow, Pair, TitleTable } from "../shared/types.d.ts" */

/** @type {Record<string, Pair>} */
const LABELS = {
  rule: ["规则", "rule"],
  level: ["级别", "level"],
  theme: ["领域", "theme"],
  kind: ["事件类型", "kind"],
  feed: ["数据源", "feed"],
  department: ["部门", "department"],
  area: ["区域", "area"],
  district: ["区", "district"],
  street: ["街道", "street"],
  subject: ["对象", "subject"],
  origin: ["来源", "origin"],
  exercise: ["演练", "exercise"],
};
const LEVELS = ["", "blue", "yellow", "orange", "red"];
/** @type {Record<string, TitleTable>} */
const TABLES = { theme: "themes", department: "departments", kind: "kinds", feed: "feeds" };

/** @type {Record<string, Pair>} */
const OPERATORS = {
  "=": ["=", "="],
  "!=": ["≠", "≠"],
  "=~": ["符合", "matches"],
  "!~": ["不符合", "does not match"],
};
const STREET = 9, DISTRICT = 6, ORIGINS = ["live", "replay", "simulated", "exercise"];

/**
 * What a comparison is called.
 * @param {string} op
 */
export const operatorWord = (op) => pick(OPERATORS[op] || op);

/** The names of the labels. */
export const LABEL_NAMES = Object.keys(LABELS);

/**
 * What a label is called.
 * @param {string} name of it
 */
export const labelWord = (name) => pick(LABELS[name] || name);

/** What values of labels stand for; titles of rules come with alerts and silences. */
export class Meanings {
  /** @param {{rows: Map<string, AlertRow>}} list whose alerts name their rules */
  constructor(list) {
    this.list = list;
    /** @type {Map<string, Pair>} of rules that have no open alert */
    this.ruleTitles = new Map();
  }

  /** @param {Record<string, Pair>} titles of rules by id */
  takeRules(titles) {
    for (const [rule, title] of Object.entries(titles)) this.ruleTitles.set(rule, title);
  }

  /**
   * What a value stands for, in words; "" where nothing is known of it.
   * @param {string} name of the label
   * @param {string} value of it
   */
  of(name, value) {
    if (["area", "street", "district"].includes(name)) {
      const place = placeOf(value);
      return place === value ? "" : place;
    }
    if (name === "subject") return this.#subjectTitle(value);
    if (name === "rule") return this.#ruleTitle(value);
    if (name === "level") {
      return LEVELS.indexOf(value) > 0 ? levelName(LEVELS.indexOf(value)) : "";
    }
    if (name === "origin" && value !== "live") return originMark(value);
    const table = TABLES[name];
    return table && city()[table][value] ? titleOf(table, value) : "";
  }

  /**
   * The values that a label can have, with what they stand for; none where that is not known.
   * @param {string} name of the label
   * @returns {[string, string][]}
   */
  choices(name) {
    const values = this.#valuesOf(name);
    /** @type {[string, string][]} */
    const found = Array.from(new Set(values), (value) => [value, this.of(name, value) || value]);
    return found.sort(([, one], [, other]) => one.localeCompare(other));
  }

  /**
   * @param {string} name of a label
   * @returns {string[]}
   */
  #valuesOf(name) {
    const rows = Array.from(this.list.rows.values()), areas = Object.keys(city().areas);
    if (name in TABLES) return Object.keys(city()[TABLES[name]]);
    if (name === "level") return LEVELS.slice(1);
    if (name === "origin") return ORIGINS;
    if (name === "district") return areas.filter((code) => code.length === DISTRICT);
    if (name === "street") return areas.filter((code) => code.length === STREET);
    if (name === "rule") return [...this.ruleTitles.keys(), ...rows.map((row) => row.rule)];
    if (name === "subject") return rows.map((row) => row.subject).filter(Boolean);
    return [];
  }

  /** @param {string} subject id */
  #subjectTitle(subject) {
    for (const row of this.list.rows.values()) {
      if (row.subject === subject && row.about) return pick(row.about);
    }
    return "";
  }

  /** @param {string} rule id */
  #ruleTitle(rule) {
    for (const row of this.list.rows.values()) if (row.rule === rule) return pick(row.title);
    return pick(this.ruleTitles.get(rule) || "");
  }
}
