/** What the panel of figures says, and how it says numbers; pure but for the language. */
import { makeWords } from "../shared/language.js";
import { change, whole } from "../shared/numbers.js";
import { span } from "../shared/times.js";
/** @import { FigureKind, FigureNumber } from "../shared/types.d.ts" */

/** @type {Record<string, [string, string]>} */
const WORDS = {
  figures: ["统计", "Figures"],
  close: ["返回案件", "Back to cases"],
  week: ["本周", "This week"],
  month: ["本月", "This month"],
  days: ["近 30 天", "Last 30 days"],
  custom: ["自选", "Custom"],
  unit: ["按单位", "By unit"],
  district: ["按区", "By district"],
  street: ["按街道", "By street"],
  period: ["{a} – {b}，对比 {c} – {d}", "{a} – {b}, against {c} – {d}"],
  inScope: ["您的范围内", "in your scope"],
  beside: ["另有{what}案件，未计入", "{what} cases are there too, and not counted"],
  madeUp: ["没有真实案件：以下为{what}数据", "no live cases: what follows is {what}"],
  group: ["单位 / 区域", "unit / area"],
  none: ["时段内没有案件", "no cases in this time"],
  few: ["不足 {n} 件只列件数，不算比率", "of fewer than {n} cases: counts, no rates"],
  stages: [
    "环节用时（时段内办结的案件，自然时间）",
    "Time in stages (cases closed, calendar time)",
  ],
  stage: ["环节", "stage"],
  cases: ["件数", "cases"],
  median: ["中位数", "median"],
  p90: ["九成不超过", "90% within"],
  points: ["{n} 个百分点", "{n} points"],
  was: ["上期 {what}", "before: {what}"],
  rest: ["未达 {n} 件", "{n} not"],
  mean: ["平均 {n} 分", "mean {n} of 5"],
  behind: ["{what} · {n} 件", "{what} · {n}"],
  newest: ["（最新 {n} 件）", " (the newest {n})"],
  pickNumber: ["点任一数字，看是哪些案件", "click any number to see its cases"],
  worst: ["点表头：最差在前", "click a heading: worst first"],
  all: ["全部", "all"],
  loading: ["读取中…", "loading…"],
  failed: ["统计读不出来：{why}", "the figures cannot be read: {why}"],
};

/** The panel's word of a key, with the values put in. */
export const figureWord = makeWords(WORDS);

/** All of its words, for the font to load the letters of. */
export const allFigureWords = () => JSON.stringify(WORDS);

const PERCENT = 100;

/**
 * A figure as people read it: a rate, or counts where there are too few for one.
 * @param {FigureKind} kind of the figure
 * @param {Pick<FigureNumber, "about" | "counts" | "rate">} number of it
 */
export function numberWords(kind, { about, counts, rate }) {
  if (!kind.rate) return whole(about);
  if (rate == null) return about ? counts + " / " + about : "–";
  return (rate * PERCENT).toFixed(1) + "%";
}

/**
 * How a figure stands to the period before, and whether that is good.
 * @param {FigureKind} kind of the figure
 * @param {FigureNumber} number of it
 * @returns {{text: string, tone: string, title: string}}
 */
export function comparison(kind, number) {
  const { before } = number, was = figureWord("was", { what: numberWords(kind, before) });
  const now = kind.rate ? number.rate : number.about;
  const then = kind.rate ? before.rate : before.about;
  if (now == null || then == null || (!kind.rate && !then)) {
    return { text: was, tone: "flat", title: was };
  }
  const more = now > then ? "more" : "less";
  const tone = now === then || !kind.better ? "flat" : more === kind.better ? "good" : "bad";
  if (!kind.rate) return { text: change(now / then - 1).text, tone, title: was };
  const points = Math.abs((now - then) * PERCENT).toFixed(1);
  const arrow = now === then ? "→ " : now > then ? "↑ " : "↓ ";
  return { text: arrow + figureWord("points", { n: points }), tone, title: was };
}

/**
 * How bad a figure of a group is: more is worse; groups with too few cases come last.
 * @param {FigureKind} kind of the figure
 * @param {FigureNumber} number of the group
 */
export function badness(kind, number) {
  const value = kind.rate ? number.rate : number.about;
  if (value == null) return -Infinity;
  return kind.better === "more" && kind.rate ? 1 - value : value;
}

/**
 * A time in a stage.
 * @param {number | null | undefined} seconds of it
 */
export const timeWords = (seconds) => seconds == null ? "–" : span(seconds);
