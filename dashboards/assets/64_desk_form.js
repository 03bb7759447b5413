/* What the keys and the buttons do, and the form of what needs words; it stays until the words have arrived. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const LOOKED_AT = 5;

  /* Buttons say what they are for; a key is for what is marked or selected in the list. */
  desk.act = function (name, given) {
    if (name === "silence") { const item = desk.current(); desk.silenceDialog(given ? given.find((row) => row.id === desk.opened()) : item && item.row); return; }
    const rows = given || desk.targets();
    if (!rows.length) { desk.toast(desk.t("notListed"), true); return; }
    const reason = desk.refusal(name, rows);
    if (reason) desk.toast(desk.action(name) + "：" + reason, true);
    else if (name === "more") more(rows);
    else if (name === "acknowledge") desk.command(name, rows.filter(desk.waits));
    else form(name, rows);
  };
  function more(rows) {
    const dialog = desk.dialog(desk.t("more") + (rows.length > 1 ? " · " + desk.t("items", { n: rows.length }) : "")), pane = el("div", "pane");
    const box = el("div", "dk-presets");
    for (const name of ["unacknowledge", "reopen", "merge", "split"]) {
      const button = el("button", "", desk.forCount(name, rows.length));
      button.disabled = !desk.allowedByRole(name);
      button.onclick = function () { desk.closeDialog(); form(name, rows); };
      box.append(button);
    }
    pane.append(box); dialog.append(pane);
    box.querySelector("button:not(:disabled)")?.focus();
  }
  function assignee(node) {
    const input = el("input"), people = el("datalist"); people.id = "desk-people";
    input.setAttribute("list", "desk-people"); input.required = true; input.autocomplete = "off";
    for (const one of desk.people().values()) { const option = el("option", "", one.title + " · " + wall.pick(one.role)); option.value = one.name; people.append(option); }
    node.append(people);
    return input;
  }
  function incident(rows) {
    const input = el("input"), others = rows.map((row) => row.incident).filter(Boolean);
    input.required = true; input.value = rows.length > 1 ? others[0] || "" : "";
    return input;
  }
  /* The fields of an action by name, put into `node`. */
  function fieldsOf(name, node, rows) {
    const fields = {}, area = el("textarea");
    const field = (key, label, input) => { const wrap = el("label", "", label); input.name = key; wrap.append(input); node.append(wrap); fields[key] = input; };
    if (name === "assign") field("assignee", desk.t("assignee"), assignee(node));
    if (name === "merge") field("incident", desk.t("incident"), incident(rows));
    area.required = name === "comment"; area.maxLength = 2000;
    field("comment", desk.t(name === "comment" ? "wordsNeeded" : "words"), area);
    return fields;
  }
  function filled(fields) {
    const details = {};
    for (const key in fields) if (fields[key].value.trim()) details[key] = fields[key].value.trim();
    return details;
  }
  function form(name, rows) {
    const title = rows.length > 1 ? desk.t("forMany", { what: desk.action(name), n: rows.length }) : desk.action(name) + " · " + wall.pick(rows[0].title);
    const dialog = desk.dialog(title), node = el("form"), fields = fieldsOf(name, node, rows), since = el("div", "dk-since"), ends = desk.ends(desk.t("send"));
    let left = rows.slice(), sent = 0;
    since.hidden = true;
    node.append(since, ends);
    node.onsubmit = function (event) {
      event.preventDefault();
      if (ends.button.disabled) return;
      const details = filled(fields), mine = ++sent;
      desk.holdForm(node, ends, true);
      desk.command(name, left, details, (batch) => answered(batch, mine));
    };
    async function answered(batch, mine) {
      if (mine !== sent || !desk.onScreen(node)) { desk.tell(batch); return; }
      left = batch.rows.filter((row) => !batch.done.has(row.id));
      if (!left.length) { desk.closeDialog(); desk.tell(batch); return; }
      const seen = left;
      left = await told(since, seen);
      if (mine !== sent || !desk.onScreen(node)) return;
      desk.holdForm(node, ends, false);
      set(ends.button.firstChild, desk.t("again")); set(ends.said, why(batch));
    }
    dialog.append(node);
    (fields.assignee || fields.incident || fields.comment).focus();
  }
  function why(batch) {
    const refused = Array.from(new Set(batch.refused.values()), (reason) => desk.t("refused") + "：" + desk.reason(reason));
    const unknown = Array.from(new Set(batch.unknown.values()), (reason) => desk.t("notKnown", { why: reason || desk.t("unsure") }));
    const done = batch.done.size ? [desk.t("manyDone", { what: desk.action(batch.action), n: batch.done.size })] : [];
    return done.concat(refused, unknown).join("\n");
  }
  /* Show what happened since the person saw these rows; returns the rows as they are now. */
  async function told(box, rows) {
    const list = el("ul", "dk-steps"), newest = new Map();
    for (const row of rows.slice(0, LOOKED_AT)) {
      try {
        const data = await desk.ask("/desk/api/alerts/" + encodeURIComponent(row.id));
        newest.set(row.id, data.alert);
        for (const step of data.history) if (step.type === "change" && step.version > row.v) list.append(desk.stepLine(step));
      } catch (error) { /* the list's own row must do */ }
    }
    box.replaceChildren(el("h3", "", desk.t("meanwhile")), list);
    box.hidden = !list.children.length;
    const latest = (row) => { const live = desk.rows.get(row.id) || row, read = newest.get(row.id) || live; return read.v > live.v ? read : live; };
    return rows.map(latest);
  }
})(window.wall);
