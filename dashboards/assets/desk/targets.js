/** What an action is for: the alert that is shown, or the ones that are marked; never both. */
import { rowsOf } from "../desks/live_list.js";
/** @import { AlertRow, ListItem } from "../shared/types.d.ts" */

/**
 * @typedef {object} Looked
 * @property {ListItem<AlertRow> | null} current item of the list
 * @property {AlertRow[]} marked alerts
 * @property {(id: string) => AlertRow | undefined} find an alert as it is now
 */

/**
 * A folded incident stands for all its alerts, anything else for itself.
 * @param {ListItem<AlertRow>} item of the list
 * @param {Looked["find"]} find an alert as it is now
 */
function meant(item, find) {
  return item.group && !item.open ? rowsOf(item) : [find(item.row.id) || item.row];
}

/**
 * What the buttons beside an open alert act on; marks have no say in it.
 * @param {Looked} looked list
 * @param {string} id of the open alert, "" for none
 * @param {AlertRow | null} read of the open alert, where its details have come
 */
export function shownAlerts({ current, find }, id, read) {
  if (!id) return [];
  const rows = current ? meant(current, find) : [];
  if (rows.some((row) => row.id === id)) return rows;
  const row = find(id) || read;
  return row ? [row] : [];
}

/**
 * What a key acts on: the marked ones, else what is selected in the list.
 * @param {Looked} looked list
 */
export function keyTargets({ current, marked, find }) {
  if (marked.length) return marked;
  return current ? meant(current, find) : [];
}
