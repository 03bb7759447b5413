/** The course of today, against yesterday's of the feeds that are compared. */
import { makeChart } from "../../shared/chart.js";
import { minute } from "../../shared/times.js";
import { AXIS, chartBox, compact, COUNTS, gradient } from "../chart_look.js";
import { showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const BASE = {
  grid: { left: 52, right: 14, top: 34, bottom: 26 },
  legend: {
    top: 0,
    right: 6,
    itemWidth: 22,
    itemHeight: 3,
    icon: "rect",
    textStyle: { color: "#bcd0f2", fontSize: 15 },
    selectedMode: false,
  },
  xAxis: { type: "category", boundaryGap: false, ...AXIS },
  yAxis: COUNTS,
  series: [
    {
      id: "before",
      type: "line",
      symbol: "none",
      smooth: 0.2,
      z: 4,
      lineStyle: { color: "#c3d0ea", width: 1.7, type: [6, 5] },
      itemStyle: { color: "#c3d0ea" },
      silent: true,
    },
    {
      id: "now",
      type: "line",
      symbol: "none",
      smooth: 0.2,
      lineStyle: { color: "#37e0f2", width: 2.4 },
      itemStyle: { color: "#37e0f2" },
      areaStyle: { color: gradient("rgba(55,224,242,.42)", "rgba(55,224,242,.02)") },
      silent: true,
    },
    {
      id: "alike",
      type: "line",
      symbol: "none",
      smooth: 0.2,
      z: 5,
      lineStyle: { color: "#ffd54d", width: 1.7 },
      itemStyle: { color: "#ffd54d" },
      silent: true,
    },
  ],
};

/**
 * @typedef {object} Data
 * @property {number} start instant of the first value
 * @property {number} step milliseconds between values
 * @property {number} slots of the day
 * @property {number[]} now today's complete slots
 * @property {number[]} alike of these, of feeds that are compared with yesterday
 * @property {number[]} before yesterday, of the same feeds
 */

/**
 * Which hours have a label: every fourth.
 * @param {number} _index of the label
 * @param {string} label an hour and a minute
 */
const labelled = (_index, label) => Number(label.slice(0, 2)) % 4 === 0 && label.endsWith(":00");

/** @type {Drawing<{chart: any, key: string}, Data>} */
export const drawing = {
  mount: (body) => ({ chart: makeChart(chartBox(body), BASE), key: "" }),
  draw(tools, data, body) {
    showEmpty(body, !data.before.length && !data.now.length);
    const key = JSON.stringify(data);
    if (key === tools.key) return;
    tools.key = key;
    const labels = Array.from(
      { length: data.slots },
      (_, index) => minute(data.start + index * data.step),
    );
    const isMixed = data.now.some((count, index) => count > data.alike[index]);
    const now = wallWord("today"), alike = wallWord("alikeToday");
    const before = wallWord(isMixed ? "yesterdayAlike" : "yesterdayLine");
    const lines = [now, ...(isMixed ? [alike] : []), before];
    tools.chart.setOption({
      legend: { data: lines.map((name) => ({ name })) },
      xAxis: { data: labels, axisLabel: { interval: labelled } },
      yAxis: { axisLabel: { formatter: compact } },
      series: [
        { id: "before", name: before, data: data.before },
        { id: "now", name: now, data: data.now },
        { id: "alike", name: alike, data: isMixed ? data.alike : [] },
      ],
    });
  },
};
