/** Today's events by severity. */
import { box, element, setText } from "../../shared/dom.js";
import { short } from "../../shared/numbers.js";
import { makeBar, setBar, SEVERITY_SHAPES } from "../tile_parts.js";
import { wallWord, wallWords } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

/** @param {number} level of severity */
function makeLevel(level) {
  const count = element("span"), share = element("small"), bar = makeBar();
  const numbers = element("span", "n");
  numbers.append(count, share);
  const node = box(
    "level sev" + level,
    element("span", "shape", SEVERITY_SHAPES[level]),
    element("span", "name", wallWords("levels")[level]),
    numbers,
    bar,
  );
  return { level, node, count, share, bar };
}

/**
 * @typedef {object} Tools
 * @property {ReturnType<typeof makeLevel>[]} rows a level each
 * @property {HTMLElement} label
 * @property {HTMLElement} severe
 */

/** @type {Drawing<Tools, {levels: number[], severe: number}>} */
export const drawing = {
  mount(body) {
    const rows = [4, 3, 2, 1, 0].map(makeLevel);
    const label = element("span"), severe = element("b");
    body.append(box("levels", ...rows.map((row) => row.node), box("foot", label, severe)));
    return { rows, label, severe };
  },
  draw(tools, data) {
    const sum = data.levels.reduce((one, other) => one + other, 0);
    const most = Math.max(...data.levels, 1);
    for (const row of tools.rows) {
      const count = data.levels[row.level], share = count / sum;
      setText(row.count, short(count));
      setText(row.share, sum ? (share * 100).toFixed(share < 0.1 && count ? 1 : 0) + "%" : "");
      setBar(row.bar, count / most);
    }
    setText(tools.label, wallWord("severeToday"));
    setText(tools.severe, short(data.severe));
  },
};
