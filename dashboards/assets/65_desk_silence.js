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
  function matcherRow(given, changed) {
    const row = el("div"), name = el("input"), op = choice(OPS, given.op), value = el("input"), away = el("button", "", "✕");
    name.setAttribute("list", "desk-labels"); name.value = given.name; value.value = given.value; name.required = value.required = true; away.type = "button";
    const means = el("span");
    const say = () => set(means, desk.meaning(name.value.trim(), value.value.trim()));
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
      const problem = await desk.follow(() => desk.post("/desk/api/silences", read()), "silence");
      if (!problem) { if (desk.onScreen(form)) desk.closeDialog(); desk.toast(desk.t(waits ? "savedWaits" : "done", { what: desk.action("silence") })); return; }
      if (!desk.onScreen(form)) { desk.toast(problem, true); return; }
      desk.holdForm(form, ends, false);
      set(ends.button.firstChild, desk.t("again")); set(ends.said, problem);
    };
    dialog.append(form); changed(); reason.focus();
  };
})(window.wall);
