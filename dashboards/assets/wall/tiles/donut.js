/** Parts of today's events, as a ring with its key. */
import { makeChart } from "../../shared/chart.js";
import { titleOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { short } from "../../shared/numbers.js";
import { showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const COLOURS = ["#37c8f0", "#3d7bff", "#ffd54d", "#ff9c40", "#b78bff", "#4fd8a6"];
const REST_COLOUR = "#7f93b5", SIDE_WIDTH = 380;
const BASE = {
  series: [{
    id: "parts",
    type: "pie",
    radius: ["68%", "94%"],
    center: ["50%", "50%"],
    label: { show: false },
    itemStyle: { borderColor: "#081c44", borderWidth: 2 },
    silent: true,
  }],
  title: {
    left: "center",
    top: "middle",
    textAlign: "auto",
    textStyle: { color: "#eaf2ff", fontSize: 19, fontWeight: 650 },
  },
};

/**
 * @typedef {object} Data
 * @property {string} by what the parts are of: theme or kind
 * @property {[string, number][]} rows id and count
 * @property {number} rest what is in no row
 * @property {number} total of all
 */

/**
 * @param {string} id of the part, "" for the rest
 * @param {number} index of the part
 */
const colourOf = (id, index) => id === "" ? REST_COLOUR : COLOURS[index % COLOURS.length];

/**
 * @param {string} id of the part, "" for the rest
 * @param {string} by what the parts are of
 */
function nameOf(id, by) {
  return id === "" ? wallWord("rest") : titleOf(by === "theme" ? "themes" : "kinds", id);
}

/** @type {Drawing<{chart: any, parts: HTMLElement, key: string}, Data>} */
export const drawing = {
  mount(body) {
    body.classList.toggle("side", body.clientWidth > SIDE_WIDTH);
    const ring = box("ring-box"), parts = box("parts");
    body.append(ring, parts);
    return { chart: makeChart(ring, BASE), parts, key: "" };
  },
  draw(tools, data, body) {
    showEmpty(body, !data.rows.length);
    /** @type {[string, number][]} */
    const rows = data.rest > 0 ? [...data.rows, ["", data.rest]] : data.rows;
    const make = () => box("part", element("i"), element("span"), element("b"));
    const nodes = keepChildren(tools.parts, rows.length, make);
    for (const [index, [id, count]] of rows.entries()) {
      const [dot, name, share] = childrenOf(nodes[index]);
      dot.style.background = colourOf(id, index);
      setText(name, nameOf(id, data.by));
      setText(share, ((count / data.total) * 100).toFixed(1) + "%");
    }
    const key = JSON.stringify(rows);
    if (key === tools.key) return;
    tools.key = key;
    const values = rows.map(([id, value], index) => ({
      value,
      itemStyle: { color: colourOf(id, index) },
    }));
    tools.chart.setOption({
      title: { text: rows.length ? short(data.total) : "" },
      series: [{ id: "parts", data: values }],
    });
  },
};
