/* The desk's socket, clock and honesty; the wall's page starts it where its address is /desk. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set, root = document.documentElement;
  const QUIET_MS = 10000, SIGNED_OUT = 4401;
  const early = [];              // what came before the page had its layout
  let socket = null, version = null, heard = 0, wait = 0, at = 0, moved = 0, outage = null, ready = false, out = false, names = null, link = new URLSearchParams(location.search).get("alert") || "";
  desk.on = false;
  desk.ready = () => ready;
  desk.now = () => (at ? at + (performance.now() - moved) : Date.now());
  desk.figures = { first: 0, updates: [] };       // how long drawing took, for whoever measures

  function open() {
    const scheme = location.protocol === "https:" ? "wss://" : "ws://", current = (socket = new WebSocket(scheme + location.host + "/desk/live")), opened = performance.now();
    const dog = setInterval(function () { if (performance.now() - Math.max(heard, opened) > QUIET_MS) current.close(); }, 2000);
    current.onmessage = function (event) {
      if (current !== socket) return;
      const started = performance.now(), message = JSON.parse(event.data);
      heard = started; wait = 0;
      /* A page of another release is loaded anew, but not under the hands of somebody who writes; after a mere restart this one goes on. */
      if (version && version !== message.version && !desk.dialogOpen()) { location.reload(); return; }
      version = version || message.version; desk.waitsOf = message.waits; at = message.at; moved = started; outage = message.outage; ready = message.ready;
      if (message.type === "pulse") return;
      if (message.type === "whole" && desk.session()) me();   // the token of this session may be another after a restart
      if (desk.on) take(message, started); else early.push(message);
    };
    current.onclose = function (event) {
      clearInterval(dog);
      if (current !== socket) return;
      if (event.code === SIGNED_OUT) { desk.signedOut(); return; }
      wait = Math.min(5000, wait ? wait * 1.5 : 400);
      setTimeout(open, wait * (0.7 + 0.6 * Math.random()));
    };
  }
  function take(message, started) {
    const changed = message.rows.map((row) => row.id).concat(message.removed || []);
    desk.take(message);
    desk.settle(changed);
    desk.refreshDetail(message.type === "whole" ? null : changed);
    if (link && ready) { const wanted = link; link = ""; desk.goTo(wanted); }
    desk.draw();
    desk.sound();
    const took = performance.now() - started;
    if (!desk.figures.first && ready) { desk.figures.first = performance.now(); desk.figures.whole = took; } else { desk.figures.updates.push(took); if (desk.figures.updates.length > 500) desk.figures.updates.shift(); }
  }
  /* The open alert is in the address, for a reload and for whoever is sent the link. */
  desk.address = function (id) {
    const url = new URL(location.href);
    if (id === (url.searchParams.get("alert") || "")) return;
    if (id) url.searchParams.set("alert", id); else url.searchParams.delete("alert");
    history.replaceState(null, "", url);
  };
  desk.signedOut = function () { if (!out) { out = true; band(); setTimeout(() => { location.href = "/login?next=" + encodeURIComponent(location.pathname + location.search); }, 2500); } };

  async function signOut() {
    try { await desk.post("/logout"); } catch (error) { /* the page that follows tells */ }
    location.href = "/login";
  }
  function band() {
    const box = document.getElementById("desk-band"), quiet = (performance.now() - (heard || 0)) / 1000;
    const lost = quiet > 5, bad = out ? desk.t("signIn") : lost ? desk.t("lost", { s: wall.span(quiet) }) : outage ? desk.t("storeLost", { t: outage.since ? wall.time(outage.since) : "–" }) : "";
    root.classList.toggle("dk-away", !!bad);
    box.hidden = !bad && !desk.hint; box.className = bad ? "" : "hint"; box.id = "desk-band";
    set(box, bad || desk.hint || "");
    const age = document.getElementById("desk-age");
    age.classList.toggle("old", !!bad || quiet > 3);
    set(age, !at ? wall.t("waiting") : quiet > 3 ? wall.t("frozen", { s: Math.floor(quiet) }) : bad ? wall.t("frozen", { s: outage && outage.since ? Math.floor((at - outage.since) / 1000) : 0 }) : "● " + wall.t("liveNow"));
    if (at) set(document.getElementById("desk-clock"), wall.time(quiet > 3 ? at : desk.now()));
  }
  function tick() { if (!desk.on) return; desk.sound(); desk.showWaits(); band(); if (!document.hidden) { desk.draw(); desk.refreshAges(); } }
  desk.refreshAges = function () { const data = desk.opened(); if (data) desk.refreshHead(); };
  function size() {
    const W = window.innerWidth, H = window.innerHeight, phone = W < 760;
    const k = phone ? 1 : Math.max(0.82, Math.min(W / 1920, H / 1080));
    wall.scale = 1;
    root.style.fontSize = (phone ? 15 : 16 * k) + "px";
    root.classList.toggle("dk-phone", phone); root.classList.toggle("dk-narrow", !phone && W / k < 1800);
    root.classList.remove("phone", "wide", "ultra");
  }
  function rebuild() {
    size(); desk.wordsAgain(); desk.rebuildDetail(); desk.touch(); desk.draw(); who(); desk.sound(); desk.showWaits(); band();
    document.title = wall.pick(names.heading) + " · " + (wall.english() ? "Duty desk" : "值班台");
  }
  function who() {
    const session = desk.session(), box = document.getElementById("desk-user");
    box.replaceChildren();
    if (!session) return;
    box.append(el("b", "", session.title), " ", wall.pick(session.role_title));
    const part = session.departments.map((name) => wall.title("departments", name)).concat(session.areas.map((code) => desk.place(code))).join("、");
    if (part) box.append(el("i", "", " · " + part));
  }
  desk.begin = async function (given) {
    names = wall.city = given;
    desk.on = true; heard = heard || performance.now();
    root.classList.add("desk");
    document.getElementById("desk").hidden = false;
    desk.mountKeys(); desk.mountList();
    document.getElementById("desk-out").onclick = signOut;
    wall.rebuild = rebuild;
    rebuild();
    for (const message of early.splice(0)) take(message, performance.now());
    document.getElementById("desk-list").focus({ preventScroll: true });
    setInterval(tick, 1000);
    /* A canvas does not draw again when a slice of the font arrives. */
    const text = desk.allWords() + JSON.stringify([names.areas, names.themes, names.departments]);
    try { await document.fonts.load("16px 'Noto Sans SC Variable'", text); await document.fonts.load("600 16px 'Noto Sans SC Variable'", text); desk.repaint(); } catch (error) { /* another font */ }
  };
  async function me() {
    try { desk.setSession(await desk.ask("/desk/api/me")); } catch (error) { if (!out) setTimeout(me, 2000); return; }
    if (desk.on) { who(); desk.touch(); desk.draw(); desk.refreshDetail(null); }
  }
  /* The list comes while the page is still being put together. */
  if (location.pathname === "/desk") { open(); me(); }
})(window.wall);
