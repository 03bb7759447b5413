/** Cases in and out today, and the shares that were closed in time. */
import { box, childrenOf, element, setText } from "../../shared/dom.js";
import { short, whole } from "../../shared/numbers.js";
import { besideCases, showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

/**
 * How many cases were closed, and how many of them in time, in a time and in the one before.
 * @typedef {object} InTime
 * @property {number} in_time
 * @property {number} all
 * @property {number} in_time_before
 * @property {number} all_before
 */

/**
 * @typedef {object} Data
 * @property {number} opened today
 * @property {number} closed today
 * @property {InTime} day today, and yesterday until the same minute
 * @property {InTime} week seven days, and those before until the same minute
 * @property {Record<string, number>} beside of origins that are not counted
 */

/**
 * @param {string} label of the figure
 * @param {string} className of it
 */
function figure(label, className) {
  const value = element("b"), note = element("small");
  return { node: box(className, element("span", "", label), value, note), value, note };
}

/** @param {number} n to say with its sign */
const signed = (n) => (n > 0 ? "+" : n < 0 ? "−" : "") + short(Math.abs(n));

/**
 * What is said of a share: the share, how it changed, and what both are of.
 * @param {InTime} rate
 * @param {string} before what the time before is called
 */
export function rateWords(rate, before) {
  if (!rate.all) return { value: "–", note: wallWord("noneClosed"), tone: "flat" };
  const now = 100 * rate.in_time / rate.all;
  const base = whole(rate.in_time) + " / " + whole(rate.all);
  const value = (rate.in_time === rate.all ? "100" : Math.min(now, 99.9).toFixed(1)) + "%";
  if (!rate.all_before) return { value, note: base + " · " + wallWord("unknown"), tone: "flat" };
  const was = 100 * rate.in_time_before / rate.all_before, points = now - was;
  const arrow = Math.abs(points) < 0.05 ? "→" : points > 0 ? "↑" : "↓";
  const n = Math.abs(points).toFixed(1);
  const note = base + " · " + before + " " + wallWord("points", { n: arrow + n });
  return { value, note, tone: points < -0.05 ? "worse" : points > 0.05 ? "better" : "flat" };
}

/**
 * @param {ReturnType<typeof figure>} shown figure
 * @param {ReturnType<typeof rateWords>} words of it
 */
function showRate(shown, { value, note, tone }) {
  setText(shown.value, value);
  setText(shown.note, note);
  shown.note.className = tone;
}

/** @type {Drawing<ReturnType<typeof figure>[], Data>} */
export const drawing = {
  words: { none: "casesUnknown", stale: "casesOld" },
  mount(body) {
    const turns = ["casesIn", "casesOut", "casesNet"].map((key) =>
      figure(wallWord(key), "ct-turn")
    );
    const rates = ["inTimeToday", "inTimeWeek"].map((key) => figure(wallWord(key), "ct-rate"));
    const nodes = (/** @type {typeof turns} */ some) => some.map(({ node }) => node);
    body.append(box("ct", box("ct-turns", ...nodes(turns)), box("ct-rates", ...nodes(rates))));
    return [...turns, ...rates];
  },
  draw([came, went, net, day, week], data, body) {
    const never = !data.opened && !data.week.all && !data.week.all_before;
    showEmpty(body, never, wallWord("noTurns"));
    childrenOf(body)[0].hidden = never;
    const change = data.opened - data.closed;
    setText(came.value, short(data.opened));
    setText(came.note, besideCases(data));
    setText(went.value, short(data.closed));
    setText(net.value, signed(change));
    net.value.className = change > 0 ? "up" : change < 0 ? "down" : "flat";
    showRate(day, rateWords(data.day, wallWord("vsDay")));
    showRate(week, rateWords(data.week, wallWord("vsWeek")));
  },
};
