/** The strip of feeds: a chip for each that there is room for, the worst first. */
import { titleOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { ago } from "../../shared/times.js";
import { isPhone } from "../stage.js";
import { FEED_SHAPES, showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

/** Where the first that is not shown is none of these, something wrong is among them. */
const WELL = ["live", "irregular"];

const CHIP_WIDTH = 250, CHIP_HEIGHT = 34, GAP = 14;

/** @typedef {[string, string, number | null]} FeedRow feed, state, last instant */

/**
 * @param {HTMLElement} body of the tile
 * @param {number} wanted chips
 */
function roomFor(body, wanted) {
  if (isPhone()) return wanted;
  const columns = Math.max(1, Math.floor((body.clientWidth - 2 * GAP + GAP) / CHIP_WIDTH));
  return columns * Math.max(1, Math.floor((body.clientHeight - GAP) / CHIP_HEIGHT));
}

/**
 * @param {FeedRow} row of the feed
 * @param {number} at instant of the snapshot
 */
function stateWords([, state, last], at) {
  if (last === null) return wallWord("never");
  const age = ago((at - last) / 1000);
  return state === "live" ? age : wallWord(state) + " " + age;
}

/**
 * @param {HTMLElement} chip to fill
 * @param {string} state of the feed
 * @param {string[]} texts shape, name, state
 */
function showChip(chip, state, texts) {
  chip.className = "chip f-" + state;
  const parts = childrenOf(chip);
  for (const [index, text] of texts.entries()) setText(parts[index], text);
}

/** @type {Drawing<{chips: HTMLElement}, {rows: FeedRow[]}>} */
export const drawing = {
  mount(body) {
    const chips = box("chips");
    body.append(chips);
    return { chips };
  },
  draw(tools, { rows }, body, at) {
    const room = roomFor(body, rows.length), over = rows.length > room;
    const shown = over ? room - 1 : rows.length;
    const make = () => box("", element("i"), element("span"), element("small"));
    const chips = keepChildren(tools.chips, shown + (over ? 1 : 0), make);
    for (const [index, row] of rows.slice(0, shown).entries()) {
      const [feed, state] = row;
      showChip(chips[index], state, [
        FEED_SHAPES[state],
        titleOf("feeds", feed),
        stateWords(row, at),
      ]);
    }
    if (over) {
      const worst = rows[shown][1], n = rows.length - shown;
      const words = wallWord(WELL.includes(worst) ? "more" : "others", { n });
      showChip(chips[shown], worst, ["…", words, ""]);
    }
    showEmpty(body, !rows.length);
  },
};
