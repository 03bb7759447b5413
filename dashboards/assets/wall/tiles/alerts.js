/** The tile of warnings: open alerts by level, who waits, the worst; red calls across the room. */
import { titleOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, one, setText } from "../../shared/dom.js";
import { pick } from "../../shared/language.js";
import { short } from "../../shared/numbers.js";
import { ago } from "../../shared/times.js";
import { originMark } from "../../shared/words.js";
import { streetOf } from "../places.js";
import { isPhone } from "../stage.js";
import { wallWord, wallWords } from "../words.js";
/** @import { Drawing, Pair } from "../../shared/types.d.ts" */

const NUMERALS = ["", "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ"], LEVELS = [4, 3, 2, 1];
const WIDE = 700, BROAD = 1300, LINE = 34, PAIR = 46, EDGE = 16, PHONE_ROWS = 6, BEAT_MS = 2000;
const PARTS = ["al-lv", "al-what", "al-state", "al-age", "al-where"];

/**
 * @typedef {object} AlertLine
 * @property {number} level of it
 * @property {string} state of it
 * @property {boolean} muted whether nobody is told
 * @property {string} origin of its events
 * @property {string} theme of it
 * @property {string} area of it
 * @property {number} opened instant
 * @property {Pair} title of it
 */

/**
 * @typedef {object} Data
 * @property {number[]} levels open alerts, from red to blue
 * @property {AlertLine[]} rows what waits first
 * @property {number} open alerts
 * @property {number} waiting for somebody
 * @property {number} quiet muted ones
 * @property {number} exercises alerts of them
 * @property {Record<string, number>} beside alerts of origins that are not counted, by origin
 * @property {number} red ones that wait
 * @property {number} red_tests red ones of simulated events that wait
 */

/**
 * @typedef {object} Tools
 * @property {HTMLElement} root of the tile
 * @property {HTMLElement} call
 * @property {ReturnType<typeof makeLevel>[]} levels
 * @property {HTMLElement} sums
 * @property {HTMLElement} list
 * @property {HTMLElement} clear
 */

/** @param {number} level rank */
function makeLevel(level) {
  const count = element("b"), colour = wallWords("colours")[level - 1];
  const numeral = element("i", "", NUMERALS[level]);
  const node = box("al-level lv" + level, numeral, count, element("small", "", colour));
  return { node, count };
}

/** @param {AlertLine} row of an alert */
function whereOf(row) {
  if (row.area) return streetOf(row);
  return row.theme === "platform" ? wallWord("platform") : titleOf("themes", row.theme);
}

/**
 * @param {HTMLElement} node of the line
 * @param {AlertLine} row of the alert
 * @param {number} at instant of the data
 */
function showLine(node, row, at) {
  const [level, what, state, age, where] = childrenOf(node);
  const told = row.muted ? "quiet" : row.state === "firing" ? "waiting" : "taken";
  node.className = "al-row lv" + row.level + " " + told +
    (row.origin === "exercise" ? " drill" : "");
  setText(level, NUMERALS[row.level]);
  setText(state, wallWord(told === "waiting" ? "forAction" : told));
  setText(age, ago((at - row.opened) / 1000));
  setText(where, whereOf(row));
  what.replaceChildren();
  if (row.origin !== "live") {
    what.append(element("span", "tag " + row.origin, originMark(row.origin)));
  }
  what.append(element("b", "", pick(row.title)));
}

/**
 * In the heading, which is the tile's largest face: how many red ones wait.
 *
 * The beat comes with the data: no animation that draws a large wall without end, and none of
 * old data.
 * @param {Tools} tools of the tile
 * @param {Data} data of the alerts
 * @param {number} at instant of the data
 */
function showCall(tools, data, at) {
  tools.root.classList.toggle("beat", Math.floor(at / BEAT_MS) % 2 === 1);
  const test = !data.red && data.red_tests > 0;
  tools.root.classList.toggle("alarm", data.red > 0);
  tools.root.classList.toggle("alarm-test", test);
  const tests = test ? wallWord("redTest", { n: data.red_tests }) : "";
  setText(tools.call, data.red ? wallWord("redWaits", { n: data.red }) : tests);
}

/** @param {HTMLElement} body of the tile */
function roomIn(body) {
  if (isPhone()) return PHONE_ROWS;
  const height = body.clientWidth < WIDE ? PAIR : LINE;
  const lines = Math.max(1, Math.floor((body.clientHeight - EDGE) / height));
  return body.clientWidth < BROAD ? lines : 2 * lines;
}

/**
 * @param {Data} data of the alerts
 * @param {number} unseen how many have no line
 */
export function sumsOf(data, unseen) {
  const sums = [wallWord("waitingN", { n: data.waiting })];
  if (data.quiet) sums.push(wallWord("quietN", { n: data.quiet }));
  for (const [origin, n] of Object.entries(data.beside)) {
    sums.push(wallWord("besideN", { what: originMark(origin), n }));
  }
  if (data.exercises) sums.push(wallWord("drillsN", { n: data.exercises }));
  if (unseen > 0) sums.push(wallWord("unseenN", { n: unseen }));
  return sums;
}

/** @param {Data} data of the alerts, of all origins */
const openOf = (data) =>
  Object.values(data.beside).reduce((sum, n) => sum + n, data.open + data.exercises);

/** @param {HTMLElement} head of the tile, which stays when the tile is drawn anew */
function callIn(head) {
  const there = head.querySelector(".al-call");
  if (there instanceof HTMLElement) return there;
  const made = element("b", "al-call");
  head.children[0].after(made);
  return made;
}

/** @type {Drawing<Tools, Data>} */
export const drawing = {
  words: { none: "alertsUnknown", stale: "alertsOld" },
  mount(body) {
    const root = /** @type {HTMLElement} */ (body.parentElement);
    const call = callIn(one(":scope > .head", root));
    const levels = LEVELS.map(makeLevel), sums = box("al-sums"), list = box("al-list");
    const clear = box("al-clear", element("b", "", "✓"), element("span", "", wallWord("noAlerts")));
    const side = box("al-side", box("al-counts", ...levels.map(({ node }) => node)), sums);
    body.append(box("alerts", side, list, clear));
    return { root, call, levels, sums, list, clear };
  },
  draw(tools, data, body, at) {
    showCall(tools, data, at);
    for (const [index, count] of data.levels.entries()) {
      setText(tools.levels[index].count, short(count));
      tools.levels[index].node.classList.toggle("none", !count);
    }
    const shown = data.rows.slice(0, roomIn(body));
    const make = () => box("", ...PARTS.map((part) => element("span", part)));
    const lines = keepChildren(tools.list, shown.length, make);
    for (const [index, row] of shown.entries()) showLine(lines[index], row, at);
    tools.clear.hidden = shown.length > 0;
    tools.list.hidden = !shown.length;
    const sums = sumsOf(data, openOf(data) - shown.length);
    const nodes = keepChildren(tools.sums, sums.length, () => element("span"));
    for (const [index, text] of sums.entries()) setText(nodes[index], text);
    tools.sums.classList.toggle("some", data.waiting > 0);
  },
};
