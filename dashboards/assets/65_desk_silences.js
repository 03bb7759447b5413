/* The list of silences: what each is about, in words; who may approve those that wait, and how many do. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const LABELS = { rule: ["规则", "rule"], level: ["级别", "level"], theme: ["领域", "theme"], kind: ["事件类型", "kind"], feed: ["数据源", "feed"], department: ["部门", "department"], area: ["区域", "area"], district: ["区", "district"], street: ["街道", "street"], subject: ["对象", "subject"], origin: ["来源", "origin"], exercise: ["演练", "exercise"] };
  const LEVELS = ["", "blue", "yellow", "orange", "red"];
  const TABLES = { theme: "themes", department: "departments", kind: "kinds", feed: "feeds" };
  const ruleTitles = new Map();

  desk.label = (name) => wall.pick(LABELS[name] || [name, name]);
  /* What a code stands for, in words; "" where nothing is known of it. */
  desk.meaning = function (name, value) {
    if (["area", "street", "district"].includes(name)) { const place = desk.place(value); return place === value ? "" : place; }
    if (name === "rule") return ruleTitle(value);
    if (name === "level") return LEVELS.indexOf(value) > 0 ? desk.level(LEVELS.indexOf(value)) : "";
    if (name === "origin" && value !== "live") return wall.mark(value);
    return TABLES[name] && wall.city[TABLES[name]] && wall.city[TABLES[name]][value] ? wall.title(TABLES[name], value) : "";
  };
  function ruleTitle(rule) {
    for (const row of desk.rows.values()) if (row.rule === rule) return wall.pick(row.title);
    return wall.pick(ruleTitles.get(rule) || ["", ""]);
  }
  /* How many wait for this person: of others, and only where the role may approve. */
  desk.showWaits = function () {
    const session = desk.session(), tool = document.querySelector('[data-tool="silences"]');
    const mine = session && session.actions.includes("approve_silence");
    const count = mine ? (desk.waitsOf || []).filter((creator) => creator !== session.user).length : 0;
    set(tool.querySelector(".dk-badge"), count ? desk.t("waitCount", { n: count }) : "");
    tool.classList.toggle("warn", count > 0);
    tool.title = count ? desk.t("waitForYou", { n: count }) : "";
  };
  /* Send something about a silence; returns "" when it was accepted, else what is wrong. */
  desk.follow = async function (send, action) {
    const what = desk.action(action);
    try {
      const outcome = await desk.outcome((await send()).sent[0][1]);
      if (!outcome) return what + "：" + desk.t("notKnownSilence", { why: desk.t("unsure") });
      return outcome.outcome === "accepted" ? "" : desk.t("refusedWhy", { what, why: desk.reason(outcome.reason) });
    } catch (error) { return error.unknown ? what + "：" + desk.t("notKnownSilence", { why: error.message }) : desk.t("refusedWhy", { what, why: error.message }); }
  };

  desk.silencesDialog = async function () {
    const dialog = desk.dialog(desk.t("silences"), true), pane = el("div", "pane"), table = el("table", "dk-table");
    const ends = desk.ends(null), fresh = el("button", "", desk.t("newSilence"));
    fresh.type = "button"; fresh.onclick = () => desk.silenceDialog(null); ends.prepend(fresh);
    pane.append(table, ends); dialog.append(pane);
    async function fill() {
      let found;
      try { found = await desk.ask("/desk/api/silences"); } catch (error) { set(ends.said, desk.t("loadFailed", { why: error.message })); return; }
      if (!table.isConnected) return;
      for (const rule in found.rules) ruleTitles.set(rule, found.rules[rule]);
      table.replaceChildren();
      const head = el("tr"); for (const word of ["", "matchers", "reasonShort", "ends", "hides", "hid", ""]) head.append(el("th", "", word ? desk.t(word) : "")); table.append(head);
      if (!found.silences.length) { const row = el("tr"), cell = el("td", "", desk.t("noSilences")); cell.colSpan = 7; row.append(cell); table.append(row); }
      for (const one of found.silences) table.append(line(one, fill));
    }
    await fill();
  };
  function matcher(one) {
    const node = el("div", "", desk.label(one.name) + " " + one.op + " " + (desk.meaning(one.name, one.value) || one.value));
    node.title = one.name + " " + one.op + " " + one.value;
    return node;
  }
  function line(one, fill) {
    const row = el("tr", one.state === "waits" ? "waits" : ""), cell = (text, name) => { const node = el("td", name || "", text); row.append(node); return node; };
    cell(desk.t(one.state));
    const what = cell(""); what.append(...one.matchers.map(matcher));
    if (one.recurrence) what.append(el("small", "", (one.recurrence.weekdays.length ? one.recurrence.weekdays.map((day) => wall.list("weekdays")[day % 7]).join(" ") : desk.t("everyDay")) + " " + one.recurrence.start + "–" + one.recurrence.end));
    const why = cell(""); why.append(el("div", "", one.reason), el("small", "", desk.t("creator") + " " + one.creator + (one.approver ? " · " + desk.t("approver", { who: one.approver }) : "")));
    cell(desk.when(one.ends_at), "n"); cell(wall.int(one.hides), "n"); cell(wall.int(one.would_hide) + (one.would_hide_red ? " (" + desk.level(4) + one.would_hide_red + ")" : ""), "n");
    const act = cell("");
    const button = function (action, word, allowed, why) {
      const node = el("button", "", desk.t(word)); node.disabled = !allowed; if (!allowed) node.title = why;
      node.onclick = async function () {
        node.disabled = true;
        const problem = await desk.follow(() => desk.post("/desk/api/commands", { commands: [{ action, target: one.id, expected: one.version, details: {} }] }), action);
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

})(window.wall);
