/** Matters by day until this time of it, today as the last; what is compared is solid. */
import { makeChart } from "../../shared/chart.js";
import { isEnglish } from "../../shared/language.js";
import { short } from "../../shared/numbers.js";
import { date, weekday } from "../../shared/times.js";
import { AXIS, chartBox, compact, COUNTS, gradient } from "../chart_look.js";
import { showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const TODAY = gradient("#37e0f2", "#1a68c8"), BEFORE = gradient("#5b7fc0", "#23427e");
const OTHERS = "rgba(120, 160, 220, .26)";
const BASE = {
  grid: { left: 52, right: 12, top: 30, bottom: 26 },
  legend: {
    top: 0,
    right: 6,
    itemWidth: 12,
    itemHeight: 10,
    textStyle: { color: "#bcd0f2", fontSize: 14 },
    selectedMode: false,
  },
  xAxis: { type: "category", ...AXIS },
  yAxis: COUNTS,
  series: [
    { id: "alike", type: "bar", stack: "days", barMaxWidth: 40, silent: true },
    {
      id: "others",
      type: "bar",
      stack: "days",
      barMaxWidth: 40,
      itemStyle: { color: OTHERS, borderColor: "#7f9fd0", borderType: "dashed" },
      label: { show: true, position: "top", color: "#cfe0ff", fontSize: 14 },
      silent: true,
    },
  ],
};

/** @type {Drawing<{chart: any, key: string}, {rows: [number, number, number][]}>} */
export const drawing = {
  mount: (body) => ({ chart: makeChart(chartBox(body), BASE), key: "" }),
  draw(tools, { rows }, body) {
    showEmpty(body, !rows.length);
    const days = rows.map(([day, ...counts]) => [date(day), ...counts]);
    const key = JSON.stringify([days, isEnglish()]);
    if (key === tools.key) return;
    tools.key = key;
    const last = rows.length - 1, week = isEnglish() ? "" : "周";
    const alike = wallWord("alikeToday"), others = wallWord("otherFeeds");
    const isMixed = rows.some(([, every, same]) => every > same);
    const total = (/** @type {{dataIndex: number}} */ point) => short(rows[point.dataIndex][1]);
    tools.chart.setOption({
      legend: { show: isMixed, data: [{ name: alike }, { name: others }] },
      xAxis: {
        data: rows.map(([day], index) => index === last ? wallWord("today") : week + weekday(day)),
      },
      yAxis: { axisLabel: { formatter: compact } },
      series: [{
        id: "alike",
        name: alike,
        itemStyle: { color: BEFORE },
        data: rows.map(([, , value], index) => ({
          value,
          itemStyle: { color: index === last ? TODAY : BEFORE },
        })),
      }, {
        id: "others",
        name: others,
        label: { formatter: total },
        data: rows.map(([, every, same]) => every - same),
      }],
    });
  },
};
