/** The numbers that fired the open alert: the measure, the lines it is judged by, the instants. */
import { makeChart } from "../shared/chart.js";
import { box } from "../shared/dom.js";
import { isEnglish } from "../shared/language.js";
import { rounded } from "../shared/numbers.js";
import { minute, time, when } from "../shared/times.js";
import { scaled } from "../desks/fit.js";
import { COLOURS, NUMERALS } from "../desks/levels.js";
import { deskWord, levelName } from "./words.js";
/** @import { AlertDetail, Evidence, ReachedLevel } from "../shared/types.d.ts" */

const FEW_MS = 600000, FEW_POINTS = 12, MARGIN = 0.08;

const label = (/** @type {number} */ size) => ({ color: "#9db4d8", fontSize: scaled(size) });

function baseOptions() {
  return {
    grid: {
      left: scaled(46),
      right: scaled(isEnglish() ? 96 : 76),
      top: scaled(18),
      bottom: scaled(26),
    },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: "#0b2454",
      borderColor: "#3d6fc4",
      textStyle: { color: "#eaf2ff", fontSize: scaled(13) },
    },
    xAxis: {
      type: "time",
      axisLine: { lineStyle: { color: "#35558c" } },
      axisLabel: {
        ...label(12),
        hideOverlap: true,
        formatter: (/** @type {number} */ value) => minute(value),
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      scale: true,
      axisLabel: { ...label(12), showMinLabel: false, showMaxLabel: false },
      splitLine: { lineStyle: { color: "rgba(93,142,220,.16)" } },
    },
  };
}

/**
 * The levels that were reached, each with the data's own time of it; where the history does not
 * say, when it fired.
 * @param {AlertDetail} data of the alert
 * @returns {ReachedLevel[]}
 */
export function reachedLevels(data) {
  /** @type {ReachedLevel[]} */
  const found = [];
  for (const step of data.history) {
    if (step.type !== "change" || !step.reached?.at) continue;
    found.push({ what: step.what, ...step.reached, at: step.reached.at });
  }
  if (found.length || !data.alert.fired) return found;
  return [{ what: "fired", level: 0, threshold: null, at: data.alert.fired }];
}

/**
 * Level to threshold, of all that were reached; the present one's is the evidence's own.
 * @param {ReachedLevel[]} steps
 * @param {AlertDetail["alert"]} alert
 * @returns {Map<number, number>}
 */
export function thresholdsOf(steps, alert) {
  const found = new Map();
  for (const { level, threshold } of steps) if (threshold !== null) found.set(level, threshold);
  const { threshold } = alert.evidence;
  if (threshold !== null) found.set(alert.level, threshold);
  return found;
}

/** @param {ReachedLevel} step */
function reachedWords(step) {
  const level = step.level ? levelName(step.level) : "";
  return deskWord(step.what + "At", { level }).replace("  ", " ") + " " + minute(step.at);
}

/**
 * Which levels were reached when, in words: an instant may lie outside of the chart.
 * @param {AlertDetail} data of the alert
 */
export function levelsReached(data) {
  const steps = reachedLevels(data);
  return steps.length > 1 ? steps.map(reachedWords).join(" → ") : "";
}

/**
 * Up to when the evidence goes: it is of the moment at which the level was reached, not of now.
 * @param {Evidence} evidence of the alert
 * @param {number} now instant
 */
export function asOfWords(evidence, now) {
  const last = evidence.points[evidence.points.length - 1];
  return last ? deskWord("asOf", { t: when(last[0], now).slice(0, -3) }) : "";
}

/**
 * The point of the level that was reached last.
 * @param {Evidence["points"]} points of the evidence
 * @param {ReachedLevel[]} steps
 */
export function nearestPoint(points, steps) {
  const at = steps.length ? steps[steps.length - 1].at : Infinity;
  return points.reduce(
    (best, point) => Math.abs(point[0] - at) <= Math.abs(best[0] - at) ? point : best,
    points[points.length - 1],
  );
}

/**
 * @param {number} yAxis value of the line
 * @param {string} words beside it
 * @param {string} color of it
 * @param {string} type of the line
 */
const lineAcross = (yAxis, words, color, type) => ({
  yAxis,
  lineStyle: { color, type, width: scaled(1.5) },
  label: {
    formatter: words + " " + rounded(yAxis),
    color,
    position: "end",
    fontSize: scaled(11.5),
  },
});

/**
 * @param {ReachedLevel} step
 * @param {number} index of its line, so that labels do not lie on each other
 */
function lineAt(step, index) {
  const color = step.level ? COLOURS[step.level] : "#cfe2ff";
  return {
    xAxis: step.at,
    lineStyle: { color, type: "dotted" },
    label: {
      formatter: reachedWords(step),
      color,
      position: "insideEndTop",
      rotate: 0,
      align: "right",
      offset: [0, scaled(15) * (index % 3)],
      fontSize: scaled(11.5),
    },
  };
}

/**
 * @param {AlertDetail["alert"]} alert
 * @param {ReachedLevel[]} steps
 */
function linesAcross(alert, steps) {
  const { clear } = alert.evidence;
  const lines = Array.from(thresholdsOf(steps, alert), ([level, value]) => {
    const words = deskWord("threshold") + " " + NUMERALS[level];
    return lineAcross(value, words, COLOURS[level], "solid");
  });
  if (clear !== null) lines.push(lineAcross(clear, deskWord("clear"), "#34dcc0", "dashed"));
  return lines;
}

/**
 * What of the chart changes with the data.
 * @param {AlertDetail} data of the alert, with points
 */
export function chartOptions(data) {
  const { alert } = data, { evidence } = alert, { points } = evidence;
  const steps = reachedLevels(data), across = linesAcross(alert, steps);
  const lines = [...across, ...steps.map((step, index) => lineAt(step, across.length + index))];
  const values = points.map((point) => point[1]).concat(across.map((line) => line.yAxis));
  const low = Math.min(...values), high = Math.max(...values);
  const margin = (high - low || Math.abs(high) || 1) * MARGIN;
  const first = points[0][0], last = points[points.length - 1][0];
  const few = last - first < FEW_MS ? FEW_MS : 0, colour = COLOURS[alert.level];
  return {
    xAxis: { min: few ? first - few : null, max: few ? last + few : null },
    tooltip: { formatter: (/** @type {any} */ found) => pointWords(found[0].value, evidence.unit) },
    yAxis: {
      min: low >= 0 && low - margin < 0 ? 0 : Number((low - margin).toPrecision(3)),
      max: Number((high + margin).toPrecision(3)),
    },
    series: [{
      id: "v",
      type: "line",
      showSymbol: points.length < FEW_POINTS,
      symbolSize: 6,
      lineStyle: { width: scaled(2), color: "#58c7ff" },
      itemStyle: { color: "#58c7ff" },
      areaStyle: { color: "rgba(63,150,255,.12)" },
      data: points,
      markLine: { silent: true, symbol: "none", animation: false, data: lines },
      markArea: { silent: true, data: hotArea(evidence, colour, low - margin, high + margin) },
      markPoint: {
        symbol: "circle",
        symbolSize: scaled(9),
        itemStyle: { color: colour, borderColor: "#fff", borderWidth: 1.5 },
        label: { show: false },
        data: evidence.value === null ? [] : [{ coord: nearestPoint(points, steps) }],
      },
    }],
  };
}

/**
 * @param {Evidence} evidence
 * @param {string} color of the alert's level
 * @param {number} low end of the chart
 * @param {number} high end of the chart
 */
function hotArea({ threshold, above }, color, low, high) {
  if (threshold === null) return [];
  const edge = { yAxis: threshold, itemStyle: { color, opacity: 0.1 } };
  return [[edge, { yAxis: above ? high : low }]];
}

/**
 * A point in words; they go into the tool tip as markup, so a unit from outside may hold none.
 * @param {[number, number]} point instant and value
 * @param {string} unit of the value
 */
const pointWords = ([at, value], unit) =>
  time(at) + "　" + rounded(value) + (unit ? " " + unit.replace(/[<>&]/g, "") : "");

/** The chart of one detail view. */
export class AlertChart {
  constructor() {
    /** @type {any} */
    this.chart = null;
    this.canvas = box("chart");
    this.none = box("dk-none", deskWord("noPoints"));
  }

  /** Show nothing, until the data are there. */
  clear() {
    this.none.hidden = true;
    this.canvas.style.visibility = "hidden";
  }

  /** @param {AlertDetail} data of the alert */
  draw(data) {
    const some = data.alert.evidence.points.length > 0;
    this.none.hidden = some;
    this.canvas.style.visibility = some ? "visible" : "hidden";
    if (!some) return;
    if (!this.chart || this.chart.isDisposed()) this.chart = makeChart(this.canvas, baseOptions());
    this.chart.setOption(chartOptions(data));
  }

  /** Take the chart away. */
  dispose() {
    this.chart?.dispose();
    this.chart = null;
  }
}
