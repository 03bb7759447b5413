/** How the wall's charts look: axes, colours, and the room that they take. */
import { box } from "../shared/dom.js";
import { short } from "../shared/numbers.js";

/** Both axes. */
export const AXIS = {
  axisLine: { lineStyle: { color: "#2a4a80" } },
  axisTick: { show: false },
  axisLabel: { color: "#9db4d8", fontSize: 15 },
};

/** The axis of counts, upwards. */
export const COUNTS = {
  type: "value",
  minInterval: 1,
  splitNumber: 4,
  ...AXIS,
  axisLine: { show: false },
  splitLine: { lineStyle: { color: "rgba(70,110,180,.22)" } },
};

/**
 * A label of the axis of counts.
 * @param {number} value at the label
 */
export const compact = (value) => value >= 1e4 ? short(value) : value;

/**
 * A colour that changes from top to bottom.
 * @param {string} top colour
 * @param {string} bottom colour
 */
export const gradient = (top, bottom) => ({
  type: "linear",
  x: 0,
  y: 0,
  x2: 0,
  y2: 1,
  colorStops: [{ offset: 0, color: top }, { offset: 1, color: bottom }],
});

/**
 * Put the element of a chart into a tile.
 * @param {HTMLElement} body of the tile
 */
export function chartBox(body) {
  const node = box("chart");
  body.append(node);
  return node;
}
