/** A value on a dial with bands, as the congestion index. */
import { makeChart } from "../../shared/chart.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { showEmpty } from "../tile_parts.js";
import { wallWord, wallWords } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const COLOURS = ["#2fb8a0", "#8ccf5a", "#ffd54d", "#ff9c40", "#ff5c74"];
const BASE = {
  series: [{
    id: "gauge",
    type: "gauge",
    startAngle: 205,
    endAngle: -25,
    radius: "100%",
    center: ["50%", "60%"],
    splitNumber: 5,
    axisTick: { show: false },
    splitLine: { length: 12, distance: -12, lineStyle: { color: "#081c44", width: 2 } },
    axisLabel: { show: false },
    pointer: { length: "62%", width: 5, itemStyle: { color: "#eaf2ff" } },
    anchor: { show: true, size: 10, itemStyle: { color: "#eaf2ff" } },
    detail: { offsetCenter: [0, "58%"], color: "#eaf2ff", fontSize: 30, fontWeight: 650 },
    title: { show: false },
    silent: true,
  }],
};

/**
 * @typedef {object} Data
 * @property {{value: number | null}} row the reading
 * @property {number[]} bands where each begins, and where the last ends
 */

/**
 * @param {HTMLElement} parent of the bands
 * @param {number} value that lies in one of them
 * @param {number[]} bands of the dial
 */
function showBands(parent, value, bands) {
  const make = () => box("band", element("i"), element("span"), element("span"));
  const end = bands[bands.length - 1], names = wallWords("bands");
  for (const [index, band] of keepChildren(parent, bands.length - 1, make).entries()) {
    const low = bands[index], high = bands[index + 1];
    band.classList.toggle("here", value >= low && (value < high || high === end));
    const [dot, name, range] = childrenOf(band);
    dot.style.background = COLOURS[index];
    setText(name, names[index]);
    setText(range, low + "–" + high);
  }
}

/** @type {Drawing<{chart: any, dial: HTMLElement, bands: HTMLElement, key: string}, Data>} */
export const drawing = {
  mount(body) {
    const dial = box("chart"), bands = box("bands");
    dial.style.bottom = "126px";
    body.append(dial, bands);
    return { chart: makeChart(dial, BASE), dial, bands, key: "" };
  },
  draw(tools, data, body) {
    const value = data.row.value, end = data.bands[data.bands.length - 1];
    showEmpty(body, value === null, wallWord("noIndex"));
    tools.dial.style.visibility = value === null ? "hidden" : "";
    if (value === null) {
      tools.bands.replaceChildren();
      return;
    }
    showBands(tools.bands, value, data.bands);
    const key = String(value);
    if (key === tools.key) return;
    tools.key = key;
    const color = COLOURS.map((colour, index) => [data.bands[index + 1] / end, colour]);
    tools.chart.setOption({
      series: [{
        id: "gauge",
        min: data.bands[0],
        max: end,
        axisLine: { lineStyle: { width: 12, color } },
        detail: { formatter: () => value.toFixed(1) },
        data: [{ value: Math.min(end, value) }],
      }],
    });
  },
};
