/* The list: only the rows that can be seen are elements; what comes in above them does not move them. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const pool = [];
  let list, space, height = 56, selected = "", place = 0, asked = 0, empty, firstKey = "", above = 0;

  desk.mountList = function () {
    list = document.getElementById("desk-list"); space = document.getElementById("desk-space");
    empty = el("div", "empty"); empty.append(el("b", "", "◌"), el("span")); list.append(empty);
    list.addEventListener("scroll", later, { passive: true });
    list.addEventListener("click", function (event) {
      const node = event.target.closest(".dk-row");
      if (!node) return;
      const item = desk.items()[Number(node.dataset.index)];
      if (!item) return;
      if (event.ctrlKey || event.metaKey) { desk.mark(item); return; }
      const again = desk.key(item) === selected;
      desk.select(desk.key(item), false);
      if (item.group && again) desk.unfold(item);
      document.documentElement.classList.add("dk-open");
    });
    new ResizeObserver(() => desk.draw()).observe(list);
    document.querySelector("#desk-count").addEventListener("click", (event) => { if (event.target.className === "new") { list.scrollTop = 0; desk.draw(); } });
  };
  function make() {
    const node = el("div", "dk-row"), what = el("span", "what"), parts = {};
    node.setAttribute("role", "option");
    parts.lv = el("span", "lv"); parts.age = el("span", "age"); parts.title = el("b"); parts.under = el("span"); parts.marks = el("span", "marks"); parts.st = el("span", "st"); parts.who = el("span", "who");
    what.append(parts.title, parts.under);
    node.append(parts.lv, parts.age, what, parts.marks, parts.st, parts.who);
    space.append(node);
    return { node, parts, at: -1 };
  }
  function fill(slot, item, index, now) {
    const node = slot.node, here = desk.key(item) === selected, name = desk.rowClass(item, now) + (here ? " here" : "");
    if (node.className !== name) node.className = name;
    if (slot.at !== index) { node.style.transform = "translateY(" + index * height + "px)"; slot.at = index; node.dataset.index = index; }
    node.dataset.id = item.row.id;
    node.setAttribute("aria-selected", here);
    desk.fillRow(slot.parts, item, now);
  }
  function later() { if (!asked) asked = requestAnimationFrame(function () { asked = 0; desk.draw(); }); }
  desk.later = later;
  /* Put the first visible row back where it was after rows came or went above it. */
  function anchor(items) {
    if (!firstKey || list.scrollTop < height) { above = 0; return; }
    const index = items.findIndex((item) => desk.key(item) === firstKey.key);
    if (index < 0) return;
    const moved = (index - firstKey.index) * height;
    if (moved) { list.scrollTop += moved; if (moved > 0) above += moved / height; }
  }
  desk.draw = function () {
    if (!list) return;
    keep();
    const items = desk.items(), now = desk.now();
    height = Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 3.5);
    const full = items.length * height + "px";
    if (space.style.height !== full) space.style.height = full;
    anchor(items);
    const top = list.scrollTop, first = Math.max(0, Math.floor(top / height) - 3), last = Math.min(items.length, Math.ceil((top + list.clientHeight) / height) + 3);
    while (pool.length < last - first) pool.push(make());
    pool.forEach(function (slot, index) {
      const shown = index < last - first;
      if (slot.node.hidden === shown) slot.node.hidden = !shown;
      if (shown) { if (slot.height !== height) { slot.at = -1; slot.height = height; } fill(slot, items[first + index], first + index, now); }
    });
    const seen = Math.min(items.length - 1, Math.max(0, Math.floor(top / height)));
    firstKey = items.length ? { key: desk.key(items[seen]), index: seen } : "";
    empty.hidden = items.length > 0;
    if (!items.length) set(empty.lastChild, desk.ready() ? desk.t(desk.rows.size ? "none" : "noneOpen") + scope() : desk.t("loading"));
    count(items);
    desk.drawMarked();
  };
  /* Somebody who sees a part is told so: nothing there is not nothing at all. */
  function scope() { const session = desk.session(); return session && (session.departments.length || session.areas.length) ? desk.t("inScope") : ""; }
  function count(items) {
    const box = document.getElementById("desk-count"), sums = desk.counts();
    let alerts = 0;
    for (const item of items) alerts += item.group ? (item.open ? 0 : item.rows.length) : 1;
    const closed = desk.filters.closed, total = closed ? desk.closedCount() : sums.all;
    const words = [desk.t(closed ? "shownClosed" : "shown", { n: wall.int(alerts), all: wall.int(total) }) + scope(), desk.t("waiting", { n: wall.int(sums.waiting) })];
    const rowsAbove = list.scrollTop > height ? Math.round(above) : 0;
    if (rowsAbove) words.push(desk.t("above", { n: rowsAbove }));
    const nodes = wall.fill(box, words.length, () => el("span"));
    words.forEach((word, index) => { set(nodes[index], word); nodes[index].className = rowsAbove && index === words.length - 1 ? "new" : ""; });
    document.querySelectorAll(".dk-level").forEach(function (node) { const rank = Number(node.dataset.level); set(node.querySelector("b"), wall.int(sums.counts[rank])); node.classList.toggle("on", desk.filters.levels.has(rank)); node.title = desk.level(rank); });
  }
  desk.current = () => listed(selected) || null;
  const listed = (key) => desk.items().find((item) => desk.key(item) === key);
  /* What is selected stays selected when an incident forms around it, or is left with one. */
  function keep() {
    if (!selected || listed(selected)) return;
    const row = desk.rows.get(selected), incident = row ? row.incident : selected.startsWith("g:") ? selected.slice(2) : "";
    if (row && listed("g:" + incident)) { desk.unfolded.add(incident); desk.touch(); }
    else if (!row && incident) { const left = desk.items().find((item) => item.row.incident === incident); if (left) selected = desk.key(left); }
  }
  desk.select = function (key, reveal) {
    selected = key;
    keep();
    const index = desk.items().findIndex((item) => desk.key(item) === selected);
    if (index >= 0) place = index;
    if (reveal !== false) show(index);
    desk.draw();
    desk.openDetail();
  };
  /* Open the alert of a link: in the list where that shows it, else beside it. */
  desk.goTo = function (id) {
    if (desk.rows.has(id)) desk.select(id);
    if (!desk.current()) { selected = ""; desk.openAlert(id); }
    document.documentElement.classList.add("dk-open");
  };
  /* What the person has filtered away is not open any more. */
  desk.dropHidden = function () {
    if (selected && !desk.current()) { selected = ""; desk.closeDetail(); desk.draw(); }
  };
  function show(index) {
    if (index < 0) return;
    const top = index * height;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    firstKey = "";
  }
  desk.move = function (step) {
    const items = desk.items();
    if (!items.length) return;
    const at = items.findIndex((item) => desk.key(item) === selected);
    /* The one that was selected may be gone by now: its neighbours have moved up to its place. */
    const from = at >= 0 ? at : selected ? place - (step > 0 ? 1 : 0) : -1;
    const next = Math.max(0, Math.min(items.length - 1, from + step));
    desk.select(desk.key(items[next]));
  };
  desk.page = () => Math.max(1, Math.floor(list.clientHeight / height) - 1);
  desk.mark = function (item) {
    for (const row of item.group ? item.rows : [item.row]) if (!desk.marked.delete(row.id)) desk.marked.add(row.id);
    desk.draw();
  };
  desk.unfold = function (item, open) {
    const incident = item.group || item.child;
    if (!incident) return false;
    const wanted = open === undefined ? !desk.unfolded.has(incident) : open;
    if (wanted === desk.unfolded.has(incident)) return false;
    if (wanted) desk.unfolded.add(incident); else desk.unfolded.delete(incident);
    if (!wanted) selected = "g:" + incident;
    desk.touch(); desk.draw();
    return true;
  };
})(window.wall);
