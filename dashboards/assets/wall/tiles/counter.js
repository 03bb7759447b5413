/** The head of a screen: digits on strips, the only thing that moves by itself, and comparisons. */
import { box, childrenOf, element, setText } from "../../shared/dom.js";
import { change, rate, short, whole } from "../../shared/numbers.js";
import { minute } from "../../shared/times.js";
import { wallWord } from "../words.js";
/** @import { ComparedPair, Drawing } from "../../shared/types.d.ts" */

const DIGITS = 7, KPIS = ["yesterday", "week", "rate", "severe"];

/**
 * @typedef {object} Data
 * @property {number} matters of today
 * @property {number} readings of today, which are not among them
 * @property {ComparedPair | null} yesterday until the same minute, and today, of the same feeds
 * @property {ComparedPair | null} week means of the days before
 * @property {number} days that the means are of
 * @property {number} compared feeds, that delivered on both days
 * @property {number} feeds with matters on either
 * @property {number | null} until which instant days are compared
 * @property {number} rate a minute
 * @property {number} severe matters of today
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

/**
 * @param {HTMLElement} cell of the comparison
 * @param {string} label of it
 * @param {ComparedPair | null} pair that is compared
 */
function showPair(cell, label, pair) {
  const { text, tone } = change(pair?.change);
  const base = pair
    ? wallWord("fromTo", { a: short(pair.before), b: short(pair.now) })
    : wallWord("unknown");
  showFigure(cell, [label, text, base], tone);
}

/**
 * @param {HTMLElement} line below the digits
 * @param {number} readings of today
 */
function showReadings(line, readings) {
  setText(line, readings ? wallWord("readingsBeside", { n: whole(readings) }) : "");
}

/** @param {Data} data of the counter */
function basis(data) {
  if (!data.compared || data.until === null) return "";
  const { compared: n, feeds: all } = data;
  return wallWord("likeForLike", { n, all, t: minute(data.until) });
}

/**
 * @typedef {object} Tools
 * @property {HTMLElement} strip
 * @property {HTMLElement} under
 * @property {HTMLElement} basis
 * @property {HTMLElement[]} cells
 */

/** @type {Drawing<Tools, Data>} */
export const drawing = {
  mount(body) {
    const strip = box("digits"), line = box("under"), compared = box("basis");
    const cells = KPIS.map(() => box("kpi", element("span"), element("b"), element("small")));
    body.append(box("hero", strip, line), box("figures-side", compared, box("kpis", ...cells)));
    return { strip, under: line, basis: compared, cells };
  },
  draw(tools, data) {
    showDigits(tools.strip, data.matters);
    const [yesterday, week, perMinute, severe] = tools.cells;
    showPair(yesterday, wallWord("yesterday"), data.yesterday);
    showPair(week, wallWord("week", { n: data.days || 7 }), data.week);
    setText(tools.basis, basis(data));
    showFigure(perMinute, [wallWord("rate"), rate(data.rate), wallWord("perMinute")]);
    const tone = data.severe ? "sev3" : "flat";
    showFigure(
      severe,
      [wallWord("severe"), short(data.severe), wallWord("today") + " ◆■"],
      tone,
    );
    showReadings(tools.under, data.readings);
  },
  pulse(tools, pulse) {
    showDigits(tools.strip, pulse.matters);
    showReadings(tools.under, pulse.readings);
  },
};
