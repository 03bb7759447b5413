/* Shift hand-over: what happened in the last hours. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set;

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
