/* The sound of a red alert: three rising tones, repeated every 30 s until somebody acknowledges. Made, not loaded. */
(function (wall) {
  "use strict";
  const desk = wall.desk, EVERY_MS = 30000;
  let context = null, rung = -Infinity, muted = localStorage.getItem("desk-muted") === "1";
  const heard = new Set();
  desk.rings = 0;
  desk.locked = () => !context || context.state !== "running";
  desk.quiet = () => muted;
  desk.unlock = function () {
    try { if (!context) context = new AudioContext(); if (context.state === "suspended") context.resume().then(desk.showSound, function () {}); } catch (error) { /* a machine without sound */ }
  };
  function tone(at, pitch, length) {
    const swing = context.createOscillator(), gain = context.createGain();
    swing.type = "triangle"; swing.frequency.value = pitch;
    gain.gain.setValueAtTime(0, at); gain.gain.linearRampToValueAtTime(0.5, at + 0.02); gain.gain.setValueAtTime(0.5, at + length - 0.05); gain.gain.linearRampToValueAtTime(0, at + length);
    swing.connect(gain); gain.connect(context.destination); swing.start(at); swing.stop(at + length);
  }
  function ring() {
    desk.rings += 1; rung = performance.now();
    const start = context.currentTime + 0.03;
    for (let turn = 0; turn < 2; turn++) [660, 880, 1175].forEach((pitch, index) => tone(start + turn * 0.85 + index * 0.22, pitch, 0.2));
  }
  function reds() { const found = []; for (const row of desk.rows.values()) if (desk.isRed(row)) found.push(row.id); return found; }
  /* Called with every change and every second. */
  desk.sound = function () {
    const waiting = reds(), fresh = waiting.some((id) => !heard.has(id));
    if (waiting.length && !muted && !desk.locked() && (fresh || performance.now() - rung > EVERY_MS)) { ring(); for (const id of waiting) heard.add(id); }
    desk.showSound(waiting.length);
  };
  desk.muteSound = function () { muted = !muted; localStorage.setItem("desk-muted", muted ? "1" : "0"); desk.sound(); };
  desk.showSound = function (given) {
    const tool = document.querySelector('[data-tool="sound"]'), waiting = typeof given === "number" ? given : reds().length;
    tool.classList.toggle("off", muted); tool.classList.toggle("warn", !muted && desk.locked());
    wall.set(tool.querySelector(".dk-badge"), muted ? desk.t("soundOff") : desk.locked() ? "?" : waiting ? "♪ " + waiting : "♪");
    tool.title = !muted && desk.locked() ? desk.t("locked") : "";
    desk.hint = !muted && desk.locked() ? desk.t("locked") + (waiting ? " · " + desk.t("ringing", { n: waiting }) : "") : "";
  };
})(window.wall);
