/* The stage: laid out for 1080 lines and scaled to the wall; language, keys, drawing tools. */
(function (wall) {
  "use strict";
  const WIDE = 2900, ULTRA = 3600, PHONE = 760;
  const kinds = {};
  const charts = new Set();
  wall.scale = 1;

  /* Register a kind of tile: mount(body) → tools, draw(tools, data, body), pulse(tools, pulse, body). */
  wall.kind = (name, parts) => { kinds[name] = parts; };
  wall.kinds = kinds;

  /* Text never becomes markup: everything that came from outside goes in as textContent. */
  wall.el = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  wall.set = function (node, text) { if (node.textContent !== String(text)) node.textContent = text; };
  wall.fill = function (parent, count, make) {
    while (parent.children.length > count) parent.lastChild.remove();
    while (parent.children.length < count) parent.append(make());
    return parent.children;
  };
  wall.bar = (track, share) => { track.firstChild.style.transform = "scaleX(" + Math.max(0, Math.min(1, share || 0)) + ")"; };
  wall.track = function () { const track = wall.el("div", "track"); track.append(wall.el("u")); return track; };
  wall.empty = function (body, shown, text) {
    let note = body.querySelector(":scope > .empty");
    if (!shown) { if (note) note.remove(); return; }
    if (!note) { note = wall.el("div", "empty"); note.append(wall.el("b", "", "◌"), wall.el("span")); note.style.whiteSpace = "pre-line"; body.append(note); }
    wall.set(note.lastChild, text || wall.t("noData") + "\n" + wall.t("noDataHint"));
  };
  wall.spark = function (svg, values) {
    const known = values.filter((value) => value !== null);
    const high = Math.max(...known, 1e-9), low = Math.min(...known, high * 0.999, svg.dataset.zero ? 0 : Infinity);
    const at = (value, index) => ((index / Math.max(1, values.length - 1)) * 100).toFixed(1) + " " + (30 - ((value - low) / (high - low || 1)) * 28).toFixed(1);
    const points = values.map((value, index) => (value === null ? null : at(value, index))).filter((point) => point !== null);
    const line = points.length ? "M" + points.join("L") : "";
    svg.lastChild.setAttribute("d", line);
    svg.firstChild.setAttribute("d", line && svg.dataset.zero ? line + "L" + points[points.length - 1].split(" ")[0] + " 32L" + points[0].split(" ")[0] + " 32Z" : "");
  };
  wall.sparkline = function (zero) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "spark"); svg.setAttribute("viewBox", "0 0 100 32"); svg.setAttribute("preserveAspectRatio", "none");
    if (zero) svg.dataset.zero = "1";
    for (const name of ["fill", ""]) { const path = document.createElementNS("http://www.w3.org/2000/svg", "path"); path.setAttribute("class", name); svg.append(path); }
    return svg;
  };
  wall.chart = function (node, base) {
    const chart = echarts.init(node, null, { devicePixelRatio: Math.min(3, (window.devicePixelRatio || 1) * wall.scale) });
    chart.setOption({ animation: false, textStyle: { fontFamily: "'Noto Sans SC Variable', sans-serif", color: "#9db4d8" }, ...base });
    charts.add(chart);
    /* A heading that wraps once it is filled takes room from its chart. */
    new ResizeObserver(() => { if (!chart.isDisposed()) chart.resize(); }).observe(node);
    return chart;
  };
  wall.clearCharts = function () { charts.forEach((chart) => chart.dispose()); charts.clear(); };

  wall.fit = function () {
    const stage = document.getElementById("stage");
    if (!stage) return;
    const W = window.innerWidth, H = window.innerHeight;
    const phone = W < PHONE, portrait = !phone && W < H;
    const k = phone ? 1 : portrait ? W / 1080 : Math.min(W / 1920, H / 1080);
    wall.scale = k;
    const root = document.documentElement.classList;
    root.toggle("phone", phone || portrait);
    root.toggle("wide", !phone && !portrait && W / k >= WIDE);
    root.toggle("ultra", !phone && !portrait && W / k >= ULTRA);
    stage.style.width = phone ? "100%" : W / k + "px";
    stage.style.height = phone ? "auto" : H / k + "px";
    stage.style.transform = phone ? "none" : "scale(" + k + ")";
    document.body.style.fontSize = "";
  };
  let later = 0;
  window.addEventListener("resize", function () {
    clearTimeout(later);
    later = setTimeout(function () { wall.fit(); if (wall.rebuild) wall.rebuild(); }, 120);
  });

  const asked = new URLSearchParams(location.search).get("lang");
  document.documentElement.lang = asked === "en" ? "en" : "zh-CN";
  wall.language = function (lang) {
    document.documentElement.lang = lang;
    const url = new URL(location.href);
    if (lang === "en") url.searchParams.set("lang", "en"); else url.searchParams.delete("lang");
    history.replaceState(null, "", url);
    wall.rebuild();
  };
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !wall.city) return;
    const names = Object.keys(wall.city.screens);
    const index = Number(event.key) - 1;
    if (event.key !== " " && Number.isInteger(index) && names[index]) wall.show(names[index]);
    else if (event.key === "l" || event.key === "L") wall.language(wall.english() ? "zh-CN" : "en");
    else if ((event.key === "f" || event.key === "F") && document.documentElement.requestFullscreen) document.documentElement.requestFullscreen();
  });
})(window.wall);
