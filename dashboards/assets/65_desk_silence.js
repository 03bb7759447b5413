/* Silences: what one would hide is counted before it is saved; what it hides is listed after. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const NAMES = ["rule", "level", "theme", "kind", "feed", "department", "area", "district", "street", "subject", "origin", "exercise"];
  const OPS = ["=", "!=", "=~", "!~"];
  const PRESETS = [["minutes", 30, 1800], ["hoursN", 1, 3600], ["hoursN", 4, 14400], ["hoursN", 12, 43200], ["daysN", 1, 86400], ["daysN", 7, 604800]];

  function choice(values, chosen, label) {
    const select = el("select");
    for (const value of values) { const option = el("option", "", label ? label(value) : value); option.value = value; select.append(option); }
    select.value = chosen;
    return select;
  }
  /* What a code stands for, in words. */
  function meaning(name, value) {
    if (["area", "street", "district"].includes(name)) { const place = desk.place(value); return place === value ? "" : place; }
    if (name === "rule") { for (const row of desk.rows.values()) if (row.rule === value) return wall.pick(row.title); return ""; }
    const table = { theme: "themes", department: "departments", kind: "kinds", feed: "feeds" }[name];
    return table && wall.city[table] && wall.city[table][value] ? wall.title(table, value) : "";
  }
  function matcherRow(given, changed) {
    const row = el("div"), name = el("input"), op = choice(OPS, given.op), value = el("input"), away = el("button", "", "✕");
    name.setAttribute("list", "desk-labels"); name.value = given.name; value.value = given.value; name.required = value.required = true; away.type = "button";
    const means = el("span");
    const say = () => set(means, meaning(name.value.trim(), value.value.trim()));
    name.oninput = value.oninput = op.onchange = function () { say(); changed(); };
    say();
    away.onclick = function () { row.remove(); changed(); };
    row.append(name, op, value, means, away);
    row.read = () => ({ name: name.value.trim(), op: op.value, value: value.value.trim() });
    return row;
  }
  function prefilled(row) {
    if (!row) return [{ name: "rule", op: "=", value: "" }];
    const found = [{ name: "rule", op: "=", value: row.rule }];
    if (row.area.length >= 9) found.push({ name: "street", op: "=", value: row.area.slice(0, 9) });
    else if (row.area.length >= 6) found.push({ name: "district", op: "=", value: row.area.slice(0, 6) });
    return found;
  }
  desk.silenceDialog = function (row) {
    if (!desk.allowedByRole("silence")) { desk.toast(desk.t("notAllowed"), true); return; }
    const dialog = desk.dialog(desk.t("newSilence"), true), form = el("form");
    form.id = "desk-silence";
    let lasts = 3600, timer = 0, number = 0, counted = null;
    const labels = el("datalist"); labels.id = "desk-labels"; for (const name of NAMES) { const option = el("option"); option.value = name; labels.append(option); }
    const matchers = el("div", "dk-matchers"), add = el("button", "", desk.t("add")); add.type = "button";
    add.onclick = function () { const one = matcherRow({ name: "", op: "=", value: "" }, changed); matchers.append(one); one.firstChild.focus(); };
    for (const given of prefilled(row)) matchers.append(matcherRow(given, changed));
    const presets = el("div", "dk-presets");
    for (const [word, n, seconds] of PRESETS) {
      const button = el("button", seconds === lasts ? "on" : "", desk.t(word, { n })); button.type = "button";
      button.onclick = function () { lasts = seconds; for (const other of presets.children) other.classList.toggle("on", other === button); changed(); };
      presets.append(button);
    }
    const only = el("div", "dk-presets"), recurs = el("input"); recurs.type = "checkbox";
    const box = el("label", "line"); box.append(recurs, el("span", "", desk.t("recurrence")));
    const days = el("span", "dk-presets"), from = el("input"), to = el("input"); from.type = to.type = "time"; from.value = "22:00"; to.value = "06:00";
    const chosen = new Set();
    [1, 2, 3, 4, 5, 6, 7].forEach(function (day) { const button = el("button", "", wall.list("weekdays")[day % 7]); button.type = "button"; button.onclick = function () { if (!chosen.delete(day)) chosen.add(day); button.classList.toggle("on", chosen.has(day)); changed(); }; days.append(button); });
    const hours = el("span", "dk-presets"); hours.append(days, el("span", "", desk.t("from")), from, el("span", "", desk.t("to")), to); hours.hidden = true;
    recurs.onchange = function () { hours.hidden = !recurs.checked; changed(); }; from.onchange = to.onchange = changed;
    only.append(box, hours);
    const reason = el("textarea"); reason.required = true; reason.maxLength = 500; reason.name = "reason";
    const blast = el("div", "dk-blast"), ends = desk.ends(desk.t("save"));
    ends.button.disabled = true;
    const part = (word, ...nodes) => { const label = el("div"); label.append(el("label", "", desk.t(word)), ...nodes); form.append(label); };
    form.append(labels); part("matchers", matchers, add); part("lasts", presets); form.append(only); part("reason", reason); form.append(blast, ends);
    function read() {
      return { matchers: Array.from(matchers.children, (one) => one.read()), lasts_s: lasts, recurrence: recurs.checked ? { weekdays: Array.from(chosen).sort(), start: from.value, end: to.value } : null, reason: reason.value.trim() };
    }
    function changed() { counted = null; ends.button.disabled = true; blast.className = "dk-blast"; blast.replaceChildren(el("span", "", desk.t("counting"))); clearTimeout(timer); timer = setTimeout(preview, 250); }
    async function preview() {
      const mine = ++number;
      try {
        const found = await desk.post("/desk/api/silences/preview", read());
        if (mine !== number) return;
        counted = found; show(found); ends.button.disabled = false;
      } catch (error) { if (mine === number) { blast.className = "dk-blast red"; blast.replaceChildren(el("span", "", error.message)); } }
    }
    function show(found) {
      blast.className = "dk-blast" + (found.red ? " red" : "");
      const [before, middle, after] = desk.t("blast", { n: "\u0001", red: "\u0001" }).split("\u0001");
      const words = el("div"); words.append(before, el("b", "", wall.int(found.count)), middle, el("b", found.red ? "hot" : "", wall.int(found.red)), after + " ", el("b", found.needs_approval ? "hot" : "", desk.t(found.needs_approval ? "needsSecond" : "noSecond")));
      const list = el("ul");
      for (const one of found.rules) list.append(el("li", "", wall.pick(one.title) + " × " + wall.int(one.count) + (one.red ? " (" + desk.level(4) + " " + one.red + ")" : "")));
      blast.replaceChildren(words, el("div", "", desk.t("nowHides", { n: wall.int(found.open) })), list);
    }
    form.onsubmit = async function (event) {
      event.preventDefault();
      if (!counted || ends.button.disabled) return;
      const waits = counted.needs_approval;
      desk.holdForm(form, ends, true);
      const problem = await follow(() => desk.post("/desk/api/silences", read()), "silence");
      if (!problem) { if (desk.onScreen(form)) desk.closeDialog(); desk.toast(desk.t(waits ? "savedWaits" : "done", { what: desk.action("silence") })); return; }
      if (!desk.onScreen(form)) { desk.toast(problem, true); return; }
      desk.holdForm(form, ends, false);
      set(ends.button.firstChild, desk.t("again")); set(ends.said, problem);
    };
    dialog.append(form); changed(); reason.focus();
  };
  /* Send something about a silence; returns "" when it was accepted, else what is wrong. */
  async function follow(send, action) {
    const what = desk.action(action);
    try {
      const outcome = await desk.outcome((await send()).sent[0][1]);
      if (!outcome) return what + "：" + desk.t("notKnown", { why: desk.t("unsure") });
      return outcome.outcome === "accepted" ? "" : desk.t("refusedWhy", { what, why: desk.reason(outcome.reason) });
    } catch (error) { return error.unknown ? what + "：" + desk.t("notKnown", { why: error.message }) : desk.t("refusedWhy", { what, why: error.message }); }
  }

  desk.silencesDialog = async function () {
    const dialog = desk.dialog(desk.t("silences"), true), pane = el("div", "pane"), table = el("table", "dk-table");
    const ends = desk.ends(null), fresh = el("button", "", desk.t("newSilence"));
    fresh.type = "button"; fresh.onclick = () => desk.silenceDialog(null); ends.prepend(fresh);
    pane.append(table, ends); dialog.append(pane);
    async function fill() {
      let found;
      try { found = await desk.ask("/desk/api/silences"); } catch (error) { set(ends.said, desk.t("loadFailed", { why: error.message })); return; }
      if (!table.isConnected) return;
      table.replaceChildren();
      const head = el("tr"); for (const word of ["", "matchers", "reasonShort", "ends", "hides", "hid", ""]) head.append(el("th", "", word ? desk.t(word) : "")); table.append(head);
      if (!found.silences.length) { const row = el("tr"), cell = el("td", "", desk.t("noSilences")); cell.colSpan = 7; row.append(cell); table.append(row); }
      for (const one of found.silences) table.append(line(one, fill));
    }
    await fill();
  };
  function line(one, fill) {
    const row = el("tr", one.state === "waits" ? "waits" : ""), cell = (text, name) => { const node = el("td", name || "", text); row.append(node); return node; };
    cell(desk.t(one.state));
    const what = cell(""); what.append(el("div", "", one.matchers.map((m) => m.name + " " + m.op + " " + m.value).join("  ∧  ")));
    if (one.recurrence) what.append(el("small", "", (one.recurrence.weekdays.length ? one.recurrence.weekdays.map((day) => wall.list("weekdays")[day % 7]).join(" ") : desk.t("everyDay")) + " " + one.recurrence.start + "–" + one.recurrence.end));
    const why = cell(""); why.append(el("div", "", one.reason), el("small", "", desk.t("creator") + " " + one.creator + (one.approver ? " · " + desk.t("approver", { who: one.approver }) : "")));
    cell(desk.when(one.ends_at), "n"); cell(wall.int(one.hides), "n"); cell(wall.int(one.would_hide) + (one.would_hide_red ? " (" + desk.level(4) + one.would_hide_red + ")" : ""), "n");
    const act = cell("");
    const button = function (action, word, allowed, why) {
      const node = el("button", "", desk.t(word)); node.disabled = !allowed; if (!allowed) node.title = why;
      node.onclick = async function () {
        node.disabled = true;
        const problem = await follow(() => desk.post("/desk/api/commands", { commands: [{ action, target: one.id, expected: one.version, details: {} }] }), action);
        desk.toast(problem || desk.t("done", { what: desk.action(action) }), !!problem);
        node.disabled = false;
        fill();
      };
      act.append(node);
    };
    if (one.state === "waits") button("approve_silence", "approve", desk.allowedByRole("approve_silence") && one.creator !== desk.session().user, one.creator === desk.session().user ? desk.t("ownOne") : desk.t("notAllowed"));
    if (one.state !== "expired") button("expire_silence", "end", desk.allowedByRole("expire_silence"), desk.t("notAllowed"));
    return row;
  }

  /* ---- shift hand-over ---- */
  desk.shiftDialog = async function (hours) {
    const dialog = desk.dialog(desk.t("shift"), true), pane = el("div", "pane"), presets = el("div", "dk-presets"), box = el("div");
    const wanted = hours || 8;
    for (const n of [4, 8, 12, 24]) { const button = el("button", n === wanted ? "on" : "", desk.t("since", { n })); button.onclick = () => desk.shiftDialog(n); presets.append(button); }
    const ends = desk.ends(null);
    pane.append(presets, box, ends); dialog.append(pane); presets.querySelector(".on").focus();
    let told;
    try { told = await desk.ask("/desk/api/shift?hours=" + wanted); } catch (error) { set(ends.said, desk.t("loadFailed", { why: error.message })); return; }
    const cards = el("div", "dk-cards");
    for (const [word, value] of [["came", told.opened], ["ackedN", told.acknowledged], ["closedN", told.closed], ["stillOpen", told.open], ["stillWaiting", told.waiting], ["notifiedN", told.notices], ["failedN", told.failed], ["mutedN", told.muted]]) { const one = el("div"); one.append(el("b", "", value === null ? "–" : wall.int(value)), el("span", "", desk.t(word))); cards.append(one); }
    const red = el("table", "dk-table"), remarks = el("ul", "dk-steps");
    for (const one of told.serious) { const row = el("tr"); row.append(el("td", "lv" + one.level, desk.NUMERALS[one.level] + " " + desk.level(one.level)), el("td", "n", desk.when(one.opened)), el("td", "", wall.pick(one.title) + " · " + desk.place(one.area)), el("td", "", desk.t(one.state)), el("td", "", one.owner || "–")); red.append(row); }
    for (const one of told.remarks) { const item = el("li", one.what === "refused" ? "bad" : "person"); item.append(el("time", "", desk.when(one.at)), el("b", "", desk.what(one.what)), " ", el("em", "", one.by + " · " + wall.pick(one.title))); if (one.comment) item.append(el("q", "", one.comment)); remarks.append(item); }
    box.replaceChildren(cards, el("h3", "", desk.t("redList")), red, el("h3", "", desk.t("remarks")), remarks);
  };
})(window.wall);
