/* The numbers that fired the open alert: the measure, the lines it is judged by, and the instants that count. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, px = (size) => desk.px(size);
  let chart = null, box = null, none = null;
  desk.chart = () => chart;
  desk.noChart = function () { none.hidden = true; box.style.visibility = "hidden"; };
  desk.buildChart = function (body) {
    if (chart) chart.dispose();
    chart = null;
    box = el("div", "chart"); none = el("div", "dk-none", desk.t("noPoints"));
    body.append(box, none);
  };
  desk.drawChart = function (data) {
    const one = data.alert, evidence = one.evidence;
    const some = evidence.points.length > 0;
    none.hidden = some; box.style.visibility = some ? "visible" : "hidden";
    if (!some) return;
    if (!chart || chart.isDisposed()) {
      chart = wall.chart(box, { grid: { left: px(46), right: px(wall.english() ? 96 : 76), top: px(18), bottom: px(26) }, tooltip: { trigger: "axis", confine: true, backgroundColor: "#0b2454", borderColor: "#3d6fc4", textStyle: { color: "#eaf2ff", fontSize: px(13) } },
        xAxis: { type: "time", axisLine: { lineStyle: { color: "#35558c" } }, axisLabel: { color: "#9db4d8", fontSize: px(12), hideOverlap: true, formatter: (value) => wall.minute(value) }, splitLine: { show: false } },
        yAxis: { type: "value", scale: true, axisLabel: { color: "#9db4d8", fontSize: px(12), showMinLabel: false, showMaxLabel: false }, splitLine: { lineStyle: { color: "rgba(93,142,220,.16)" } } } });
    }
    const colour = desk.COLOURS[one.level], steps = reached(data), lines = [];
    for (const [level, value] of thresholds(steps, one)) lines.push(across(value, desk.t("threshold") + " " + desk.NUMERALS[level], desk.COLOURS[level], "solid"));
    if (evidence.clear !== null) lines.push(across(evidence.clear, desk.t("clear"), "#34dcc0", "dashed"));
    for (const step of steps) lines.push(instant(step, lines.length));
    const values = evidence.points.map((point) => point[1]).concat(lines.filter((one) => one.yAxis !== undefined).map((one) => one.yAxis));
    const low = Math.min(...values), high = Math.max(...values), pad = (high - low || Math.abs(high) || 1) * 0.08;
    const hot = evidence.threshold === null ? [] : [{ yAxis: evidence.threshold, itemStyle: { color: colour, opacity: 0.1 } }, { yAxis: evidence.above ? high + pad : low - pad }];
    const first = evidence.points[0][0], last = evidence.points[evidence.points.length - 1][0], few = last - first < 600000 ? 600000 : 0;
    chart.setOption({
      xAxis: { min: few ? first - few : null, max: few ? last + few : null },
      tooltip: { formatter: (found) => wall.time(found[0].value[0]) + "　" + desk.number(found[0].value[1]) + (evidence.unit ? " " + evidence.unit.replace(/[<>&]/g, "") : "") },
      yAxis: { min: low >= 0 && low - pad < 0 ? 0 : Number((low - pad).toPrecision(3)), max: Number((high + pad).toPrecision(3)) },
      series: [{ id: "v", type: "line", showSymbol: evidence.points.length < 12, symbolSize: 6, lineStyle: { width: px(2), color: "#58c7ff" }, itemStyle: { color: "#58c7ff" }, areaStyle: { color: "rgba(63,150,255,.12)" }, data: evidence.points,
        markLine: { silent: true, symbol: "none", animation: false, data: lines }, markArea: { silent: true, data: hot.length ? [hot] : [] },
        markPoint: { symbol: "circle", symbolSize: px(9), itemStyle: { color: colour, borderColor: "#fff", borderWidth: 1.5 }, label: { show: false }, data: evidence.value === null ? [] : [{ coord: nearest(evidence.points, steps) }] } }],
    });
  };
  const across = (value, words, tint, dash) => ({ yAxis: value, lineStyle: { color: tint, type: dash, width: desk.px(1.5) }, label: { formatter: words + " " + desk.number(value), color: tint, position: "end", fontSize: desk.px(11.5) } });
  /* The levels that were reached, each with the data's own time of it; where the history does not say, when it fired. */
  function reached(data) {
    const found = data.history.filter((step) => step.reached && step.reached.at).map((step) => ({ what: step.what, ...step.reached }));
    return found.length || !data.alert.fired ? found : [{ what: "fired", level: 0, threshold: null, at: data.alert.fired }];
  }
  /* Level → threshold, of all that were reached; the present one's is the evidence's own. */
  function thresholds(steps, one) {
    const found = new Map();
    for (const step of steps) if (step.threshold !== null) found.set(step.level, step.threshold);
    if (one.evidence.threshold !== null) found.set(one.level, one.evidence.threshold);
    return found;
  }
  const said = (step) => desk.t(step.what + "At", { level: step.level ? desk.level(step.level) : "" }).replace("  ", " ") + " " + wall.minute(step.at);
  function instant(step, row) {
    const tint = step.level ? desk.COLOURS[step.level] : "#cfe2ff";
    return { xAxis: step.at, lineStyle: { color: tint, type: "dotted" }, label: { formatter: said(step), color: tint, position: "insideEndTop", rotate: 0, align: "right", offset: [0, desk.px(15) * (row % 3)], fontSize: desk.px(11.5) } };
  }
  /* The point of the level that was reached last. */
  function nearest(points, steps) {
    const at = steps.length ? steps[steps.length - 1].at : Infinity;
    return points.reduce((best, point) => (Math.abs(point[0] - at) <= Math.abs(best[0] - at) ? point : best), points[points.length - 1]);
  }
  /* Which levels were reached when, in words: an instant may lie outside of the chart. */
  desk.levelsReached = function (data) { const steps = reached(data); return steps.length > 1 ? steps.map(said).join(" → ") : ""; };
  /* Up to when the evidence goes: it is of the moment at which the level was reached, not of now. */
  desk.asOf = function (evidence) {
    const last = evidence.points[evidence.points.length - 1];
    return last ? desk.t("asOf", { t: desk.when(last[0]).slice(0, -3) }) : "";
  };
})(window.wall);
