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
    const colour = desk.COLOURS[one.level], lines = [];
    const rule = (value, name, tint, dash) => { if (value !== null) lines.push({ yAxis: value, lineStyle: { color: tint, type: dash, width: px(1.5) }, label: { formatter: name + " " + desk.number(value), color: tint, position: "end", fontSize: px(11.5) } }); };
    rule(evidence.threshold, desk.t("threshold"), colour, "solid");
    rule(evidence.clear, desk.t("clear"), "#34dcc0", "dashed");
    if (one.fired) lines.push({ xAxis: one.fired, lineStyle: { color: "rgba(255,255,255,.55)", type: "dotted" }, label: { formatter: desk.t("fired") + " " + wall.minute(one.fired), color: "#cfe2ff", position: "insideEndTop", rotate: 0, align: "right", fontSize: px(11.5) } });
    const values = evidence.points.map((point) => point[1]).concat(evidence.threshold === null ? [] : evidence.threshold, evidence.clear === null ? [] : evidence.clear);
    const low = Math.min(...values), high = Math.max(...values), pad = (high - low || Math.abs(high) || 1) * 0.08;
    const hot = evidence.threshold === null ? [] : [{ yAxis: evidence.threshold, itemStyle: { color: colour, opacity: 0.1 } }, { yAxis: evidence.above ? high + pad : low - pad }];
    const first = evidence.points[0][0], last = evidence.points[evidence.points.length - 1][0], few = last - first < 600000 ? 600000 : 0;
    chart.setOption({
      xAxis: { min: few ? first - few : null, max: few ? last + few : null },
      tooltip: { formatter: (found) => wall.time(found[0].value[0]) + "　" + desk.number(found[0].value[1]) + (evidence.unit ? " " + evidence.unit.replace(/[<>&]/g, "") : "") },
      yAxis: { min: low >= 0 && low - pad < 0 ? 0 : Number((low - pad).toPrecision(3)), max: Number((high + pad).toPrecision(3)) },
      series: [{ id: "v", type: "line", showSymbol: evidence.points.length < 12, symbolSize: 6, lineStyle: { width: px(2), color: "#58c7ff" }, itemStyle: { color: "#58c7ff" }, areaStyle: { color: "rgba(63,150,255,.12)" }, data: evidence.points,
        markLine: { silent: true, symbol: "none", animation: false, data: lines }, markArea: { silent: true, data: hot.length ? [hot] : [] },
        markPoint: { symbol: "circle", symbolSize: px(9), itemStyle: { color: colour, borderColor: "#fff", borderWidth: 1.5 }, label: { show: false }, data: one.fired && evidence.value !== null ? [{ coord: nearest(evidence.points, one.fired) }] : [] } }],
    });
  };
  const nearest = (points, at) => points.reduce((best, point) => (Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best), points[0]);
})(window.wall);
