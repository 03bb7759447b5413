/* The tile of warnings: open alerts by level, who waits, the worst of them; red calls across the room. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;
  const NUMERALS = ["", "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ"];
  const WIDE = 700, BROAD = 1300, LINE = 34, PAIR = 46, PHONE_ROWS = 6, BEAT_MS = 2000;

  function where(row) {
    if (row.area) return wall.place(row);
    return row.theme === "platform" ? wall.t("platform") : wall.title("themes", row.theme);
  }
  function fill(node, row, at) {
    const [level, what, state, age, place] = node.children;
    const told = row.muted ? "quiet" : row.state === "firing" ? "waiting" : "taken";
    node.className = "al-row lv" + row.level + " " + told + (row.origin === "exercise" ? " drill" : "");
    set(level, NUMERALS[row.level]); set(state, wall.t(told === "waiting" ? "forAction" : told)); set(age, wall.age((at - row.opened) / 1000)); set(place, where(row));
    what.replaceChildren();
    if (row.origin !== "live") what.append(el("span", "tag " + row.origin, wall.mark(row.origin)));
    what.append(wall.pick(row.title));
  }
  /* In the heading, which is the tile's largest face: how many red ones wait. */
  function call(tools, data, at) {
    /* The beat comes with the data: no animation that draws a large wall without end, and none of old data. */
    tools.root.classList.toggle("beat", Math.floor(at / BEAT_MS) % 2 === 1);
    const test = !data.red && data.red_tests > 0;
    tools.root.classList.toggle("alarm", data.red > 0);
    tools.root.classList.toggle("alarm-test", test);
    set(tools.call, data.red ? wall.t("redWaits", { n: data.red }) : test ? wall.t("redTest", { n: data.red_tests }) : "");
  }
  function room(body) {
    if (document.documentElement.classList.contains("phone")) return PHONE_ROWS;
    const lines = Math.max(1, Math.floor((body.clientHeight - 16) / (body.clientWidth < WIDE ? PAIR : LINE)));
    return body.clientWidth < BROAD ? lines : 2 * lines;
  }
  function foot(data, unseen) {
    const parts = [wall.t("waitingN", { n: data.waiting })];
    if (data.quiet) parts.push(wall.t("quietN", { n: data.quiet }));
    if (data.exercises) parts.push(wall.t("drillsN", { n: data.exercises }));
    if (unseen > 0) parts.push(wall.t("unseenN", { n: unseen }));
    return parts;
  }
  wall.kind("alerts", {
    words: { none: "alertsUnknown", stale: "alertsOld" },
    mount(body) {
      const root = body.parentElement, head = root.querySelector(":scope > .head");
      let said = head.querySelector(".al-call");
      if (!said) { said = el("b", "al-call"); head.children[0].after(said); }
      const box = el("div", "alerts"), side = el("div", "al-side"), counts = el("div", "al-counts"), sums = el("div", "al-sums"), list = el("div", "al-list"), clear = el("div", "al-clear");
      const levels = [4, 3, 2, 1].map(function (level) {
        const cell = el("div", "al-level lv" + level), n = el("b");
        cell.append(el("i", "", NUMERALS[level]), n, el("small", "", wall.list("colours")[level - 1])); counts.append(cell); return { cell, n };
      });
      side.append(counts, sums); clear.append(el("b", "", "✓"), el("span", "", wall.t("noAlerts"))); box.append(side, list, clear); body.append(box);
      return { root, call: said, levels, sums, list, clear };
    },
    draw(tools, data, body, at) {
      call(tools, data, at);
      data.levels.forEach(function (n, index) { const level = tools.levels[index]; set(level.n, wall.short(n)); level.cell.classList.toggle("none", !n); });
      const shown = data.rows.slice(0, room(body));
      const rows = wall.fill(tools.list, shown.length, function () { const row = el("div"); for (const part of ["al-lv", "al-what", "al-state", "al-age", "al-where"]) row.append(el("span", part)); return row; });
      shown.forEach((row, index) => fill(rows[index], row, at));
      tools.clear.hidden = shown.length > 0; tools.list.hidden = !shown.length;
      const sums = foot(data, data.open + data.exercises - shown.length), nodes = wall.fill(tools.sums, sums.length, () => el("span"));
      sums.forEach((text, index) => set(nodes[index], text));
      tools.sums.classList.toggle("some", data.waiting > 0);
    },
  });
})(window.wall);
