/* What an action is for: the alert that is shown, or the ones that are marked; never both. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const ACTS = ["acknowledge", "assign", "comment", "resolve", "more"];
  let parts = null;

  const newest = (id) => desk.rows.get(id) || desk.closedRow(id);
  desk.waits = (row) => row.state === "firing" || row.state === "pending";
  desk.markedRows = () => Array.from(desk.marked, newest).filter(Boolean);
  /* A folded incident stands for all its alerts, anything else for itself. */
  const meant = (item) => (item.group && !item.open ? item.rows : [newest(item.row.id) || item.row]);
  /* What the buttons beside an open alert act on; marks have no say in it. */
  desk.shown = function () {
    const id = desk.opened(), item = desk.current(), data = desk.openedData();
    if (!id) return [];
    if (item && meant(item).some((row) => row.id === id)) return meant(item);
    const row = newest(id) || (data && data.alert);
    return row ? [row] : [];
  };
  /* What a key acts on: the marked ones, else what is selected in the list. */
  desk.targets = function () {
    const marked = desk.markedRows(), item = desk.current();
    return marked.length ? marked : item ? meant(item) : [];
  };
  desk.forCount = (name, count) => desk.action(name) + (count > 1 ? " " + desk.t("items", { n: count }) : "");

  /* The bar over the list, for as long as alerts are marked: it says that keys act on these. */
  function build(box) {
    parts = { said: el("b"), buttons: el("span", "acts") };
    for (const name of ACTS) {
      const button = el("button"); button.dataset.act = name;
      button.onclick = () => desk.act(name, desk.markedRows());
      parts.buttons.append(button);
    }
    const none = el("button", "none"); none.onclick = desk.unmark;
    parts.none = none;
    box.append(parts.said, parts.buttons, none);
  }
  desk.unmark = function () { desk.marked.clear(); desk.draw(); };
  desk.drawMarked = function () {
    const box = document.getElementById("desk-marked"), rows = desk.markedRows();
    box.hidden = !rows.length;
    if (box.hidden) return;
    if (!parts) build(box);
    const listed = new Set(desk.items().flatMap((item) => (item.group ? item.rows : [item.row])).map((row) => row.id));
    const unseen = rows.filter((row) => !listed.has(row.id)).length;
    set(parts.said, desk.t("selected", { n: rows.length }) + (unseen ? desk.t("unseen", { n: unseen }) : ""));
    for (const button of parts.buttons.children) {
      const name = button.dataset.act, count = name === "acknowledge" ? rows.filter(desk.waits).length : rows.length;
      set(button, name === "more" ? desk.action(name) : desk.forCount(name, count));
      button.disabled = !count || (name !== "more" && !desk.allowedByRole(name));
    }
    set(parts.none, desk.t("unmark"));
  };
})(window.wall);
