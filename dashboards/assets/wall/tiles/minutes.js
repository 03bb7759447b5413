/** Events by minute, complete minutes only. */
import { makeChart } from "../../shared/chart.js";
import { minute } from "../../shared/times.js";
import { AXIS, chartBox, compact, COUNTS, gradient } from "../chart_look.js";
import { showEmpty } from "../tile_parts.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

const MINUTE_MS = 60000, LABEL_EVERY = 9;
const BASE = {
  grid: { left: 52, right: 12, top: 14, bottom: 26 },
  xAxis: { type: "category", ...AXIS },
  yAxis: COUNTS,
  series: [{
    id: "events",
    type: "bar",
    barCategoryGap: "28%",
    itemStyle: { color: gradient("#37e0f2", "#1a4fb0"), borderRadius: [2, 2, 0, 0] },
    silent: true,
  }],
};

/** @type {Drawing<{chart: any, key: string}, {start: number, events: number[]}>} */
export const drawing = {
  mount: (body) => ({ chart: makeChart(chartBox(body), BASE), key: "" }),
  draw(tools, data, body) {
    showEmpty(body, !data.events.length);
    const key = JSON.stringify(data);
    if (key === tools.key) return;
    tools.key = key;
    const labels = data.events.map((_, index) => minute(data.start + index * MINUTE_MS));
    tools.chart.setOption({
      xAxis: { data: labels, axisLabel: { interval: LABEL_EVERY } },
      yAxis: { axisLabel: { formatter: compact } },
      series: [{ id: "events", data: data.events }],
    });
  },
};
