/** Cases as a live list: what is to be seen of them, and in which order. */
import { placeOf, titleOf } from "../shared/city.js";
/** @import { CaseRow } from "../shared/types.d.ts" */
/** @import { PlaceLook } from "../desks/place_map.js" */
/** @import { CaseSessionStore } from "./case_session.js" */

/**
 * @typedef {object} CaseFilters
 * @property {boolean} mine only what the person has
 * @property {boolean} unit only what the unit has, or has a part of
 * @property {boolean} dispatch only what somebody has to dispatch
 * @property {boolean} asks only what waits for an answer
 * @property {boolean} supervised only what is supervised
 * @property {boolean} closed what was closed last, instead of what is open
 * @property {boolean} newest first, instead of the oldest
 * @property {string} text to find
 */

/** The filters that can be switched. */
export const SWITCHES = /** @type {const} */ ([
  "mine",
  "unit",
  "dispatch",
  "asks",
  "supervised",
  "closed",
  "newest",
]);

/**
 * Filters as the desk begins with.
 * @returns {CaseFilters}
 */
export const newFilters = () => ({
  mine: false,
  unit: false,
  dispatch: false,
  asks: false,
  supervised: false,
  closed: false,
  newest: false,
  text: "",
});

/**
 * Take all filters away; the order stays.
 * @param {CaseFilters} filters of the list
 */
export function clearFilters(filters) {
  const { newest } = filters;
  Object.assign(filters, newFilters(), { newest });
}

/** How cases look on a map: by how urgent they are. */
export const CASE_LOOK = /** @type {PlaceLook<CaseRow>} */ ({
  levelOf: (row) => Math.max(1, row.severity),
  belong: (one, other) => one.kind === other.kind,
  isLoud: (row) => !!row.level,
});

/**
 * What is real comes first, then what is due first where that is known, then what is supervised,
 * urgent, old: a row stays where it is while somebody works on it.
 * @param {CaseRow} one
 * @param {CaseRow} other
 * @param {CaseFilters} filters of the list
 */
export function compareCases(one, other, filters) {
  const age = filters.newest ? other.opened - one.opened : one.opened - other.opened;
  const due = (one.due ?? Infinity) - (other.due ?? Infinity);
  return one.rank - other.rank || due || Number(!!other.level) - Number(!!one.level) ||
    other.severity - one.severity || age || (one.id < other.id ? -1 : 1);
}

/**
 * Which cases are to be seen. What follows another case shows when it is looked for.
 * @param {CaseSessionStore} session whose "mine" it is
 * @param {() => boolean} [isPart] whether the server looks for words: the list is too long for us
 * @returns {(filters: CaseFilters) => (row: CaseRow) => boolean}
 */
export function caseMatcher(session, isPart = () => false) {
  const findable = searchText(session);
  return (filters) => {
    // Of closed cases the server looks for words, and nobody has them any more.
    if (filters.closed) {
      return (row) => !filters.unit || session.own.has(row.handler) || session.own.has(row.unit);
    }
    const words = wordsIn(filters.text);
    return (row) =>
      (!row.into || words.length > 0) &&
      (!filters.mine || session.isMine(row)) &&
      (!filters.unit || session.isOfUnit(row)) &&
      (!filters.dispatch || row.dispatch) &&
      (!filters.asks || row.asks.length > 0) &&
      (!filters.supervised || !!row.level) &&
      (isPart() || words.every((word) => findable(row).includes(word)));
  };
}

/** @param {string} text that somebody typed */
const wordsIn = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * What a search finds a case by; worked out once for each.
 * @param {CaseSessionStore} session that knows what units are called
 * @returns {(row: CaseRow) => string}
 */
function searchText(session) {
  /** @type {WeakMap<CaseRow, string>} */
  const known = new WeakMap();
  return (row) => {
    let text = known.get(row);
    if (text === undefined) {
      const names = [titleOf("kinds", row.kind), placeOf(row.area), session.unit(row.unit)];
      text = [row.number, row.title, row.id, row.person, row.who, ...names].join(" ").toLowerCase();
      known.set(row, text);
    }
    return text;
  };
}
