/* Screens: show one, draw what arrives, and say how old it is. Dash calls names, snapshot and pulse. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;
  let current = null, tiles = [], last = null, lastPulse = null, moved = 0, at = 0, outage = null;

  function tags(box, marks, share) {
    const names = Object.keys(marks);
    const nodes = wall.fill(box, names.length, () => el("span"));
    names.forEach(function (name, index) {
      nodes[index].className = "tag " + name;
      set(nodes[index], (share ? wall.t(name) : wall.mark(name)) + (share ? " " + (marks[name] > 0.995 ? "100" : marks[name] < 0.01 ? "<1" : Math.round(marks[name] * 100)) + "%" : ""));
    });
  }
  function freshness(tile, fresh) {
    const box = tile.fresh;
    if (!box.firstChild) box.append(el("i"), el("span"), el("span"));
    box.className = "fresh state-" + fresh.state;
    tags(tile.marks, fresh.marks, false);
    set(box.children[0], wall.FEED_SHAPES[fresh.state]);
    set(box.children[1], fresh.live + "/" + fresh.expected);
    set(box.children[2], fresh.as_of === null ? "" : wall.t("asOf") + " " + wall.time(fresh.as_of));
    const dead = fresh.state === "stale" || fresh.state === "none";
    tile.root.classList.toggle("dead", dead);
    tile.root.classList.toggle("unknown", fresh.state === "none");
    const words = tile.kind.words || {}, none = words.none ? wall.t(words.none) : wall.t("noData") + "\n" + wall.t("noDataHint");
    if (dead) tile.body.dataset.why = fresh.state === "none" ? none : fresh.as_of === null ? wall.t("staleNever") : wall.t(words.stale || "stale", { t: wall.time(fresh.as_of) });
  }
  function build() {
    wall.clearCharts();
    const main = document.querySelector('main[data-screen="' + current + '"]');
    document.querySelectorAll("main").forEach((node) => { node.hidden = node !== main; node.querySelectorAll(".body").forEach((body) => body.replaceChildren()); });
    document.querySelectorAll(".nav").forEach((link) => link.classList.toggle("here", link.dataset.goto === current));
    wall.fit();
    tiles = Array.from(main.querySelectorAll("[data-tile]")).filter((root) => root.offsetParent !== null).map(function (root) {
      const body = root.querySelector(":scope > .body"), kind = wall.kinds[root.dataset.kind];
      return { id: root.dataset.tile, root, body, kind, fresh: root.querySelector(".fresh"), marks: root.querySelector(".marks"), tools: kind.mount(body) };
    });
    set(document.getElementById("language"), wall.english() ? "中文" : "EN");
    document.title = wall.pick(wall.city.heading) + " · " + wall.pick(wall.city.screens[current].title);
  }
  function drawSnapshot() {
    for (const tile of tiles) {
      const part = last.tiles[tile.id];
      if (!part) continue;
      tile.kind.draw(tile.tools, part.data, tile.body, last.at);
      freshness(tile, part.fresh);
    }
    tags(document.getElementById("marks"), last.marks, true);
  }
  function drawPulse(pulse) { for (const tile of tiles) if (tile.kind.pulse) tile.kind.pulse(tile.tools, pulse, tile.body); }
  /* Draw everything anew: another size, another language. */
  wall.rebuild = function () {
    if (!current) return;
    build();
    if (last && last.screen === current) { drawSnapshot(); seed(); }
    clock();
  };
  function seed() {
    const list = Object.values(last.tiles).map((tile) => tile.data.events).find((events) => Array.isArray(events) && events.length && events[0].id);
    const map = tiles.find((tile) => tile.kind === wall.kinds.map);
    if (list && map) map.kind.pulse(map.tools, { list, at: last.at });
  }
  wall.show = function (name) {
    if (!wall.city.screens[name] || name === current) return;
    current = name; last = null; lastPulse = null;
    const url = new URL(location.href);
    url.pathname = "/" + name;
    if (url.href !== location.href) history.pushState(null, "", url);
    build();
    wall.follow(name);
  };
  window.addEventListener("popstate", () => wall.show(fromPath()));
  function fromPath() { const name = location.pathname.slice(1); return wall.city.screens[name] ? name : Object.keys(wall.city.screens)[0]; }

  function hear(message) {
    if (message.at > at || message.at < at - 5000) { at = message.at; moved = performance.now(); }
    outage = message.outage;
    wall.snapshotAt = at;
    clock();
  }
  /* The clock is the server's; it stands still when nothing comes, and the badge beside it counts. */
  function clock() {
    const node = document.getElementById("clock"), age = document.getElementById("age");
    if (!node || !wall.city || !current) return;
    const quiet = moved ? (performance.now() - moved) / 1000 : performance.now() / 1000;
    if (!node.firstChild) node.append(el("small"), el("span"));
    if (at) { set(node.firstChild, wall.date(at) + (wall.english() ? " " : " 周") + wall.weekday(at)); set(node.lastChild, wall.time(at)); }
    const old = quiet > 3;
    age.classList.toggle("old", old || !!outage);
    set(age, !at ? wall.t("waiting") : old ? wall.t("frozen", { s: Math.floor(quiet) }) : outage ? wall.t("frozen", { s: outage.since ? Math.floor((at - outage.since) / 1000) : 0 }) : "● " + wall.t("liveNow"));
    const lost = quiet > 5;
    document.documentElement.classList.toggle("away", lost || !!outage);
    if (lost) set(document.getElementById("outage"), wall.t("lost", { s: wall.span(quiet) }));
    else if (outage) set(document.getElementById("outage"), wall.t("storeLost", { t: outage.since ? wall.time(outage.since) : "–", s: outage.since ? wall.span((at - outage.since) / 1000) : "–" }));
  }
  setInterval(clock, 500);

  async function begin(names) {
    if (location.pathname === "/desk") { wall.desk.begin(names); return; }
    wall.city = names;
    const text = JSON.stringify([names.areas, names.kinds, names.departments, names.heading]) + document.body.textContent + "0123456789●▲◆■○✓ⅠⅡⅢⅣ";
    try { await Promise.race([Promise.all([document.fonts.load("600 16px 'Noto Sans SC Variable'", text), document.fonts.load("16px 'Noto Sans SC Variable'", text)]), new Promise((done) => setTimeout(done, 4000))]); } catch (error) { /* charts fall back to another font */ }
    document.getElementById("language").onclick = () => wall.language(wall.english() ? "zh-CN" : "en");
    document.querySelectorAll(".nav").forEach((link) => { link.onclick = (event) => { event.preventDefault(); wall.show(link.dataset.goto); }; });
    wall.fit();
    wall.show(fromPath());
    document.getElementById("stage").classList.add("ready");
  }
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.wall = {
    names(data) { if (data && !wall.city) begin(data); },
    snapshot(data) {
      if (!data || data.screen !== current) return;
      const first = !last;
      last = data;
      hear(data); drawSnapshot();
      if (first) seed();
    },
    pulse(data) { if (!data || !last) return; hear(data); drawPulse(data); },
  };
})(window.wall);
