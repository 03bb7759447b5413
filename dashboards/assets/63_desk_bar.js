/* The buttons beside the open alert: for what is shown there, how many that are, and what became of it. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;
  const BUTTONS = [["acknowledge", "A"], ["assign", "G"], ["comment", "C"], ["silence", "S"], ["resolve", "R"], ["more", "B"]];
  const COUNTED = new Set(["acknowledge", "assign", "comment", "resolve"]);
  let buttons = {}, said = null, whole = null;

  /* Returns where is said what went wrong. */
  desk.buildBar = function (box) {
    buttons = {};
    for (const [name, key] of BUTTONS) {
      const button = el("button", name === "acknowledge" ? "first" : "");
      button.append(el("span"), el("kbd", "", key));
      button.dataset.act = name;
      button.onclick = () => desk.act(name, desk.shown());
      buttons[name] = button; box.append(button);
    }
    whole = el("span", "whole"); said = el("span", "said");
    box.append(whole, said);
    return said;
  };
  /* Why an action would be refused of all that is shown; "" where some of it would be accepted. */
  function refusal(name, rows) {
    if (name === "more") return "";
    if (!desk.allowedByRole(name)) return desk.t("notAllowed");
    if (name === "acknowledge") return rows.some(desk.waits) ? "" : desk.t("nothingWaits", { state: rows.length ? desk.t(rows[0].state) : "–" });
    const data = desk.openedData();
    const fits = data && rows.length === 1 && rows[0].id === data.alert.id && rows[0].v === data.alert.v;
    return fits ? desk.reason(data.actions[name] || "") : "";
  }
  function outcome(tip) {
    if (tip.state === "unsure" && tip.why) return desk.t("notKnown", { why: tip.why });
    return desk.t(tip.state) + (tip.why ? "：" + desk.reason(tip.why) : "");
  }
  /* Only what would be accepted can be pressed; the reason of the rest is its tool tip. */
  desk.refusal = refusal;
  desk.drawBar = function (one) {
    const rows = desk.shown();
    for (const [name] of BUTTONS) {
      const button = buttons[name], reason = refusal(name, rows);
      const count = name === "acknowledge" ? rows.filter(desk.waits).length : rows.length;
      set(button.firstChild, COUNTED.has(name) ? desk.forCount(name, count) : desk.action(name));
      button.disabled = reason !== ""; button.title = reason;
      button.hidden = name === "silence" && !desk.allowedByRole(name);
    }
    set(whole, rows.length > 1 ? desk.t("wholeIncident", { n: rows.length }) : desk.current() ? "" : desk.t("offList"));
    const tip = desk.sent.get(one.id);
    said.className = "said" + (tip && tip.why ? " bad" : "");
    set(said, tip ? desk.action(tip.what) + " · " + outcome(tip) : "");
  };
})(window.wall);
