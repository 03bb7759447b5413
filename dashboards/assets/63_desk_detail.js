/* The right side: one alert with its numbers, place, history, and who was told. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const COLOURS = (desk.COLOURS = ["", "#3f8cff", "#f2c230", "#ff8f33", "#ff4a5f"]);
  const px = (desk.px = (size) => Math.round((size * parseFloat(document.documentElement.style.fontSize || 16)) / 16));
  let parts = null, id = "", shownVersion = 0, timer = 0, abort = null, data = null, map = null, mapKey = "";
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
    if (map) map.dispose();
    map = null; mapKey = "";
    const p = (parts = { root });
    p.back = el("button", "dk-back", desk.t("back")); p.back.onclick = () => document.documentElement.classList.remove("dk-open");
    p.title = el("div", "dk-title"); p.lv = el("div", "lv"); p.lv.append(el("span"), el("small"));
    const middle = el("div"); p.h = el("h2"); p.meta = el("div", "meta"); middle.append(p.h, p.meta);
    p.tags = el("div", "tags"); p.title.append(p.lv, middle, p.tags);
    p.sum = el("div", "dk-sum"); p.bar = el("div", "dk-bar");
    const grid = el("div", "dk-grid");
    p.evidence = card("evidence", " tall"); p.numbers = el("div", "dk-numbers"); p.words = el("div", "dk-words"); p.evidence.body.before(p.numbers, p.words);
    desk.buildChart(p.evidence.body);
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
    p.said = desk.buildBar(p.bar);
  }
  /* Canvases do not draw again by themselves when a slice of the font arrives. */
  desk.repaint = function () { for (const one of [desk.chart(), map]) if (one && !one.isDisposed()) one.getZr().refresh(); };
  desk.refreshHead = function () { if (id && !document.hidden) render(); };
  desk.rebuildDetail = function () { build(); if (id) { render(); if (data) renderData(); } else idle(true); };
  function idle(on) { parts.none.hidden = !on; parts.all.forEach((node) => { node.hidden = on; }); }

  /* Open what the list has selected; the numbers follow as soon as the person rests on it. */
  desk.openDetail = function () {
    const item = desk.current();
    if (!item) { if (!id) idle(true); return; }
    if (item.row.id !== id) { id = item.row.id; shownVersion = 0; data = null; }
    render();
    clearTimeout(timer);
    timer = setTimeout(load, 110);
  };
  desk.closeDetail = function () { id = ""; data = null; clearTimeout(timer); if (abort) abort.abort(); idle(true); desk.address(""); };
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
    desk.address(asked);
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
    const facts = [["", desk.t(one.state)], ["opened", desk.when(one.opened) + " · " + desk.age(desk.now() - one.opened)], ["owner", one.owner ? desk.person(one.owner) : desk.t("nobody")], ["place", desk.place(one.area) || "–"], ["subject", one.subject || "–"], ["department", (one.departments || []).map((name) => wall.title("departments", name)).join("、") || "–"]];
    if (group > 1) facts.push(["same", group]);
    const nodes = wall.fill(parts.meta, facts.length, () => { const span = el("span"); span.append(el("span"), el("b")); return span; });
    facts.forEach(function (fact, index) { set(nodes[index].firstChild, fact[0] ? desk.t(fact[0]) + " " : ""); set(nodes[index].lastChild, fact[1]); });
    const tags = [];
    if (one.origin !== "live") tags.push([one.origin, wall.t(one.origin)]);
    for (const mute of one.mutes) tags.push(["mute", desk.t(mute[0])]);
    const tagNodes = wall.fill(parts.tags, tags.length, () => el("span"));
    tags.forEach((tag, index) => { tagNodes[index].className = "tag " + tag[0]; set(tagNodes[index], tag[1]); });
    if (!data) { set(parts.sum, "…"); parts.steps.replaceChildren(); parts.whyBox.replaceChildren(); desk.noChart(); parts.numbers.replaceChildren(); set(parts.words, ""); set(parts.resp.body, ""); set(parts.evidence.note, ""); }
    desk.drawBar(one);
    drawMap(one);
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
    const said = [desk.measure(evidence.measure), wall.pick(evidence.words), desk.levelsReached(data), desk.asOf(evidence)].filter(Boolean);
    parts.words.replaceChildren(...said.map((text) => el("span", "", text)));
    desk.drawChart(data);
    desk.drawHistory(parts, data.history); desk.drawWhy(parts.whyBox, data.why);
    set(parts.resp.body, wall.pick(one.response) || desk.t("noResponse"));
  }
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
})(window.wall);
