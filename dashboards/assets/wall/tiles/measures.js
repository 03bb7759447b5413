/** Measured values: the newest, or a mean where there is none in time, with the day as a line. */
import { titleOf, unitOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { decimal } from "../../shared/numbers.js";
import { drawSparkline, makeSparkline, showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

/** @type {Record<string, string>} */
const OVER = { now: "", hour: "hourMean", day: "dayMean", none: "noReading" };

/**
 * @typedef {object} Reading
 * @property {string} kind of event
 * @property {string} over what the value is: of now, an hour, a day, or none
 * @property {number | null} value of it
 * @property {(number | null)[]} line the day's values
 */

function makeRow() {
  const name = box("name", element("span"), element("em"));
  const value = box("", element("b"), element("small"));
  return box("measure", name, value, makeSparkline(false));
}

/**
 * @param {HTMLElement} row of the tile
 * @param {Reading} reading to show
 */
function showReading(row, reading) {
  const none = reading.over === "none", [name, value, spark] = childrenOf(row);
  const over = OVER[reading.over] ?? OVER.day;
  row.classList.toggle("away", none);
  setText(childrenOf(name)[0], titleOf("kinds", reading.kind));
  setText(childrenOf(name)[1], over ? wallWord(over) : "");
  setText(childrenOf(value)[0], decimal(reading.value));
  setText(childrenOf(value)[1], none ? "" : unitOf(reading.kind));
  spark.style.display = reading.line.length ? "" : "none";
  drawSparkline(spark, reading.line);
}

/** @type {Drawing<{rows: HTMLElement}, {rows: Reading[]}>} */
export const drawing = {
  mount(body) {
    const rows = box("rows");
    body.append(rows);
    return { rows };
  },
  draw(tools, data, body) {
    const rows = keepChildren(tools.rows, data.rows.length, makeRow);
    for (const [index, reading] of data.rows.entries()) showReading(rows[index], reading);
    showEmpty(body, !data.rows.length);
  },
};
