/** Events by day, today as the last. */
import { makeChart } from "../../shared/chart.js";
import { isEnglish } from "../../shared/language.js";
import { short } from "../../shared/numbers.js";
import { date, weekday } from "../../shared/times.js";
import { AXIS, chartBox, compact, COUNTS, gradient } from "../chart_look.js";
import { showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const TODAY = gradient("#37e0f2", "#1a68c8"), BEFORE = gradient("#5b7fc0", "#23427e");
const BASE = {
  grid: { left: 52, right: 12, top: 30, bottom: 26 },
  xAxis: { type: "category", ...AXIS },
  yAxis: COUNTS,
  series: [{
    id: "days",
    type: "bar",
    barMaxWidth: 40,
    label: { show: true, position: "top", color: "#cfe0ff", fontSize: 14 },
    silent: true,
  }],
};

/** @type {Drawing<{chart: any, key: string}, {rows: [number, number][]}>} */
export const drawing = {
  mount: (body) => ({ chart: makeChart(chartBox(body), BASE), key: "" }),
  draw(tools, { rows }, body) {
    showEmpty(body, !rows.length);
    const days = rows.map(([day, count]) => [date(day), count]);
    const key = JSON.stringify([days, isEnglish()]);
    if (key === tools.key) return;
    tools.key = key;
    const last = rows.length - 1, week = isEnglish() ? "" : "周";
    tools.chart.setOption({
      xAxis: {
        data: rows.map(([day], index) => index === last ? wallWord("today") : week + weekday(day)),
      },
      yAxis: { axisLabel: { formatter: compact } },
      series: [{
        id: "days",
        label: { formatter: (/** @type {{value: number}} */ point) => short(point.value) },
        data: rows.map(([, value], index) => ({
          value,
          itemStyle: { borderRadius: [3, 3, 0, 0], color: index === last ? TODAY : BEFORE },
        })),
      }],
    });
  },
};
