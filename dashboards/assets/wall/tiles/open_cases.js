/** The open cases: how many, where they stand in the closed loop, which are late the longest. */
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { isEnglish, pick } from "../../shared/language.js";
import { short, whole } from "../../shared/numbers.js";
import { span } from "../../shared/times.js";
import { streetOf } from "../places.js";
import { isPhone } from "../stage.js";
import { besideCases } from "../tile_parts.js";
import { wallWord, wallWords } from "../words.js";
/** @import { Drawing, Pair } from "../../shared/types.d.ts" */

/** Supervision runs beside the steps; it stands where the loop is told with it. */
const WATCHED = 3, LINE = 52, EDGE = 14, MOST = 4, LONG = 4;

/**
 * @typedef {object} Data
 * @property {number} open cases
 * @property {number[]} steps how many are in each step of the loop
 * @property {number} supervised among them
 * @property {number} late ones
 * @property {{number: string, area: string, unit: Pair, due: number}[]} rows late the longest
 * @property {Record<string, number>} beside open ones of origins that are not counted
 * @property {number} exercises open ones of drills
 */

/**
 * @typedef {object} Tools
 * @property {HTMLElement} open
 * @property {HTMLElement} late
 * @property {HTMLElement} beside
 * @property {HTMLElement[]} steps
 * @property {HTMLElement} list
 * @property {HTMLElement} none
 */

/**
 * @param {string} words of the step
 * @param {number} index of it, supervision among them
 */
function makeStep(words, index) {
  const count = element("b"), name = element("span", "", words);
  return { count, node: box(index === WATCHED ? "oc-step oc-watch" : "oc-step", name, count) };
}

/**
 * A number for a narrow place.
 * @param {number} value to say
 */
function tight(value) {
  if (value < 1e4) return whole(value);
  if (isEnglish()) return (value / 1e3).toFixed(0) + "k";
  return (value / 1e4).toFixed(value < 1e5 ? 1 : 0) + "万";
}

/** @param {HTMLElement} list of lines */
function roomIn(list) {
  if (isPhone()) return MOST;
  return Math.max(1, Math.floor((list.clientHeight + EDGE) / LINE));
}

/** @type {Drawing<Tools, Data>} */
export const drawing = {
  words: { none: "casesUnknown", stale: "casesOld" },
  mount(body) {
    const open = element("b"), late = element("b"), beside = element("small");
    const unit = wallWord("caseUnit");
    const lateBox = box("oc-late", element("span", "", wallWord("casesLate")), late);
    const openBox = box("oc-open", open, element("span", "", unit), beside);
    const steps = wallWords("caseSteps").map(makeStep);
    const list = box("oc-list"), none = element("p", "oc-none", wallWord("noneLate"));
    const head = element("h3", "", wallWord("latestCases"));
    body.append(
      box(
        "oc",
        box("oc-top", openBox, lateBox),
        box("oc-steps", ...steps.map(({ node }) => node)),
        head,
        list,
        none,
      ),
    );
    return { open, late, beside, steps: steps.map(({ count }) => count), list, none };
  },
  draw(tools, data, _body, at) {
    setText(tools.open, short(data.open));
    setText(tools.late, short(data.late));
    tools.late.className = data.late ? "over" : "";
    setText(tools.beside, besideCases(data));
    const [intake, dispatch, handling, revisit, feedback] = data.steps;
    const counts = [intake, dispatch, handling, data.supervised, revisit, feedback];
    for (const [index, count] of counts.entries()) {
      const text = tight(count);
      setText(tools.steps[index], text);
      tools.steps[index].className = count ? text.length < LONG ? "" : "long" : "zero";
    }
    tools.none.hidden = data.rows.length > 0;
    tools.list.hidden = !data.rows.length;
    const shown = data.rows.slice(0, roomIn(tools.list));
    const parts = ["oc-number", "oc-over", "oc-where"];
    const make = () => box("oc-row", ...parts.map((part) => element("span", part)));
    const lines = keepChildren(tools.list, shown.length, make);
    for (const [index, row] of shown.entries()) {
      const [number, over, where] = childrenOf(lines[index]);
      setText(number, row.number);
      setText(over, wallWord("lateBy", { t: span((at - row.due) / 1000) }));
      const place = row.area ? streetOf(row) : "";
      setText(where, [place, pick(row.unit)].filter(Boolean).join(" · "));
    }
  },
};
