/** A ranking: departments, areas or kinds by today's events. */
import { titleOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { short } from "../../shared/numbers.js";
import { makeBar, setBar, showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing, TitleTable } from "../../shared/types.d.ts" */

/** @type {Record<string, TitleTable>} */
const TABLES = { department: "departments", area: "areas", kind: "kinds" };

/**
 * @typedef {object} Data
 * @property {string} by what is ranked
 * @property {[string, number][]} rows id and count, the most first
 * @property {number} unplaced events without an area
 */

function makeRow() {
  const number = element("span", "no"), name = element("span", "name");
  return box("rank", number, name, makeBar(), element("span", "n"));
}

/**
 * Names that take two lines leave room for fewer rows; none is shown in part.
 * @param {HTMLElement} rows of the ranking
 */
function dropUnseen(rows) {
  while (rows.children.length > 1 && rows.scrollHeight > rows.clientHeight + 1) {
    rows.lastElementChild?.remove();
  }
}

/** @type {Drawing<{rows: HTMLElement, note: HTMLElement}, Data>} */
export const drawing = {
  mount(body) {
    const rows = box("rows"), note = box("note");
    body.append(rows, note);
    return { rows, note };
  },
  draw(tools, data, body) {
    const rows = keepChildren(tools.rows, data.rows.length, makeRow);
    const most = data.rows.length ? data.rows[0][1] : 1;
    for (const [index, [id, count]] of data.rows.entries()) {
      const [number, name, bar, value] = childrenOf(rows[index]);
      setText(number, index + 1);
      setText(name, titleOf(TABLES[data.by], id));
      setBar(bar, count / most);
      setText(value, short(count));
    }
    dropUnseen(tools.rows);
    const noted = data.by === "area" && data.unplaced > 0;
    body.classList.toggle("noted", noted);
    setText(tools.note, noted ? wallWord("unplaced", { n: short(data.unplaced) }) : "");
    showEmpty(body, !data.rows.length);
  },
};
