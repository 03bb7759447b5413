/** Charts: made once, without animation, disposed of together when a page is drawn anew. */
const SHARPEST = 3;
/** @type {Set<any>} */
const charts = new Set();
let scale = 1;

/**
 * Draw as sharp as a stage needs that is shown in another size.
 * @param {number} factor by which the page is enlarged
 */
export function setChartScale(factor) {
  scale = factor;
}

/**
 * Make a chart.
 * @param {HTMLElement} node that it fills
 * @param {Record<string, unknown>} base options that stay
 */
export function makeChart(node, base) {
  for (const old of charts) if (old.isDisposed()) charts.delete(old);
  const ratio = Math.min(SHARPEST, (globalThis.devicePixelRatio || 1) * scale);
  const chart = echarts.init(node, null, { devicePixelRatio: ratio });
  const textStyle = { fontFamily: "'Noto Sans SC Variable', sans-serif", color: "#9db4d8" };
  chart.setOption({ animation: false, textStyle, ...base });
  charts.add(chart);
  /* A heading that wraps once it is filled takes room from its chart. */
  new ResizeObserver(() => {
    if (!chart.isDisposed()) chart.resize();
  }).observe(node);
  return chart;
}

/** Dispose of all charts, before a page is drawn anew. */
export function clearCharts() {
  charts.forEach((chart) => chart.dispose());
  charts.clear();
}
