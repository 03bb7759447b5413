/** Parts that many tiles are made of: bars, sparklines, what stands where there is nothing. */
import { box, element, setText } from "../shared/dom.js";
import { originMark } from "../shared/words.js";
import { wallWord } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** The shapes of severity, from information to most urgent: read without colours. */
export const SEVERITY_SHAPES = ["○", "●", "▲", "◆", "■"];

/** @type {Record<string, string>} The shapes of a feed's state. */
export const FEED_SHAPES = {
  live: "●",
  late: "▲",
  irregular: "◇",
  silent: "■",
  slow: "▲",
  stale: "■",
  never: "○",
  none: "○",
};

/** A bar that `setBar` fills. */
export const makeBar = () => box("track", element("u"));

/**
 * Fill a bar.
 * @param {Element} bar that `makeBar` returned
 * @param {number} share to fill, from 0 to 1
 */
export function setBar(bar, share) {
  const inner = /** @type {HTMLElement} */ (bar.firstElementChild);
  inner.style.transform = "scaleX(" + Math.max(0, Math.min(1, share || 0)) + ")";
}

/**
 * How many cases stand beside what is counted: of other origins, of drills.
 * @param {{beside: Record<string, number>, exercises?: number}} data of a tile of cases
 */
export function besideCases({ beside, exercises }) {
  const words = Object.entries(beside).filter(([, n]) => n)
    .map(([origin, n]) => wallWord("besideN", { what: originMark(origin), n }));
  if (exercises) words.push(wallWord("drillsN", { n: exercises }));
  return words.join(" ");
}

/**
 * Say that a tile has nothing to show, or no longer.
 * @param {HTMLElement} body of the tile
 * @param {boolean} shown whether it has nothing
 * @param {string} [text] to say, where it is not that there is no data
 */
export function showEmpty(body, shown, text) {
  let note = /** @type {HTMLElement | null} */ (body.querySelector(":scope > .empty"));
  if (!shown) {
    note?.remove();
    return;
  }
  if (!note) {
    note = box("empty", element("b", "", "◌"), element("span"));
    note.style.whiteSpace = "pre-line";
    body.append(note);
  }
  const words = text || wallWord("noData") + "\n" + wallWord("noDataHint");
  setText(/** @type {Element} */ (note.lastElementChild), words);
}

/**
 * A small line without axes; `drawSparkline` draws it.
 * @param {boolean} fromZero whether its scale begins at zero, with the area filled
 */
export function makeSparkline(fromZero) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 100 32");
  svg.setAttribute("preserveAspectRatio", "none");
  if (fromZero) svg.dataset.zero = "1";
  for (const name of ["fill", ""]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/**
 * The paths of a sparkline, 100 wide and 32 high: the line, and the area below it.
 * @param {(number | null)[]} values from left to right; null for a gap
 * @param {boolean} fromZero whether the scale begins at zero
 */
export function sparklinePaths(values, fromZero) {
  const known = values.filter((value) => value !== null);
  const high = Math.max(...known, 1e-9);
  const low = Math.min(...known, high * 0.999, fromZero ? 0 : Infinity);
  const points = [];
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const x = ((index / Math.max(1, values.length - 1)) * 100).toFixed(1);
    points.push([x, (30 - ((value - low) / (high - low || 1)) * 28).toFixed(1)]);
  }
  if (!points.length) return { line: "", area: "" };
  const line = "M" + points.map(([x, y]) => x + " " + y).join("L");
  const area = `${line}L${points[points.length - 1][0]} 32L${points[0][0]} 32Z`;
  return { line, area: fromZero ? area : "" };
}

/**
 * Draw the values of a sparkline.
 * @param {Element} svg that `makeSparkline` returned
 * @param {(number | null)[]} values from left to right
 */
export function drawSparkline(svg, values) {
  const fromZero = /** @type {SVGElement} */ (svg).dataset.zero === "1";
  const { line, area } = sparklinePaths(values, fromZero);
  svg.lastElementChild?.setAttribute("d", line);
  svg.firstElementChild?.setAttribute("d", area);
}
