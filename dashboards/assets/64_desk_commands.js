/* Commands, and the truth about what became of them: done, refused, or not known. */
(function (wall) {
  "use strict";
  const desk = wall.desk;
  const UNSURE_MS = 6000, SHOW_MS = 12000, FIRST_ASK_MS = 900, AGAIN_MS = 1200, LONGEST_MS = 120000, MOST = 500;
  const underWay = new Map();       // id of a command → {batch, target, at}, until it is known what became of it
  let watching = 0;

  /* Send one action on some alerts. A row says "sent" until its change comes back, never more than it knows.
     `tell` is called with the batch once it is known of each alert what became of it, or that nobody knows. */
  desk.command = async function (action, rows, details, tell) {
    const batch = { action, rows, done: new Set(), refused: new Map(), unknown: new Map(), told: false, tell: tell || desk.tell };
    for (const row of rows) { desk.sent.set(row.id, { what: action, at: performance.now(), state: "sent", version: row.v, id: "", why: "", batch }); desk.marked.delete(row.id); }
    redraw();
    for (let first = 0; first < rows.length; first += MOST) await send(batch, rows.slice(first, first + MOST), details);
    conclude(batch);
    return batch;
  };
  const ours = (batch, target) => { const tip = desk.sent.get(target); return tip && tip.batch === batch ? tip : null; };
  async function send(batch, rows, details) {
    try {
      const commands = rows.map((row) => ({ action: batch.action, target: row.id, expected: batch.action === "comment" ? null : row.v, details: details || {} }));
      const answer = await desk.post("/desk/api/commands", { commands });
      for (const [target, command] of answer.sent) { const tip = ours(batch, target); if (tip) tip.id = command; underWay.set(command, { batch, target, at: performance.now() }); }
      watch();
    } catch (error) {
      for (const row of rows) if (error.unknown) unsure(batch, row.id, error.message); else refuse(batch, row.id, error.message);
    }
  }
  function mark(batch, target, state, why) {
    const tip = ours(batch, target);
    if (!tip) return;
    tip.state = state; tip.why = why; tip.at = performance.now();
    setTimeout(function () { if (desk.sent.get(target) === tip) { desk.sent.delete(target); redraw(); } }, SHOW_MS);
  }
  function refuse(batch, target, why) { batch.unknown.delete(target); batch.refused.set(target, why); mark(batch, target, "refused", why); }
  function unsure(batch, target, why) { batch.unknown.set(target, why); mark(batch, target, "unsure", why); }
  function accept(batch, target) {
    batch.unknown.delete(target); batch.done.add(target);
    if (ours(batch, target)) desk.sent.delete(target);
    desk.untoast(target);
  }
  /* Tell when nothing is under way any more, and again when what was not known is. */
  function conclude(batch) {
    const known = batch.done.size + batch.refused.size;
    if (known + batch.unknown.size < batch.rows.length || (batch.told && known < batch.rows.length)) { redraw(); return; }
    batch.told = true;
    batch.tell(batch);
    redraw();
  }
  /* In a toast; one alert that was done says so in its row. */
  desk.tell = function (batch) {
    const what = desk.action(batch.action), about = Array.from(batch.refused.keys()).concat(Array.from(batch.unknown.keys()));
    const words = batch.rows.length > 1 && batch.done.size ? [desk.t("manyDone", { what, n: batch.done.size })] : [];
    for (const [why, n] of reasons(batch.refused)) words.push(desk.t("refusedWhy", { what: desk.forCount(batch.action, n), why: desk.reason(why) }));
    for (const [why, n] of reasons(batch.unknown)) words.push(desk.forCount(batch.action, n) + "：" + desk.t("notKnown", { why: why || desk.t("unsure") }));
    if (words.length) desk.toast(words.join("\n"), about.length > 0, about);
  };
  function reasons(found) { const counts = new Map(); for (const why of found.values()) counts.set(why, (counts.get(why) || 0) + 1); return counts; }
  desk.allowedByRole = (action) => { const session = desk.session(); return !session || action === "more" || session.actions.includes(action); };
  /* A change of an alert arrived: what was sent for it has been carried out, unless it is another's step. */
  desk.settle = function (changed) {
    let some = false;
    for (const id of changed) {
      const tip = desk.sent.get(id), row = desk.rows.get(id);
      if (!tip || tip.state === "refused") continue;
      if (tip.id) some = true;
      else if (tip.state === "unsure" && (!row || row.v > tip.version)) desk.sent.delete(id);   // the row itself tells
    }
    if (some) check();
  };
  function redraw() { desk.later(); desk.refreshDetail(Array.from(desk.sent.keys()).concat(desk.opened())); }
  function watch() { if (!watching) watching = setTimeout(check, FIRST_ASK_MS); }
  async function check() {
    clearTimeout(watching); watching = 0;
    const open = Array.from(underWay).slice(0, MOST);
    if (!open.length) return;
    let outcomes = {};
    try { outcomes = (await desk.post("/desk/api/outcomes", { ids: open.map((item) => item[0]) })).outcomes; } catch (error) { /* asked again */ }
    for (const [id, sent] of open) judge(id, sent, outcomes[id]);
    for (const batch of new Set(open.map((item) => item[1].batch))) conclude(batch);
    if (underWay.size && !watching) watching = setTimeout(check, AGAIN_MS);
  }
  function judge(id, sent, outcome) {
    const { batch, target } = sent, waited = performance.now() - sent.at;
    if (outcome || waited > LONGEST_MS) underWay.delete(id);
    if (outcome && outcome.outcome === "accepted") accept(batch, target);
    else if (outcome) refuse(batch, target, outcome.reason);
    else if (waited > UNSURE_MS && !batch.unknown.has(target)) unsure(batch, target, "");
  }
  /* What became of one command on something that is no row: its outcome, null when none is known in time. */
  desk.outcome = async function (id) {
    for (const end = performance.now() + UNSURE_MS; performance.now() < end; ) {
      await new Promise((done) => setTimeout(done, 700));
      try { const found = (await desk.post("/desk/api/outcomes", { ids: [id] })).outcomes[id]; if (found) return found; } catch (error) { /* asked again */ }
    }
    return null;
  };
})(window.wall);
