/* Tiles drawn by ECharts: base option once, afterwards data only, no animation. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;
  const AXIS = { axisLine: { lineStyle: { color: "#2a4a80" } }, axisTick: { show: false }, axisLabel: { color: "#9db4d8", fontSize: 15 } };
  const SPLIT = { lineStyle: { color: "rgba(70,110,180,.22)" } };
  const PARTS = ["#37c8f0", "#3d7bff", "#ffd54d", "#ff9c40", "#b78bff", "#4fd8a6", "#7f93b5"];
  wall.compact = (value) => (value >= 1e4 ? wall.short(value) : value);

  function host(body) { const node = el("div", "chart"); body.append(node); return node; }
  const gradient = (top, bottom) => ({ type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{ offset: 0, color: top }, { offset: 1, color: bottom }] });

  wall.kind("trend", {
    mount(body) {
      const chart = wall.chart(host(body), {
        grid: { left: 52, right: 14, top: 34, bottom: 26 },
        legend: { top: 0, right: 6, itemWidth: 22, itemHeight: 3, icon: "rect", textStyle: { color: "#bcd0f2", fontSize: 15 }, selectedMode: false },
        xAxis: { type: "category", boundaryGap: false, ...AXIS },
        yAxis: { type: "value", minInterval: 1, splitNumber: 4, ...AXIS, axisLine: { show: false }, splitLine: SPLIT },
        series: [
          { id: "before", type: "line", symbol: "none", smooth: 0.2, z: 4, lineStyle: { color: "#c3d0ea", width: 1.7, type: [6, 5] }, itemStyle: { color: "#c3d0ea" }, silent: true },
          { id: "now", type: "line", symbol: "none", smooth: 0.2, lineStyle: { color: "#37e0f2", width: 2.4 }, itemStyle: { color: "#37e0f2" }, areaStyle: { color: gradient("rgba(55,224,242,.42)", "rgba(55,224,242,.02)") }, silent: true },
        ],
      });
      return { chart, key: "" };
    },
    draw(tools, data, body) {
      wall.empty(body, !data.now.length);
      const key = JSON.stringify(data);
      if (key === tools.key) return;
      tools.key = key;
      const labels = data.now.map((_, index) => wall.minute(data.start + index * data.step));
      tools.chart.setOption({
        legend: { data: [{ name: wall.t("last24") }, { name: wall.t("before24") }] },
        xAxis: { data: labels, axisLabel: { interval: (index, label) => Number(label.slice(0, 2)) % 4 === 0 && label.endsWith(":00") } },
        yAxis: { axisLabel: { formatter: wall.compact } },
        series: [{ id: "before", name: wall.t("before24"), data: data.before }, { id: "now", name: wall.t("last24"), data: data.now }],
      });
    },
  });

  wall.kind("minutes", {
    mount(body) {
      const chart = wall.chart(host(body), {
        grid: { left: 52, right: 12, top: 14, bottom: 26 },
        xAxis: { type: "category", ...AXIS }, yAxis: { type: "value", minInterval: 1, splitNumber: 4, ...AXIS, axisLine: { show: false }, splitLine: SPLIT },
        series: [{ id: "events", type: "bar", barCategoryGap: "28%", itemStyle: { color: gradient("#37e0f2", "#1a4fb0"), borderRadius: [2, 2, 0, 0] }, silent: true }],
      });
      return { chart, key: "" };
    },
    draw(tools, data, body) {
      wall.empty(body, !data.events.length);
      const key = JSON.stringify(data);
      if (key === tools.key) return;
      tools.key = key;
      tools.chart.setOption({ xAxis: { data: data.events.map((_, index) => wall.minute(data.start + index * 60000)), axisLabel: { interval: 9 } }, yAxis: { axisLabel: { formatter: wall.compact } }, series: [{ id: "events", data: data.events }] });
    },
  });

  wall.kind("days", {
    mount(body) {
      const chart = wall.chart(host(body), {
        grid: { left: 52, right: 12, top: 30, bottom: 26 },
        xAxis: { type: "category", ...AXIS }, yAxis: { type: "value", minInterval: 1, splitNumber: 4, ...AXIS, axisLine: { show: false }, splitLine: SPLIT },
        series: [{ id: "days", type: "bar", barMaxWidth: 40, label: { show: true, position: "top", color: "#cfe0ff", fontSize: 14 }, silent: true }],
      });
      return { chart, key: "" };
    },
    draw(tools, data, body) {
      wall.empty(body, !data.rows.length);
      const key = JSON.stringify(data.rows.map((row) => [wall.date(row[0]), row[1]])) + document.documentElement.lang;
      if (key === tools.key) return;
      tools.key = key;
      const last = data.rows.length - 1;
      tools.chart.setOption({
        xAxis: { data: data.rows.map((row, index) => (index === last ? wall.t("today") : (wall.english() ? "" : "周") + wall.weekday(row[0]))) },
        yAxis: { axisLabel: { formatter: wall.compact } },
        series: [{ id: "days", label: { formatter: (point) => wall.short(point.value) }, data: data.rows.map((row, index) => ({ value: row[1], itemStyle: { borderRadius: [3, 3, 0, 0], color: index === last ? gradient("#37e0f2", "#1a68c8") : gradient("#5b7fc0", "#23427e") } })) }],
      });
    },
  });

  wall.kind("donut", {
    mount(body) {
      body.classList.toggle("side", body.clientWidth > 380);
      const box = el("div", "ring-box"), parts = el("div", "parts");
      body.append(box, parts);
      const chart = wall.chart(box, { series: [{ id: "parts", type: "pie", radius: ["68%", "94%"], center: ["50%", "50%"], label: { show: false }, itemStyle: { borderColor: "#081c44", borderWidth: 2 }, silent: true }], title: { left: "center", top: "middle", textAlign: "auto", textStyle: { color: "#eaf2ff", fontSize: 19, fontWeight: 650 } } });
      return { chart, parts, key: "" };
    },
    draw(tools, data, body) {
      wall.empty(body, !data.rows.length);
      const rows = data.rest > 0 ? [...data.rows, ["", data.rest]] : data.rows;
      const items = wall.fill(tools.parts, rows.length, function () { const part = el("div", "part"); part.append(el("i"), el("span"), el("b")); return part; });
      rows.forEach(function (row, index) {
        const part = items[index]; part.children[0].style.background = row[0] === "" ? PARTS[6] : PARTS[index % 6];
        set(part.children[1], row[0] === "" ? wall.t("rest") : wall.title(data.by === "theme" ? "themes" : "kinds", row[0])); set(part.children[2], ((row[1] / data.total) * 100).toFixed(1) + "%");
      });
      const key = JSON.stringify(rows);
      if (key === tools.key) return;
      tools.key = key;
      tools.chart.setOption({ title: { text: rows.length ? wall.short(data.total) : "" }, series: [{ id: "parts", data: rows.map((row, index) => ({ value: row[1], itemStyle: { color: row[0] === "" ? PARTS[6] : PARTS[index % 6] } })) }] });
    },
  });

  const BANDS = ["#2fb8a0", "#8ccf5a", "#ffd54d", "#ff9c40", "#ff5c74"];
  wall.kind("gauge", {
    mount(body) {
      const box = el("div", "chart"), bands = el("div", "bands"); box.style.bottom = "126px"; body.append(box, bands);
      const chart = wall.chart(box, { series: [{ id: "gauge", type: "gauge", startAngle: 205, endAngle: -25, radius: "100%", center: ["50%", "60%"], splitNumber: 5, axisTick: { show: false }, splitLine: { length: 12, distance: -12, lineStyle: { color: "#081c44", width: 2 } }, axisLabel: { show: false }, pointer: { length: "62%", width: 5, itemStyle: { color: "#eaf2ff" } }, anchor: { show: true, size: 10, itemStyle: { color: "#eaf2ff" } }, detail: { offsetCenter: [0, "58%"], color: "#eaf2ff", fontSize: 30, fontWeight: 650 }, title: { show: false }, silent: true }] });
      return { chart, box, bands, key: "" };
    },
    draw(tools, data, body) {
      const value = data.row.value, end = data.bands[data.bands.length - 1];
      wall.empty(body, value === null, wall.t("noIndex"));
      tools.box.style.visibility = value === null ? "hidden" : "";
      const rows = wall.fill(tools.bands, value === null ? 0 : data.bands.length - 1, function () { const band = el("div", "band"); band.append(el("i"), el("span"), el("span")); return band; });
      Array.from(rows).forEach(function (band, index) {
        const low = data.bands[index], high = data.bands[index + 1];
        band.classList.toggle("here", value >= low && (value < high || high === end));
        band.children[0].style.background = BANDS[index]; set(band.children[1], wall.list("bands")[index]); set(band.children[2], low + "–" + high);
      });
      const key = String(value);
      if (value === null || key === tools.key) return;
      tools.key = key;
      tools.chart.setOption({ series: [{ id: "gauge", min: data.bands[0], max: end, axisLine: { lineStyle: { width: 12, color: BANDS.map((color, index) => [data.bands[index + 1] / end, color]) } }, detail: { formatter: () => value.toFixed(1) }, data: [{ value: Math.min(end, value) }] }] });
    },
  });
})(window.wall);
