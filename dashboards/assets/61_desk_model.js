/* The desk's list as data: rows as the server tells them, and what of them is to be seen, in which order. */
(function (wall) {
  "use strict";
  const desk = wall.desk;
  const rows = new Map();           // id → row, open alerts
  let closed = [];                  // rows of closed alerts, read when asked for
  const sent = new Map();           // id → {what, at, state: sent | unsure | refused, why, expected}
  const marked = new Set(), unfolded = new Set();
  const filters = { levels: new Set(), unacknowledged: false, mine: false, muted: true, pending: false, grouped: true, closed: false, theme: "", text: "", oldest: false };
  let items = [], stale = true, session = null, people = new Map();
  desk.rows = rows; desk.filters = filters; desk.sent = sent; desk.marked = marked; desk.unfolded = unfolded;
  desk.session = () => session;
  desk.setSession = (given) => { session = given; people = new Map(given.people.map((one) => [one.name, one])); };
  /* What people are called; who has left, or acts from elsewhere, by the account's name. */
  desk.people = () => people;
  desk.person = (name) => (people.has(name) ? people.get(name).title : name);
  desk.setClosed = (given) => { closed = given; stale = true; };
  desk.closedCount = () => closed.length;
  desk.closedRow = (id) => closed.find((row) => row.id === id);
  desk.touch = () => { stale = true; };
  /* Somebody has to take it: it fires, and nothing keeps it quiet. */
  desk.unheard = (row) => row.state === "firing" && !row.mutes.length;
  desk.isRed = (row) => row.level === 4 && desk.unheard(row);

  /* Returns ids that were not there before. */
  desk.take = function (message) {
    const news = [];
    if (message.type === "whole") rows.clear();
    for (const row of message.rows) {
      const before = rows.get(row.id);
      if (!before) news.push(row.id);
      else if (before.v > row.v) continue;
      row.haystack = before ? before.haystack : null;
      rows.set(row.id, row);
    }
    for (const id of message.removed || []) rows.delete(id);
    stale = true;
    return news;
  };

  function haystack(row) {
    if (!row.haystack) row.haystack = [row.id, row.rule, row.title[0], row.title[1], row.subject, desk.place(row.area), row.area].join(" ").toLowerCase();
    return row.haystack + " " + (row.owner ? row.owner + " " + desk.person(row.owner) : "").toLowerCase();
  }
  function matcher() {
    const words = filters.text.toLowerCase().split(/\s+/).filter(Boolean), me = session && session.user;
    return (row) => (!filters.levels.size || filters.levels.has(row.level))
      && (filters.pending || row.state !== "pending") && (!filters.unacknowledged || desk.unheard(row))
      && (filters.muted || !row.mutes.length) && (!filters.mine || row.owner === me) && (!filters.theme || row.theme === filters.theme)
      && (!words.length || words.every((word) => haystack(row).includes(word)));
  }
  /* By level and age alone: a row stays where it is while somebody works on it. */
  function compare(one, other) {
    return other.level - one.level || (filters.oldest ? one.opened - other.opened : other.opened - one.opened) || (one.id < other.id ? -1 : 1);
  }
  /* What the list shows: {row} for an alert, {group, rows, row: its worst} for an incident of several. */
  desk.items = function () {
    if (!stale) return items;
    const wanted = matcher();
    const found = (filters.closed ? closed : Array.from(rows.values())).filter(wanted);
    if (filters.closed) found.sort((one, other) => other.updated - one.updated); else found.sort(compare);
    items = filters.grouped && !filters.closed ? grouped(found) : found.map((row) => ({ row }));
    stale = false;
    return items;
  };
  function grouped(found) {
    const groups = new Map();
    for (const row of found) if (row.incident) { const group = groups.get(row.incident); if (group) group.push(row); else groups.set(row.incident, [row]); }
    const out = [];
    for (const row of found) {
      const group = row.incident ? groups.get(row.incident) : null;
      if (!group || group.length < 2) { out.push({ row }); continue; }
      if (face(group) !== row) continue;                    // the worst real one stands for all
      const open = unfolded.has(row.incident);
      out.push({ row, group: row.incident, rows: group, open });
      if (open) for (const one of group) out.push({ row: one, child: row.incident });
    }
    return out;
  }
  /* Of what is simulated, replayed or an exercise nothing hides what is real. */
  const face = (group) => group.find((row) => row.origin === "live") || group[0];
  desk.key = (item) => (item.group ? "g:" + item.group : item.row.id);
  desk.counts = function () {
    const counts = [0, 0, 0, 0, 0];
    let waiting = 0;
    for (const row of rows.values()) if (row.state !== "pending") { counts[row.level]++; if (desk.unheard(row)) waiting++; }
    return { counts, waiting, all: rows.size };
  };
})(window.wall);
