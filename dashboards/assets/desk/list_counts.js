/** How many alerts there are, of which level, and how many wait: over the list. */
import { all, byId, element, keepChildren, one, setText } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { originMark } from "../shared/words.js";
import { countAlerts } from "./alert_list.js";
import { deskWord, levelName } from "./words.js";
/** @import { AlertRow, ListItem } from "../shared/types.d.ts" */
/** @import { AlertFilters } from "./alert_list.js" */
/** @import { LiveList } from "../desks/live_list.js" */

/**
 * What is not counted, by its origin.
 * @param {Record<string, number>} beside number by origin
 */
export function besideWords(beside) {
  const found = Object.entries(beside).map(([origin, n]) => originMark(origin) + " " + whole(n));
  return found.length ? deskWord("beside", { what: found.join(" · ") }) : "";
}

/**
 * Show how many alerts there are.
 * @param {LiveList<AlertRow, AlertFilters>} list of them
 * @param {ListItem<AlertRow>[]} items that the list shows
 * @param {number} above how many came in above what can be seen
 * @param {string} scope words for who sees a part only
 */
export function showCounts(list, items, above, scope) {
  const { filters, rows, closed } = list, sums = countAlerts(rows.values());
  let alerts = 0;
  for (const item of items) alerts += item.rows ? (item.open ? 0 : item.rows.length) : 1;
  const total = whole(filters.closed ? closed.length : sums.total);
  const shown = deskWord(filters.closed ? "shownClosed" : "shown", {
    n: whole(alerts),
    all: total,
  });
  const words = [shown + scope, deskWord("waiting", { n: whole(sums.waiting) })];
  const beside = besideWords(sums.beside);
  if (beside) words.push(beside);
  if (above) words.push(deskWord("above", { n: above }));
  const nodes = keepChildren(byId("desk-count"), words.length, () => element("span"));
  for (const [index, text] of words.entries()) {
    setText(nodes[index], text);
    nodes[index].className = above && index === words.length - 1 ? "new" : "";
  }
  for (const node of all(".dk-level")) {
    const rank = Number(node.dataset.level);
    setText(one("b", node), whole(sums.levels[rank]));
    node.classList.toggle("on", filters.levels.has(rank));
    node.title = levelName(rank);
  }
}
