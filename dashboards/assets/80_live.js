/* The socket: opened again after whatever happened, and honest about the time in between. */
(function (wall) {
  "use strict";
  const QUIET_MS = 10000, SIGNED_OUT = 4401, NIGHT_HOUR = "04", LONG_MS = 20 * 3600 * 1000;
  const started = performance.now();
  let socket = null, screen = null, boot = null, heard = 0, wait = 0, generation = 0;

  function open() {
    const mine = ++generation;
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const current = (socket = new WebSocket(scheme + location.host + "/live/" + screen));
    const opened = performance.now();
    const dog = setInterval(function () { if (performance.now() - Math.max(heard, opened) > QUIET_MS) current.close(); }, 2000);
    current.onmessage = function (event) {
      if (mine !== generation) return;
      const message = JSON.parse(event.data);
      heard = performance.now(); wait = 0;
      if (boot && boot !== message.boot) { location.reload(); return; }
      boot = message.boot;
      try { dash_clientside.set_props(message.type, { data: message }); } catch (error) { /* the page is not mounted yet; the next message is due in a moment */ }
    };
    current.onclose = function (event) {
      clearInterval(dog);
      if (mine !== generation) return;
      if (event.code === SIGNED_OUT) { location.reload(); return; }   // the server leads to sign-in
      wait = Math.min(5000, wait ? wait * 1.5 : 500);
      setTimeout(function () { if (mine === generation) open(); }, wait * (0.7 + 0.6 * Math.random()));
    };
  }
  /* Follow another screen; the one before is let go. */
  wall.follow = function (name) {
    if (screen === name && socket && socket.readyState <= 1) return;
    screen = name;
    const before = socket;
    open();
    if (before) before.close();
  };
  wall.heard = () => heard;

  /* A page that never got its layout, or has run for a day, is loaded again, but only while the server answers. */
  function reload() { fetch("/healthz", { cache: "no-store" }).then((answer) => { if (answer.ok) location.reload(); }).catch(function () {}); }
  setInterval(function () {
    const age = performance.now() - started;
    if (!wall.city && age > 20000) reload();
    if (wall.city && wall.snapshotAt && age > LONG_MS && wall.time(wall.snapshotAt).startsWith(NIGHT_HOUR)) reload();
  }, 15000);
})(window.wall);
