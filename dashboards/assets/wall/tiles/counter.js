/** The head of a screen: digits on strips, the only thing that moves by itself, and comparisons. */
import { box, childrenOf, element, setText } from "../../shared/dom.js";
import { change, rate, short, whole } from "../../shared/numbers.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const DIGITS = 7, KPIS = ["yesterday", "week", "rate", "severe"];

/**
 * @typedef {object} Data
 * @property {number} events of today
 * @property {number | null} yesterday change against it
 * @property {number | null} week change against the mean of the days before
 * @property {number} before events of yesterday until the same minute
 * @property {number} mean of the days before
 * @property {number} days that the mean is of
 * @property {number} newcomers feeds that are not compared
 * @property {number} rate a minute
 * @property {number} severe events of today
 * @property {number} matters to be dealt with, of the events
 */

/**
 * What the strips show of a number: a mark each, and which lead without counting.
 * @param {number} value to show
 * @returns {{mark: string, lead: boolean}[]}
 */
export function digitsOf(value) {
  const text = String(value).padStart(DIGITS, "0"), first = text.search(/[1-9]/);
  const shown = [];
  for (const [index, mark] of Array.from(text).entries()) {
    const left = text.length - 1 - index;
    shown.push({ mark, lead: first < 0 ? left > 0 : index < first });
    if (left && left % 3 === 0) {
      shown.push({ mark: ",", lead: first < 0 ? left > 1 : index + 1 <= first });
    }
  }
  return shown;
}

/** @param {string} mark a digit, or a comma */
function makeStrip(mark) {
  if (mark === ",") return box("comma", ",");
  const strip = element("span");
  for (let digit = 0; digit < 10; digit++) strip.append(element("em", "", digit));
  return box("digit", strip);
}

/**
 * @param {HTMLElement} parent of the strips
 * @param {number} value to show
 */
function showDigits(parent, value) {
  const digits = digitsOf(value);
  if (parent.children.length !== digits.length) {
    parent.replaceChildren(...digits.map(({ mark }) => makeStrip(mark)));
  }
  const nodes = childrenOf(parent);
  for (const [index, { mark, lead }] of digits.entries()) {
    nodes[index].classList.toggle("lead", lead);
    if (mark === ",") continue;
    childrenOf(nodes[index])[0].style.transform = `translateY(-${Number(mark) * 10}%)`;
  }
}

/**
 * @param {HTMLElement} cell of a figure
 * @param {string[]} words label, value, note
 * @param {string} [tone] class of the value
 */
function showFigure(cell, [label, value, note], tone) {
  const parts = childrenOf(cell);
  for (const [index, text] of [label, value, note].entries()) setText(parts[index], text);
  if (tone !== undefined) parts[1].className = tone;
}

/** @param {Data} data of the counter */
function under(data) {
  const readings = Math.max(0, data.events - data.matters);
  const parts = [
    wallWord("matters") + " " + whole(data.matters),
    wallWord("readings") + " " + whole(readings),
  ];
  if (data.newcomers) parts.push(wallWord("newcomers", { n: data.newcomers }));
  return parts.join("　");
}

/** @type {Drawing<{strip: HTMLElement, under: HTMLElement, cells: HTMLElement[]}, Data>} */
export const drawing = {
  mount(body) {
    const strip = box("digits"), line = box("under");
    const cells = KPIS.map(() => box("kpi", element("span"), element("b"), element("small")));
    body.append(box("hero", strip, line), box("kpis", ...cells));
    return { strip, under: line, cells };
  },
  draw(tools, data) {
    showDigits(tools.strip, data.events);
    const [yesterday, week, perMinute, severe] = tools.cells;
    const one = change(data.yesterday), many = change(data.week), unknown = wallWord("unknown");
    showFigure(yesterday, [
      wallWord("yesterday"),
      one.text,
      data.yesterday === null ? unknown : wallWord("wasYesterday", { n: short(data.before) }),
    ], one.tone);
    showFigure(week, [
      wallWord("week", { n: data.days || 7 }),
      many.text,
      data.week === null ? unknown : wallWord("wasMean", { n: short(data.mean) }),
    ], many.tone);
    showFigure(perMinute, [wallWord("rate"), rate(data.rate), wallWord("perMinute")]);
    const tone = data.severe ? "sev3" : "flat";
    showFigure(
      severe,
      [wallWord("severe"), short(data.severe), wallWord("today") + " ◆■"],
      tone,
    );
    setText(tools.under, under(data));
  },
  pulse(tools, pulse) {
    showDigits(tools.strip, pulse.events);
  },
};
