/** Alerts as a live list: what is to be seen of them, in which order, and who has to take them. */
import { placeOf } from "../shared/city.js";
/** @import { AlertRow } from "../shared/types.d.ts" */
/** @import { PlaceLook } from "../desks/place_map.js" */
/** @import { SessionStore } from "./session.js" */

const LEVELS = 5, DRILL = "exercise";

/**
 * @typedef {object} AlertFilters
 * @property {Set<number>} levels to see, none for all
 * @property {boolean} unacknowledged only what waits for somebody
 * @property {boolean} mine only what is the person's
 * @property {boolean} muted with what is muted
 * @property {boolean} pending with what is pending
 * @property {boolean} grouped with incidents folded
 * @property {boolean} closed what was closed last, instead of what is open
 * @property {string} theme to see, "" for all
 * @property {string} text to find
 * @property {boolean} oldest first, instead of the newest
 */

/** The filters that can be switched. */
export const SWITCHES = /** @type {const} */ ([
  "unacknowledged",
  "mine",
  "muted",
  "pending",
  "grouped",
  "closed",
  "oldest",
]);

/**
 * Filters as the desk begins with.
 * @returns {AlertFilters}
 */
export const newFilters = () => ({
  levels: new Set(),
  unacknowledged: false,
  mine: false,
  muted: true,
  pending: false,
  grouped: true,
  closed: false,
  theme: "",
  text: "",
  oldest: false,
});

/**
 * Take all filters away; whether incidents are folded, and the order, stay.
 * @param {AlertFilters} filters of the list
 */
export function clearFilters(filters) {
  const { grouped, oldest } = filters;
  Object.assign(filters, newFilters(), { levels: filters.levels, grouped, oldest });
  filters.levels.clear();
}

/** How alerts look on a map: those of one incident belong together, those that wait are loud. */
export const ALERT_LOOK = /** @type {PlaceLook<AlertRow>} */ ({
  levelOf: (row) => row.level,
  belong: (one, other) => !!other.incident && other.incident === one.incident,
  isLoud: (row) => row.waits,
});

/**
 * Whether it can be acknowledged.
 * @param {AlertRow} row of the alert
 */
export const isTakeable = (row) => row.state === "firing" || row.state === "pending";

/**
 * The rows of the first origin among them: only what is as real as any of them speaks for all.
 * @param {AlertRow[]} rows
 */
export function leadingRows(rows) {
  const first = Math.min(...rows.map((row) => row.rank));
  return rows.filter((row) => row.rank === first);
}

/**
 * The row that stands for an incident: of the most real ones the worst that waits, else the worst.
 * @param {AlertRow[]} rows of an incident, the worst first
 */
export function faceOf(rows) {
  const leading = leadingRows(rows);
  return leading.find((row) => row.waits) || leading[0];
}

/**
 * By when it is older or newer than others.
 * @param {AlertRow} row of the alert
 */
export const standsAt = (row) => row.stands ?? row.opened;

/**
 * By origin, level and age alone: a row stays where it is while somebody works on it, and nothing
 * made up stands above what is real.
 * @param {AlertRow} one
 * @param {AlertRow} other
 * @param {AlertFilters} filters of the list
 */
export function compareAlerts(one, other, filters) {
  const newer = standsAt(other) - standsAt(one), age = filters.oldest ? -newer : newer;
  const graver = one.rank - other.rank || other.level - one.level;
  return graver || age || (one.id < other.id ? -1 : 1);
}

/**
 * Which alerts are to be seen.
 * @param {SessionStore} session whose "mine" it is, and whose colleagues are found by title
 * @returns {(filters: AlertFilters) => (row: AlertRow) => boolean}
 */
export function alertMatcher(session) {
  const findable = searchText(session);
  return (filters) => {
    const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean), me = session.user;
    return (row) =>
      (!filters.levels.size || filters.levels.has(row.level)) &&
      (filters.pending || row.state !== "pending") &&
      (!filters.unacknowledged || row.waits) &&
      (filters.muted || !row.mutes.length) &&
      (!filters.mine || row.owner === me) &&
      (!filters.theme || row.theme === filters.theme) &&
      words.every((word) => findable(row).includes(word));
  };
}

/**
 * What a search finds an alert by; worked out once for each, but for the owner.
 * @param {SessionStore} session that knows people's titles
 * @returns {(row: AlertRow) => string}
 */
function searchText(session) {
  /** @type {WeakMap<AlertRow, string>} */
  const known = new WeakMap();
  return (row) => {
    let text = known.get(row);
    if (text === undefined) {
      const place = placeOf(row.area);
      text = [row.id, row.rule, ...row.title, row.subject, ...(row.about || []), place, row.area]
        .join(" ").toLowerCase();
      known.set(row, text);
    }
    if (!row.owner) return text;
    return text + " " + (row.owner + " " + session.person(row.owner)).toLowerCase();
  };
}

/**
 * Open alerts by level, those that wait for somebody, and all. Counted are those of the first
 * origin; others stand beside them by their number, as exercises always do.
 * @param {Iterable<AlertRow>} rows that are not closed
 */
export function countAlerts(rows) {
  const every = Array.from(rows), levels = Array(LEVELS).fill(0);
  const open = every.filter((row) => row.open);
  const counted = new Set(leadingRows(open).filter((row) => row.origin !== DRILL));
  /** @type {Record<string, number>} */
  const beside = {};
  let waiting = 0;
  for (const row of open) {
    if (!counted.has(row)) {
      beside[row.origin] = (beside[row.origin] || 0) + 1;
      continue;
    }
    levels[row.level]++;
    if (row.waits) waiting++;
  }
  return { levels, waiting, total: every.length, beside };
}

/**
 * The alerts that ring: red ones of the first origin that has any.
 * @param {Iterable<AlertRow>} rows that are not closed
 */
export const ringingOf = (rows) => leadingRows(Array.from(rows).filter((row) => row.red));
