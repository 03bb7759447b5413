/* A row of the list: one alert, or a folded incident, which must not look calmer or less real than any of its alerts. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const LATE_MS = 600000;          // after that long somebody should have taken it

  const rowsOf = (item) => item.rows || [item.row];
  const still = (row) => row.mutes.length > 0 || row.state === "pending";
  /* Real ones are not marked by what is simulated beside them; that there is some is said apart. */
  function origins(rows) {
    const others = Array.from(new Set(rows.map((row) => row.origin))).filter((origin) => origin !== "live");
    if (!others.length) return [];
    if (rows.some((row) => row.origin === "live")) return [["mixed", desk.t("some", { what: others.map((origin) => wall.t(origin)).join("/") }), ""]];
    return others.map((origin) => [origin, wall.mark(origin), ""]);
  }
  function tags(box, item) {
    const rows = rowsOf(item), mutes = rows.every(still) ? item.row.mutes : [], wanted = origins(rows), step = Math.max(...rows.map((row) => row.step));
    if (mutes.length) wanted.push(["mute", desk.t(mutes[0][0]), mutes.map((mute) => mute[wall.english() ? 3 : 2]).join("; ")]);
    if (step) wanted.push(["step", "↑" + step, desk.t("escalatedTimes", { n: step })]);
    const nodes = wall.fill(box, wanted.length, () => el("span"));
    wanted.forEach(function (tag, index) { nodes[index].className = "tag " + tag[0]; set(nodes[index], tag[1]); if (nodes[index].title !== tag[2]) nodes[index].title = tag[2]; });
  }
  /* What the row says of its state: [class, words]; what waits in an incident comes before what was taken. */
  function state(item) {
    const row = item.row, rows = rowsOf(item), waiting = rows.filter(desk.unheard).length;
    const tips = rows.map((one) => desk.sent.get(one.id)).filter(Boolean), tip = tips.find((one) => one.state !== "sent") || tips[0];
    if (tip) return [tip.state === "refused" ? "refused" : "sent", desk.t(tip.state)];
    if (waiting) return ["firing", desk.t("firing") + (item.group ? " " + waiting : "")];
    if (row.state === "firing") return ["muted", desk.t("keptQuiet")];
    return [row.closed ? "closed" : row.state, desk.t(row.state)];
  }
  desk.rowClass = function (item, now) {
    const row = item.row, rows = rowsOf(item);
    const loud = rows.filter(desk.unheard), late = loud.some((one) => now - one.opened > LATE_MS);
    return "dk-row lv" + row.level + (loud.length ? " loud" : "") + (late ? " late" : "") + (desk.marked.has(row.id) && !item.group ? " marked" : "")
      + (rows.every(still) ? " quiet" : "") + (rows.every((one) => one.state === "acknowledged") ? " held" : "")
      + (item.group ? " group" + (item.open ? " open" : "") : "") + (item.child ? " child" : "");
  };
  desk.fillRow = function (parts, item, now) {
    const row = item.row, [name, words] = state(item);
    set(parts.lv, desk.NUMERALS[row.level]);
    if (parts.lv.title !== desk.level(row.level)) parts.lv.title = desk.level(row.level);
    set(parts.age, desk.age((row.closed || now) - row.opened));
    set(parts.title, (item.group ? desk.t("group", { n: item.rows.length }) + " · " : "") + wall.pick(row.title));
    set(parts.under, [row.closed ? desk.t("closedAt", { t: desk.when(row.closed) }) : "", desk.place(row.area), row.subject, desk.theme(row.theme)].filter(Boolean).join(" · "));
    tags(parts.marks, item);
    parts.st.className = "st " + name;
    set(parts.st, words);
    set(parts.who, row.owner ? desk.person(row.owner) : "–");
  };
})(window.wall);
