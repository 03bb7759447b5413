/* Keys first: everything can be done without the mouse; the wall's own keys rest while the desk is open. */
(function (wall) {
  "use strict";
  const desk = wall.desk, el = wall.el, set = wall.set, filters = desk.filters;
  const SEARCH_MS = 80, COMPOSING = 229;
  let timer = 0;
  const KEYS = [
    ["j ↓ / k ↑", ["下一条 / 上一条", "next / previous"]], ["PgDn / PgUp", ["翻页", "page"]], ["Home / End", ["最上 / 最下", "top / bottom"]], ["Enter", ["打开；展开同地事件", "open; unfold an incident"]], ["→ / ←", ["展开 / 收起同地事件", "unfold / fold an incident"]], ["Space", ["选中多条", "mark several"]],
    ["a", ["受理", "acknowledge"]], ["g", ["指派", "assign"]], ["c", ["备注", "comment"]], ["s", ["静默", "silence"]], ["r", ["办结", "resolve"]], ["b", ["更多操作", "more actions"]],
    ["/", ["搜索", "search"]], ["1 2 3 4", ["只看 Ⅰ Ⅱ Ⅲ Ⅳ 级", "only level Ⅰ Ⅱ Ⅲ Ⅳ"]], ["0", ["清除全部筛选", "clear all filters"]], ["u", ["只看待受理", "only to acknowledge"]], ["n", ["只看我的", "only mine"]], ["t", ["切换领域", "next theme"]], ["q", ["显示 / 隐藏静默", "with / without muted"]], ["p", ["显示 / 隐藏待定", "with / without pending"]], ["i", ["同地归并", "group by incident"]], ["o", ["新旧次序", "order by age"]], ["z", ["已关闭的告警", "closed alerts"]],
    ["w", ["为何通知 / 未通知", "why (not) notified"]], ["Shift S", ["静默清单与批准", "silences, approvals"]], ["h", ["交接班", "shift hand-over"]], ["m", ["声音开关", "sound on / off"]], ["l", ["中文 / English", "中文 / English"]], ["f", ["全屏", "full screen"]], ["?", ["本说明", "this help"]], ["Esc", ["关闭、取消选中", "close, unmark"]],
  ];
  desk.help = function () {
    const dialog = desk.dialog(desk.t("keys")), pane = el("div", "pane"), box = el("div", "dk-keys");
    for (const [key, words] of KEYS) { const one = el("div"); one.append(el("kbd", "", key), el("span", "", wall.pick(words))); box.append(one); }
    pane.append(box, desk.ends(null)); dialog.append(pane);
  };
  desk.filter = function (name) {
    filters[name] = !filters[name];
    if (name === "closed" && filters.closed) desk.loadClosed();
    changed();
  };
  function level(rank) { if (!filters.levels.delete(rank)) filters.levels.add(rank); changed(); }
  function theme() {
    const names = ["", ...Object.keys(wall.city.themes)];
    filters.theme = names[(names.indexOf(filters.theme) + 1) % names.length];
    changed();
  }
  function clear() {
    filters.levels.clear(); Object.assign(filters, { unacknowledged: false, mine: false, muted: true, pending: false, closed: false, theme: "", text: "" });
    const input = document.querySelector("#desk-find input"); input.value = "";
    changed();
  }
  function changed() { desk.touch(); desk.showFilters(); document.getElementById("desk-list").scrollTop = 0; desk.draw(); desk.dropHidden(); }
  desk.showFilters = function () {
    document.querySelectorAll("[data-filter]").forEach((node) => node.classList.toggle("on", filters[node.dataset.filter]));
    const box = document.getElementById("desk-theme"), order = document.getElementById("desk-order");
    box.replaceChildren(el("span", "", filters.theme ? wall.title("themes", filters.theme) : desk.t("allThemes")), el("kbd", "", "T")); box.classList.toggle("on", !!filters.theme);
    order.replaceChildren(el("span", "", desk.t(filters.oldest ? "oldest" : "newest")), el("kbd", "", "O"));
  };
  desk.loadClosed = async function () { try { desk.setClosed((await desk.ask("/desk/api/closed")).rows); desk.draw(); } catch (error) { desk.toast(desk.t("loadFailed", { why: error.message }), true); } };

  function open() {
    const item = desk.current();
    if (!item) { desk.move(1); return; }
    if (item.group) desk.unfold(item);
    document.documentElement.classList.add("dk-open");
    desk.openDetail();
  }
  const ACTS = {
    j: () => desk.move(1), ArrowDown: () => desk.move(1), k: () => desk.move(-1), ArrowUp: () => desk.move(-1), PageDown: () => desk.move(desk.page()), PageUp: () => desk.move(-desk.page()), Home: () => desk.move(-1e9), End: () => desk.move(1e9),
    Enter: open, ArrowRight: () => { const item = desk.current(); if (item) desk.unfold(item, true); }, ArrowLeft: () => { const item = desk.current(); if (item) desk.unfold(item, false); },
    " ": () => { const item = desk.current(); if (item) { desk.mark(item); desk.move(1); } },
    a: () => desk.act("acknowledge"), g: () => desk.act("assign"), c: () => desk.act("comment"), s: () => desk.act("silence"), r: () => desk.act("resolve"), b: () => desk.act("more"),
    "/": () => document.querySelector("#desk-find input").focus(), 1: () => level(4), 2: () => level(3), 3: () => level(2), 4: () => level(1), 0: clear,
    u: () => desk.filter("unacknowledged"), n: () => desk.filter("mine"), q: () => desk.filter("muted"), p: () => desk.filter("pending"), i: () => desk.filter("grouped"), z: () => desk.filter("closed"), t: theme, o: () => desk.filter("oldest"),
    w: () => { const box = document.querySelector("#desk-why > div"); if (box) { box.scrollIntoView({ block: "nearest" }); box.focus(); } },
    S: () => desk.silencesDialog(), h: () => desk.shiftDialog(), m: () => desk.muteSound(), l: () => wall.language(wall.english() ? "zh-CN" : "en"), f: () => { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen(); }, "?": () => desk.help(),
    Escape: () => { desk.unmark(); document.documentElement.classList.remove("dk-open"); document.getElementById("desk-list").focus(); },
  };
  function search(input) { clearTimeout(timer); if (filters.text !== input.value) { filters.text = input.value; changed(); } }
  function key(event) {
    if (!desk.on) return;
    desk.unlock();
    /* The wall listens on the document; what is typed here is none of its business. */
    event.stopImmediatePropagation();
    if (event.isComposing || event.keyCode === COMPOSING) return;       // the key is the input method's
    const target = event.target, typing = target.matches && target.matches("input, textarea, select");
    if (desk.dialogOpen()) {
      const form = target.form || document.querySelector("#desk-dialog form");
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (typing) {
      if (event.key === "Escape") { target.value = ""; search(target); target.blur(); event.preventDefault(); }
      else if (event.key === "Enter" || event.key === "ArrowDown") { search(target); target.blur(); desk.move(-1e9); event.preventDefault(); }
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if ((event.key === " " || event.key === "Enter") && target.tagName === "BUTTON") return;
    const act = ACTS[event.key] || (event.key.length === 1 && event.key !== "S" ? ACTS[event.key.toLowerCase()] : undefined);
    if (act) { event.preventDefault(); act(); }
  }
  window.addEventListener("keydown", key, true);
  window.addEventListener("pointerdown", () => { if (desk.on) desk.unlock(); }, true);

  desk.mountKeys = function () {
    const input = el("input"); input.type = "search"; input.autocomplete = "off"; input.spellcheck = false;
    document.getElementById("desk-find").append(input, el("kbd", "", "/"));
    const soon = function (event) { clearTimeout(timer); if (!event.isComposing) timer = setTimeout(() => search(input), SEARCH_MS); };
    input.oninput = soon;
    input.addEventListener("compositionend", soon);
    document.querySelectorAll("[data-filter]").forEach((node) => { node.onclick = () => desk.filter(node.dataset.filter); });
    document.querySelectorAll(".dk-level").forEach((node) => { node.onclick = () => level(Number(node.dataset.level)); });
    document.getElementById("desk-theme").onclick = theme;
    document.getElementById("desk-order").onclick = () => desk.filter("oldest");
    const tools = { silences: desk.silencesDialog, shift: () => desk.shiftDialog(), sound: desk.muteSound, help: desk.help };
    document.querySelectorAll("[data-tool]").forEach((node) => { node.onclick = () => tools[node.dataset.tool](); });
    document.getElementById("desk-language").onclick = () => wall.language(wall.english() ? "zh-CN" : "en");
  };
  desk.wordsAgain = function () { document.querySelector("#desk-find input").placeholder = desk.t("search"); desk.showFilters(); set(document.getElementById("desk-language"), wall.english() ? "中文" : "EN"); };
})(window.wall);
