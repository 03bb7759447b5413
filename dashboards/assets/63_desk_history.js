/* What happened to the open alert: its steps, its notices with their receipts, and why (not) notified. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;

  function line(tone, at, bold, rest, quote) {
    const item = el("li", tone);
    item.append(el("time", "", wall.time(at)), el("b", "", bold), document.createTextNode(" "), el("em", "", rest || ""));
    item.title = wall.date(at) + " " + wall.time(at);
    if (quote) item.append(el("q", "", quote));
    return item;
  }
  const PEOPLE = new Set(["acknowledged", "unacknowledged", "assigned", "commented", "resolved", "reopened", "merged", "split"]);
  desk.drawHistory = function (parts, steps) {
    parts.steps.replaceChildren();
    set(parts.history.note, String(steps.length));
    for (const step of steps.slice().reverse()) {
      parts.steps.append(step.type === "change" ? desk.stepLine(step) : noticeLine(step));
    }
  };
  /* Who did what, and what was said. */
  desk.stepLine = function (step) {
    const d = step.details, person = PEOPLE.has(step.what);
    const rest = [person || step.what === "refused" ? desk.person(step.by) : "", d.owner || d.assignee ? "→ " + desk.person(d.owner || d.assignee) : "", step.words ? wall.pick(step.words) : ""].filter(Boolean).join(" ");
    return line(step.what === "refused" ? "bad" : person ? "person" : step.what === "muted" ? "quiet" : "", step.at, desk.what(step.what), rest, d.comment || (step.what === "refused" ? d.reason : "") || "");
  };
  function noticeLine(step) {
    const last = step.receipts[step.receipts.length - 1];
    const bad = last && (last.outcome === "given_up" || last.outcome === "unknown_receiver");
    const item = line(bad ? "bad" : "sent", step.at, "✉ " + wall.pick(step.name), wall.pick(step.purpose));
    for (const receipt of step.receipts) item.append(el("q", "", desk.t("attempt", { n: receipt.attempt }) + " " + wall.pick(receipt.words) + " · " + wall.time(receipt.at) + " · " + receipt.took + " ms" + (receipt.detail ? " · " + receipt.detail : "")));
    if (!last) item.append(el("q", "", desk.t("noReceipt")));
    return item;
  }
  desk.drawWhy = function (box, told) {
    box.replaceChildren(el("p", "dk-verdict " + (told.told ? "yes" : "no"), desk.t(told.told ? "yes" : "no")));
    const list = el("ul", "dk-why");
    for (const [sign, zh, en] of told.lines) { const item = el("li", "dk-" + sign, wall.pick([zh, en])); item.dataset.sign = { yes: "✓", no: "✗", note: "!", next: "→" }[sign]; list.append(item); }
    box.append(list);
  };
})(window.wall);
