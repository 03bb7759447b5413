/* The right side: one alert with its numbers, place, history, and who was told. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const COLOURS = ["", "#3f8cff", "#f2c230", "#ff8f33", "#ff4a5f"];
  let parts = null, id = "", shownVersion = 0, timer = 0, abort = null, data = null, chart = null, map = null, mapKey = "";
  desk.opened = () => id;
  desk.openedData = () => (data && data.alert.id === id ? data : null);

  function card(name, className) {
    const node = el("div", "dk-card" + (className || "")), head = el("h3"), body = el("div");
    head.append(el("span", "", desk.t(name)), el("small"));
    node.append(head, body);
    return { node, head: head.firstChild, note: head.lastChild, body };
  }
  function build() {
    const root = document.getElementById("desk-detail");
    root.replaceChildren();
    if (chart) chart.dispose();
    if (map) map.dispose();
    chart = map = null; mapKey = "";
    const p = (parts = { root });
    p.back = el("button", "dk-back", desk.t("back")); p.back.onclick = () => document.documentElement.classList.remove("dk-open");
    p.title = el("div", "dk-title"); p.lv = el("div", "lv"); p.lv.append(el("span"), el("small"));
    const middle = el("div"); p.h = el("h2"); p.meta = el("div", "meta"); middle.append(p.h, p.meta);
    p.tags = el("div", "tags"); p.title.append(p.lv, middle, p.tags);
    p.sum = el("div", "dk-sum"); p.bar = el("div", "dk-bar");
    const grid = el("div", "dk-grid");
    p.evidence = card("evidence", " tall"); p.numbers = el("div", "dk-numbers"); p.words = el("div", "dk-words"); p.evidence.body.before(p.numbers, p.words);
    p.chart = el("div", "chart"); p.noChart = el("div", "dk-none", desk.t("noPoints")); p.evidence.body.append(p.chart, p.noChart);
    p.map = card("map", " tall"); p.geo = el("div", "dk-map"); p.noGeo = el("div", "dk-none"); p.map.body.append(p.geo, p.noGeo);
    p.history = card("history"); p.steps = el("ul", "dk-steps"); p.history.body.className = "dk-scroll"; p.history.body.append(p.steps);
    const half = el("div", "dk-half");
    p.why = card("why"); p.why.body.className = "dk-scroll"; p.whyBox = el("div"); p.why.body.append(p.whyBox); p.why.node.id = "desk-why"; p.why.body.tabIndex = 0;
    p.resp = card("response"); p.resp.body.className = "dk-scroll dk-resp";
    half.append(p.history.node, p.why.node, p.resp.node);
    grid.append(p.evidence.node, p.map.node, half);
    p.none = el("div", "dk-none", desk.t("pickOne"));
    p.all = [p.back, p.title, p.sum, p.bar, grid];
    root.append(...p.all, p.none);
    actions();
  }
  /* Canvases do not draw again by themselves when a slice of the font arrives. */
  desk.repaint = function () { for (const one of [chart, map]) if (one && !one.isDisposed()) one.getZr().refresh(); };
  desk.refreshHead = function () { if (id && !document.hidden) render(); };
  desk.rebuildDetail = function () { build(); if (id) { render(); if (data) renderData(); } else idle(true); };
  function idle(on) { parts.none.hidden = !on; parts.all.forEach((node) => { node.hidden = on; }); }

  const BUTTONS = [["acknowledge", "A"], ["assign", "G"], ["comment", "C"], ["silence", "S"], ["resolve", "R"], ["more", "B"]];
  function actions() {
    parts.buttons = {};
    for (const [name, key] of BUTTONS) {
      const button = el("button", name === "acknowledge" ? "first" : "");
      button.append(el("span", "", desk.action(name)), el("kbd", "", key));
      button.onclick = () => desk.act(name);
      parts.buttons[name] = button; parts.bar.append(button);
    }
    parts.said = el("span", "said"); parts.bar.append(parts.said);
  }
  /* Open what the list has selected; the numbers follow as soon as the person rests on it. */
  desk.openDetail = function () {
    const item = desk.current();
    if (!item) { if (!id) idle(true); return; }
    if (item.row.id !== id) { id = item.row.id; shownVersion = 0; data = null; }
    render();
    clearTimeout(timer);
    timer = setTimeout(load, 110);
  };
  /* Open an alert that may not be in the list: from a link in a message, closed perhaps. */
  desk.openAlert = function (wanted) { id = wanted; data = null; document.documentElement.classList.add("dk-open"); render(); clearTimeout(timer); load(); };
  desk.refreshDetail = function (changed) {
    if (!id || (changed && !changed.includes(id))) return;
    render();
    clearTimeout(timer);
    timer = setTimeout(load, 250);
  };
  async function load() {
    if (abort) abort.abort();
    abort = new AbortController();
    const asked = id;
    try {
      const answer = await desk.ask("/desk/api/alerts/" + encodeURIComponent(asked), { signal: abort.signal });
      if (asked !== id) return;
      data = answer;
      renderData();
    } catch (error) {
      if (error.name !== "AbortError" && asked === id) { set(parts.said, desk.t("loadFailed", { why: error.message })); parts.said.className = "said bad"; parts.failed = true; }
    }
  }
  function row() { return desk.rows.get(id) || (data && data.alert.id === id ? data.alert : null) || desk.closedRow(id); }
  function render() {
    const one = row();
    if (!one) return;
    idle(false);
    parts.title.className = "dk-title lv" + one.level; parts.sum.className = "dk-sum lv" + one.level; parts.evidence.node.className = "dk-card tall lv" + one.level;
    set(parts.lv.firstChild, desk.NUMERALS[one.level]); set(parts.lv.lastChild, desk.level(one.level));
    set(parts.h, wall.pick(one.title));
    const group = one.incident ? Array.from(desk.rows.values()).filter((other) => other.incident === one.incident).length : 0;
    const facts = [["", desk.t(one.state)], ["opened", desk.when(one.opened) + " · " + desk.age(desk.now() - one.opened)], ["owner", one.owner || desk.t("nobody")], ["place", desk.place(one.area) || "–"], ["subject", one.subject || "–"], ["department", (one.departments || []).map((name) => wall.title("departments", name)).join("、") || "–"]];
    if (group > 1) facts.push(["same", group]);
    const nodes = wall.fill(parts.meta, facts.length, () => { const span = el("span"); span.append(el("span"), el("b")); return span; });
    facts.forEach(function (fact, index) { set(nodes[index].firstChild, fact[0] ? desk.t(fact[0]) + " " : ""); set(nodes[index].lastChild, fact[1]); });
    const tags = [];
    if (one.origin !== "live") tags.push([one.origin, wall.t(one.origin)]);
    for (const mute of one.mutes) tags.push(["mute", desk.t(mute[0])]);
    const tagNodes = wall.fill(parts.tags, tags.length, () => el("span"));
    tags.forEach((tag, index) => { tagNodes[index].className = "tag " + tag[0]; set(tagNodes[index], tag[1]); });
    if (!data) { set(parts.sum, "…"); parts.steps.replaceChildren(); parts.whyBox.replaceChildren(); parts.noChart.hidden = true; parts.chart.style.visibility = "hidden"; parts.numbers.replaceChildren(); set(parts.words, ""); set(parts.resp.body, ""); set(parts.evidence.note, ""); }
    bar(one);
    drawMap(one);
  }
  /* Only what would be accepted can be pressed; the reason of the rest is its tool tip. */
  function bar(one) {
    const allowed = data ? data.actions : {};
    for (const [name] of BUTTONS) {
      const reason = allowed[name];
      parts.buttons[name].disabled = name !== "more" && (reason === undefined ? !!data : reason !== "");
      parts.buttons[name].title = reason || "";
      parts.buttons[name].hidden = name === "silence" && reason === undefined && !!data;
    }
    const tip = desk.sent.get(one.id);
    parts.said.className = "said" + (tip && tip.state === "refused" ? " bad" : "");
    set(parts.said, tip ? desk.action(tip.what) + " · " + desk.t(tip.state) + (tip.why ? "：" + tip.why : "") : "");
  }
  function renderData() {
    const one = data.alert, evidence = one.evidence;
    render();
    set(parts.sum, wall.pick(one.summary));
    set(parts.evidence.note, one.rule + " @ " + one.rule_version);
    const unit = evidence.unit ? " " + evidence.unit : "";
    parts.numbers.replaceChildren();
    const number = (name, value, hot) => { const span = el("span", "", desk.t(name)); span.append(el("b", hot ? "hot" : "", desk.number(value)), unit); parts.numbers.append(span); };
    if (evidence.value !== null) number("value", evidence.value, true);
    if (evidence.threshold !== null) number("threshold", evidence.threshold);
    if (evidence.clear !== null) number("clear", evidence.clear);
    if (evidence.events.length) parts.numbers.append(el("span", "", desk.t("events", { n: evidence.events.length })));
    set(parts.words, [wall.title("kinds", evidence.measure), wall.pick(evidence.words)].filter(Boolean).join(" · "));
    drawChart(evidence, one);
    history(); why();
    set(parts.resp.body, wall.pick(one.response) || desk.t("noResponse"));
  }
  const px = (size) => Math.round((size * parseFloat(document.documentElement.style.fontSize || 16)) / 16);
  function drawChart(evidence, one) {
    const some = evidence.points.length > 0;
    parts.noChart.hidden = some; parts.chart.style.visibility = some ? "visible" : "hidden";
    if (!some) return;
    if (!chart || chart.isDisposed()) {
      chart = wall.chart(parts.chart, { grid: { left: px(46), right: px(wall.english() ? 96 : 76), top: px(18), bottom: px(26) }, tooltip: { trigger: "axis", confine: true, backgroundColor: "#0b2454", borderColor: "#3d6fc4", textStyle: { color: "#eaf2ff", fontSize: px(13) } },
        xAxis: { type: "time", axisLine: { lineStyle: { color: "#35558c" } }, axisLabel: { color: "#9db4d8", fontSize: px(12), hideOverlap: true, formatter: (value) => wall.minute(value) }, splitLine: { show: false } },
        yAxis: { type: "value", scale: true, axisLabel: { color: "#9db4d8", fontSize: px(12), showMinLabel: false, showMaxLabel: false }, splitLine: { lineStyle: { color: "rgba(93,142,220,.16)" } } } });
    }
    const colour = COLOURS[one.level], lines = [];
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
  }
  const nearest = (points, at) => points.reduce((best, point) => (Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best), points[0]);

  function drawMap(one) {
    const placed = one.lon !== null && one.lon !== undefined && one.lat !== null;
    parts.noGeo.hidden = placed || !!one.area;
    set(parts.noGeo, desk.t("noPlace"));
    set(parts.map.note, placed ? one.lon.toFixed(4) + ", " + one.lat.toFixed(4) : one.area ? desk.t("onlyArea") : "");
    const key = [one.id, one.lon, one.lat, one.area, one.level].join();
    if (key === mapKey) return;
    mapKey = key;
    if (!map || map.isDisposed()) {
      const geo = JSON.parse(JSON.stringify(wall.city.geo));
      for (const feature of geo.features) feature.properties.name = String(feature.properties.code);
      echarts.registerMap("desk-city", geo);
      map = wall.chart(parts.geo, { geo: { map: "desk-city", aspectScale: 0.77, roam: true, scaleLimit: { min: 1, max: 30 }, top: 8, bottom: 8, label: { show: true, color: "#a9c6f5", fontSize: px(11.5), formatter: (it) => wall.title("areas", it.name) }, emphasis: { disabled: true }, itemStyle: { areaColor: "#0d2f6c", borderColor: "#5fb4ea", borderWidth: 1 } } });
    }
    const district = (one.area || "").slice(0, 6), near = [];
    for (const other of desk.rows.values()) {
      if (near.length >= 400) break;
      if (other.id !== one.id && other.lon !== null && other.area.slice(0, 6) === district) near.push({ value: [other.lon, other.lat], itemStyle: { color: COLOURS[other.level], opacity: other.incident && other.incident === one.incident ? 1 : 0.28 } });
    }
    map.setOption({
      geo: { center: placed ? [one.lon, one.lat] : middle(wall.city.geo, district), zoom: placed ? 2.6 : 1.4, regions: [{ name: district, itemStyle: { areaColor: placed ? "#154494" : "#2a63c4" } }] },
      series: [
        { id: "near", type: "scatter", coordinateSystem: "geo", symbolSize: px(5), silent: true, data: near },
        { id: "ring", type: "scatter", coordinateSystem: "geo", symbolSize: px(34), silent: true, z: 4, itemStyle: { color: "transparent", borderColor: COLOURS[one.level], borderWidth: 2 }, data: placed ? [[one.lon, one.lat]] : [] },
        { id: "here", type: "scatter", coordinateSystem: "geo", symbolSize: px(14), silent: true, z: 5, itemStyle: { color: COLOURS[one.level], borderColor: "#fff", borderWidth: 2 }, data: placed ? [[one.lon, one.lat]] : [] },
      ],
    });
  }

  /* The middle of a district's corners, of all where there is none of that code. */
  function middle(geo, code) {
    let west = 180, east = -180, south = 90, north = -90;
    const corner = (spot) => { if (typeof spot[0] !== "number") { spot.forEach(corner); return; } west = Math.min(west, spot[0]); east = Math.max(east, spot[0]); south = Math.min(south, spot[1]); north = Math.max(north, spot[1]); };
    const own = geo.features.filter((feature) => String(feature.properties.code) === code);
    (own.length ? own : geo.features).forEach((feature) => corner(feature.geometry.coordinates));
    return [(west + east) / 2, (south + north) / 2];
  }

  function line(tone, at, bold, rest, quote) {
    const item = el("li", tone);
    item.append(el("time", "", wall.time(at)), el("b", "", bold), document.createTextNode(" "), el("em", "", rest || ""));
    item.title = wall.date(at) + " " + wall.time(at);
    if (quote) item.append(el("q", "", quote));
    return item;
  }
  const PEOPLE = new Set(["acknowledged", "unacknowledged", "assigned", "commented", "resolved", "reopened", "merged", "split"]);
  function history() {
    parts.steps.replaceChildren();
    set(parts.history.note, String(data.history.length));
    for (const step of data.history.slice().reverse()) {
      if (step.type === "change") {
        const d = step.details, person = PEOPLE.has(step.what);
        const rest = [person || step.what === "refused" ? step.by : "", d.owner || d.assignee ? "→ " + (d.owner || d.assignee) : "", step.words ? wall.pick(step.words) : ""].filter(Boolean).join(" ");
        parts.steps.append(line(step.what === "refused" ? "bad" : person ? "person" : step.what === "muted" ? "quiet" : "", step.at, desk.what(step.what), rest, d.comment || (step.what === "refused" ? d.reason : "") || ""));
      } else {
        const last = step.receipts[step.receipts.length - 1];
        const bad = last && (last.outcome === "given_up" || last.outcome === "unknown_receiver");
        const item = line(bad ? "bad" : "sent", step.at, "✉ " + wall.pick(step.name), wall.pick(step.purpose));
        for (const receipt of step.receipts) item.append(el("q", "", desk.t("attempt", { n: receipt.attempt }) + " " + wall.pick(receipt.words) + " · " + wall.time(receipt.at) + " · " + receipt.took + " ms" + (receipt.detail ? " · " + receipt.detail : "")));
        if (!last) item.append(el("q", "", desk.t("noReceipt")));
        parts.steps.append(item);
      }
    }
  }
  function why() {
    const box = parts.whyBox, told = data.why;
    box.replaceChildren(el("p", "dk-verdict " + (told.told ? "yes" : "no"), desk.t(told.told ? "yes" : "no")));
    const list = el("ul", "dk-why");
    for (const [sign, zh, en] of told.lines) { const item = el("li", "dk-" + sign, wall.pick([zh, en])); item.dataset.sign = { yes: "✓", no: "✗", note: "!", next: "→" }[sign]; list.append(item); }
    box.append(list);
  }
})(window.wall);
