/* What a person does: questions to the server, commands, and the truth about what became of them. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el;
  const UNSURE_MS = 6000, SHOW_MS = 12000, FIRST_ASK_MS = 900, MOST = 500;
  let watching = 0;

  /* Ask the server for JSON; what goes wrong comes as an error with words for people. */
  desk.ask = async function (path, options) {
    const answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
    let body = null;
    try { body = await answer.json(); } catch (error) { /* no JSON: the status must do */ }
    if (answer.status === 401) desk.signedOut();
    if (!answer.ok) throw new Error((body && (wall.pick(body.words || [body.error, body.error]) || body.error)) || "HTTP " + answer.status);
    return body;
  };
  desk.post = (path, body) => desk.ask(path, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": (desk.session() || {}).csrf || "" }, body: JSON.stringify(body) });

  desk.toast = function (text, bad) {
    const box = document.getElementById("desk-toasts"), node = el("div", bad ? "bad" : "", text);
    box.append(node);
    while (box.children.length > 4) box.firstChild.remove();
    setTimeout(() => node.remove(), bad ? 12000 : 4000);
  };
  /* Send one action on some alerts. A row says "sent" until its change comes back, never more than it knows. */
  desk.command = async function (action, all, details) {
    if (all.length > MOST) { for (let first = 0; first < all.length; first += MOST) await desk.command(action, all.slice(first, first + MOST), details); return; }
    const targets = all;
    const now = performance.now(), mine = new Map();
    for (const row of targets) { const tip = { what: action, at: now, state: "sent", version: row.v, id: "" }; desk.sent.set(row.id, tip); mine.set(row.id, tip); }
    redraw();
    try {
      const commands = targets.map((row) => ({ action, target: row.id, expected: action === "comment" ? null : row.v, details: details || {} }));
      const answer = await desk.post("/desk/api/commands", { commands });
      for (const [target, command] of answer.sent) if (mine.has(target)) mine.get(target).id = command;
      watch();
    } catch (error) {
      for (const [target, tip] of mine) { tip.state = "refused"; tip.why = error.message; tip.at = performance.now(); forget(target, tip); }
      desk.toast(desk.t("failed", { why: error.message }), true);
    }
    redraw();
  };
  desk.allowedByRole = (action) => { const session = desk.session(); return !session || session.actions.includes(action); };
  /* A change of an alert arrived: what was sent for it has been carried out, unless it is another's step. */
  desk.settle = function (changed) {
    if (!desk.sent.size) return;
    let some = false;
    for (const id of changed) { const tip = desk.sent.get(id); if (tip && tip.state !== "refused") some = true; }
    if (some) check();
  };
  function redraw() { desk.later(); desk.refreshDetail(Array.from(desk.sent.keys())); }
  function forget(target, tip) { setTimeout(function () { if (desk.sent.get(target) === tip) { desk.sent.delete(target); redraw(); } }, SHOW_MS); }
  function watch() { if (!watching) watching = setTimeout(check, FIRST_ASK_MS); }
  async function check() {
    clearTimeout(watching); watching = 0;
    const open = Array.from(desk.sent).filter((item) => item[1].id && item[1].state !== "refused");
    if (!open.length) return;
    try {
      const found = await desk.post("/desk/api/outcomes", { ids: open.slice(0, 500).map((item) => item[1].id) });
      for (const [target, tip] of open) {
        const outcome = found.outcomes[tip.id];
        if (!outcome) { if (performance.now() - tip.at > UNSURE_MS) tip.state = "unsure"; continue; }
        if (outcome.outcome === "accepted") { if (desk.sent.get(target) === tip) desk.sent.delete(target); continue; }
        tip.state = "refused"; tip.why = outcome.reason; tip.at = performance.now(); forget(target, tip);
        desk.toast(desk.t("refusedWhy", { what: desk.action(tip.what), why: outcome.reason }), true);
      }
    } catch (error) { /* asked again */ }
    redraw();
    if (Array.from(desk.sent.values()).some((tip) => tip.id && tip.state !== "refused")) watching = setTimeout(check, 1200);
  }

  /* ---- the keys' actions ---- */
  desk.act = function (name) {
    if (name === "silence") { desk.silenceDialog(desk.targets()[0]); return; }
    const targets = desk.targets();
    if (!targets.length) return;
    if (name === "more") { more(targets); return; }
    if (!desk.allowedByRole(name)) { desk.toast(desk.t("notAllowed"), true); return; }
    if (name === "acknowledge") { const open = targets.filter((row) => row.state === "firing" || row.state === "pending"); if (open.length) { desk.command("acknowledge", open); desk.marked.clear(); } return; }
    form(name, targets);
  };
  function more(targets) {
    const dialog = desk.dialog(desk.t("more")), pane = el("div", "pane");
    const box = el("div", "dk-presets");
    for (const name of ["unacknowledge", "reopen", "merge", "split"]) {
      const button = el("button", "", desk.action(name));
      button.disabled = !desk.allowedByRole(name);
      button.onclick = function () { desk.closeDialog(); form(name, targets); };
      box.append(button);
    }
    pane.append(box); dialog.append(pane);
    box.querySelector("button:not(:disabled)")?.focus();
  }
  function form(name, targets) {
    const title = targets.length > 1 ? desk.t("forMany", { what: desk.action(name), n: targets.length }) : desk.action(name) + " · " + wall.pick(targets[0].title);
    const dialog = desk.dialog(title), node = el("form"), fields = {};
    const field = (key, label, input) => { const wrap = el("label", "", label); input.name = key; wrap.append(input); node.append(wrap); fields[key] = input; };
    if (name === "assign") {
      const input = el("input"); input.setAttribute("list", "desk-people"); input.required = true; input.autocomplete = "off";
      const people = el("datalist"); people.id = "desk-people";
      const known = new Set([(desk.session() || {}).user]); for (const row of desk.rows.values()) if (row.owner) known.add(row.owner);
      for (const who of Array.from(known).filter(Boolean).sort()) { const option = el("option"); option.value = who; people.append(option); }
      node.append(people); field("assignee", desk.t("assignee"), input);
    }
    if (name === "merge") { const input = el("input"); input.required = true; const others = targets.map((row) => row.incident).filter(Boolean); input.value = targets.length > 1 ? others[0] || "" : ""; field("incident", desk.t("incident"), input); }
    const area = el("textarea"); area.required = name === "comment"; area.maxLength = 2000;
    field("comment", desk.t(name === "comment" ? "wordsNeeded" : "words"), area);
    node.append(desk.ends(desk.t("send")));
    node.onsubmit = function (event) {
      event.preventDefault();
      const details = {};
      for (const key in fields) if (fields[key].value.trim()) details[key] = fields[key].value.trim();
      desk.closeDialog(); desk.marked.clear();
      desk.command(name, targets, details);
    };
    dialog.append(node);
    (fields.assignee || fields.incident || area).focus();
  }

  /* ---- dialogs ---- */
  desk.dialog = function (title, wide) {
    const dialog = document.getElementById("desk-dialog");
    if (dialog.open) dialog.close();
    dialog.className = wide ? "wide" : "";
    dialog.replaceChildren(el("h2", "", title));
    dialog.onclose = null;
    dialog.showModal();
    return dialog;
  };
  desk.closeDialog = function () { const dialog = document.getElementById("desk-dialog"); if (dialog.open) dialog.close(); };
  desk.dialogOpen = () => document.getElementById("desk-dialog").open;
  desk.ends = function (send) {
    const box = el("div", "ends"), said = el("span", "said"), cancel = el("button", "", desk.t(send ? "cancel" : "close"));
    cancel.type = "button"; cancel.onclick = desk.closeDialog;
    box.append(said, cancel); box.said = said;
    if (send) { const button = el("button"); button.type = "submit"; button.append(el("span", "", send), el("kbd", "", "Ctrl+↵")); box.append(button); box.button = button; }
    return box;
  };
})(window.wall);
