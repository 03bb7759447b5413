/** How many feeds are live, with a cell for each. */
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { FEED_SHAPES } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const STATES = ["live", "late", "silent", "never"];
/** Promises no events, so it counts as none that should be online; told where there is one. */
const IRREGULAR = "irregular";

/**
 * @typedef {object} Data
 * @property {Record<string, number>} counts of feeds by state
 * @property {[string, string, number | null][]} rows feed, state, last instant
 */

/**
 * @param {HTMLElement} parent of the legend
 * @param {Record<string, number>} counts of feeds by state
 */
function showLegend(parent, counts) {
  const states = counts[IRREGULAR] ? [...STATES, IRREGULAR] : STATES;
  const items = keepChildren(parent, states.length, () => {
    const item = element("span");
    item.append(element("i"), element("span"), element("b"));
    return item;
  });
  for (const [index, state] of states.entries()) {
    items[index].className = "f-" + state;
    const [shape, name, count] = childrenOf(items[index]);
    setText(shape, FEED_SHAPES[state]);
    setText(name, " " + wallWord(state));
    setText(count, counts[state] || 0);
  }
}

/** @type {Drawing<Record<"live" | "total" | "label" | "cells" | "key", HTMLElement>, Data>} */
export const drawing = {
  mount(body) {
    const live = element("b"), total = element("b"), label = element("span");
    const cells = box("cells"), key = box("legend");
    body.append(box("complete", box("big", live, total, label), cells, key));
    return { live, total, label, cells, key };
  },
  draw(tools, data) {
    setText(tools.live, data.counts.live || 0);
    setText(tools.total, " / " + (data.rows.length - (data.counts[IRREGULAR] || 0)));
    setText(tools.label, " " + wallWord("online"));
    const rows = data.rows.slice().reverse();
    const cells = keepChildren(tools.cells, rows.length, () => box("", element("i")));
    for (const [index, [, state]] of rows.entries()) {
      cells[index].className = "cell f-" + state;
      setText(childrenOf(cells[index])[0], FEED_SHAPES[state]);
    }
    showLegend(tools.key, data.counts);
  },
};
