/** The district map: ECharts draws the districts, plain elements the newest events on top. */
import { makeChart } from "../../shared/chart.js";
import { titleOf } from "../../shared/city.js";
import { box, childrenOf, element, setText } from "../../shared/dom.js";
import { isEnglish } from "../../shared/language.js";
import { short } from "../../shared/numbers.js";
import { ASPECT, knownDistricts, layoutOf, MAP } from "../district_layout.js";
import { SEVERITY_SHAPES } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { CityEvent, Drawing } from "../../shared/types.d.ts" */

const TOP_LAYER = { geoIndex: 2 };
const KEPT = 36, NEW_MS = 4000, RINGS = 6, REDRAW_MS = 1900;
const RAMP = [[13, 40, 96], [18, 66, 140], [24, 98, 184], [36, 140, 214]];

/**
 * @typedef {object} Data
 * @property {Record<string, number>} areas events by district
 * @property {number} unplaced events without a place
 */

/** @typedef {{node: HTMLElement, spot: [number, number]}} Point of an event, by longitude first */

/**
 * @typedef {object} Tools
 * @property {any} chart
 * @property {HTMLElement} points
 * @property {HTMLElement} key
 * @property {HTMLElement} most
 * @property {Map<string, HTMLElement>} plates by district
 * @property {Map<string, [number, number]>} centres by district
 * @property {string} state that is drawn
 * @property {number} drawnAt
 * @property {string} size of the chart that places were reckoned for
 * @property {Map<string, Point>} shown points by event
 */

/**
 * The colour of a district.
 * @param {number} share of the most, from 0 to 1
 */
export function colourOf(share) {
  const place = Math.max(0, Math.min(0.999, share)) * (RAMP.length - 1);
  const low = Math.floor(place), part = place - low;
  const mixed = RAMP[low].map((value, index) =>
    Math.round(value + (RAMP[low + 1][index] - value) * part)
  );
  return "rgb(" + mixed.join() + ")";
}

/**
 * @param {Record<string, unknown>} look of the layer
 */
const layer = (look) => ({
  map: MAP,
  aspectScale: ASPECT,
  roam: false,
  silent: true,
  label: { show: false },
  emphasis: { disabled: true },
  ...look,
});

const shadow = { shadowColor: "rgba(30,120,255,.55)", shadowBlur: 36 };
const BASE = {
  geo: [
    layer({
      z: 1,
      itemStyle: { areaColor: "#061a40", borderColor: "#0d3a86", borderWidth: 1, ...shadow },
    }),
    layer({
      z: 2,
      itemStyle: { areaColor: "#0a2a63", borderColor: "#1450aa", borderWidth: 1 },
    }),
    layer({
      z: 3,
      id: "top",
      itemStyle: { areaColor: "#0e2f6e", borderColor: "#7fe9ff", borderWidth: 1.6 },
    }),
  ],
};

/** @param {any} chart whose size is asked; it changes where a line of trouble takes room */
const sizeOf = (chart) => chart.getWidth() + "x" + chart.getHeight();

/** @param {any} chart of the map */
function fit(chart) {
  const layout = layoutOf(chart.getWidth(), chart.getHeight(), knownDistricts().shape);
  chart.setOption({ geo: layout });
}

/**
 * @param {any} chart of the map
 * @param {[number, number]} spot longitude and latitude
 * @returns {[number, number]}
 */
const pixelsOf = (chart, spot) => chart.convertToPixel(TOP_LAYER, spot);

/**
 * @param {HTMLElement} node to move
 * @param {[number, number]} at pixels of the chart
 */
function moveTo(node, [x, y]) {
  node.style.left = x + "px";
  node.style.top = y + "px";
}

/**
 * @param {Tools} tools of the tile
 * @param {CityEvent[]} list of events, the newest first
 * @param {number} now instant of the data
 */
function showPoints(tools, list, now) {
  let rings = 0;
  for (const event of list.slice().reverse()) {
    if (event.lon === null || event.lat === null || tools.shown.has(event.id)) continue;
    /** @type {[number, number]} */
    const spot = [event.lon, event.lat];
    const at = pixelsOf(tools.chart, spot);
    if (!at || !isFinite(at[0])) continue;
    const fresh = tools.shown.size > 0 && now - event.received < NEW_MS && rings++ < RINGS;
    const shape = element("i", "", SEVERITY_SHAPES[event.severity]);
    const point = box("point sev" + event.severity + (fresh ? " new" : ""), shape);
    moveTo(point, at);
    tools.points.append(point);
    tools.shown.set(event.id, { node: point, spot });
  }
  for (const [id, { node }] of tools.shown) {
    if (tools.shown.size <= KEPT) break;
    node.remove();
    tools.shown.delete(id);
  }
}

/** @type {Drawing<Tools, Data>} */
export const drawing = {
  mount(body) {
    const { centres } = knownDistricts();
    const node = box("chart"), points = box("points"), labels = box("points");
    const key = box("map-key"), most = element("span");
    const ends = box("", element("span", "", "0"), most);
    const title = element("span", "", wallWord("mapScale"));
    const plates = new Map(
      Array.from(centres.keys(), (code) => [code, box("plate", element("span"), element("b"))]),
    );
    labels.append(...plates.values());
    body.append(node, points, labels, box("scale", title, element("u"), ends), key);
    const chart = makeChart(node, BASE), shown = new Map();
    fit(chart);
    return { chart, points, key, most, plates, centres, state: "", drawnAt: 0, size: "", shown };
  },
  draw(tools, data, _body, at) {
    const counts = Array.from(tools.centres.keys(), (code) => data.areas[code] || 0);
    const most = Math.max(...counts, 1), size = sizeOf(tools.chart);
    const state = JSON.stringify([counts, isEnglish(), size]);
    const unplaced = wallWord("unplaced", { n: short(data.unplaced) });
    setText(tools.most, short(most));
    setText(tools.key, wallWord("mapKey") + (data.unplaced ? " · " + unplaced : ""));
    if (size !== tools.size) {
      tools.size = size;
      tools.drawnAt = 0;
      fit(tools.chart);
      for (const { node, spot } of tools.shown.values()) moveTo(node, pixelsOf(tools.chart, spot));
    }
    if (state === tools.state || (tools.drawnAt && at - tools.drawnAt < REDRAW_MS)) return;
    tools.state = state;
    tools.drawnAt = at;
    const regions = [];
    for (const [index, [code, centre]] of Array.from(tools.centres).entries()) {
      const plate = /** @type {HTMLElement} */ (tools.plates.get(code));
      const [name, count] = childrenOf(plate);
      setText(name, titleOf("areas", code));
      setText(count, short(counts[index]));
      moveTo(plate, pixelsOf(tools.chart, centre));
      regions.push({ name: code, itemStyle: { areaColor: colourOf(counts[index] / most) } });
    }
    tools.chart.setOption({ geo: [{}, {}, { regions }] });
  },
  pulse(tools, pulse) {
    if (pulse.list) showPoints(tools, pulse.list, pulse.at);
  },
  seed: showPoints,
};
