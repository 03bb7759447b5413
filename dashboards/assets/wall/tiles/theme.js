/** The card of a theme: its count, its day as a line, and comparisons; opens its screen. */
import { box, element, setText } from "../../shared/dom.js";
import { change, rate, short, whole } from "../../shared/numbers.js";
import { drawSparkline, makeSparkline } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { ComparedPair, Drawing } from "../../shared/types.d.ts" */

/**
 * @typedef {object} Data
 * @property {string} theme id
 * @property {string} screen that the card opens
 * @property {number} matters of today
 * @property {number} readings of today, which are not among them
 * @property {ComparedPair | null} yesterday until the same minute, and today, of the same feeds
 * @property {ComparedPair | null} week means of the days before
 * @property {number} days that the means are of
 * @property {number} rate a minute
 * @property {number} severe matters of today
 * @property {(number | null)[]} line of the day, null for what is still to come
 */

/**
 * @typedef {object} Tools
 * @property {HTMLElement} card
 * @property {HTMLElement} count
 * @property {SVGSVGElement} spark
 * @property {Record<string, HTMLElement>} values by name
 * @property {HTMLElement} weekLabel
 * @property {HTMLElement} beside the count: readings
 * @property {string} theme
 */

/**
 * @param {HTMLElement} parent of the line
 * @param {string} label of the value
 */
function addPair(parent, label) {
  const name = element("span", "", label), value = element("b");
  parent.append(box("pair", name, value));
  return { name, value };
}

/**
 * @param {HTMLElement} node of the value
 * @param {{text: string, tone: string}} changed by how much
 */
function showChange(node, changed) {
  setText(node, changed.text);
  node.className = changed.tone;
}

/** @type {Drawing<Tools, Data>} */
export const drawing = {
  mount(body) {
    const count = box("count"), rows = element("div"), spark = makeSparkline(true);
    const yesterday = addPair(rows, wallWord("yesterday"));
    const week = addPair(rows, wallWord("week", { n: 7 }));
    const perMinute = addPair(rows, wallWord("rate"));
    const severe = addPair(rows, wallWord("severe"));
    const readings = element("b"),
      beside = box("beside", element("span", "", wallWord("readings")));
    beside.append(readings);
    const card = box("card", box("count-line", count, beside), spark, rows);
    body.append(card);
    const values = {
      yesterday: yesterday.value,
      week: week.value,
      rate: perMinute.value,
      severe: severe.value,
      readings,
    };
    return { card, count, spark, values, weekLabel: week.name, beside, theme: "" };
  },
  draw(tools, data) {
    /* The page's own link opens the screen, as a click on the navigation does. */
    tools.card.onclick = () => openScreen(data.screen);
    tools.theme = data.theme;
    setText(tools.count, whole(data.matters));
    showChange(tools.values.yesterday, change(data.yesterday?.change));
    showChange(tools.values.week, change(data.week?.change));
    setText(tools.weekLabel, wallWord("week", { n: data.days || 7 }));
    setText(tools.values.rate, rate(data.rate) + " " + wallWord("perMinute"));
    setText(tools.values.severe, whole(data.severe));
    setText(tools.values.readings, short(data.readings));
    tools.beside.hidden = !data.readings;
    drawSparkline(tools.spark, data.line);
  },
  pulse(tools, pulse) {
    if (tools.theme in pulse.counts) setText(tools.count, whole(pulse.counts[tools.theme]));
  },
};

/** @param {string} name of the screen */
function openScreen(name) {
  const link = document.querySelector(`.nav[data-goto="${CSS.escape(name)}"]`);
  if (link instanceof HTMLElement) link.click();
}
