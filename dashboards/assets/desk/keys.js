/** Keys first: everything can be done without the mouse. What they do is told by `key_help.js`. */
import { byId } from "../shared/dom.js";
import { actionKeys } from "./actions.js";
import { isDialogOpen } from "./dialog.js";
import { openKeyHelp } from "./key_help.js";
import { openShift } from "./shift.js";
import { openSilences } from "./silence_list.js";
/** @import { DutyDesk } from "./duty_desk.js" */

const COMPOSING = 229, FAR = 1e9;

/**
 * What each key does.
 * @param {DutyDesk} desk
 * @returns {Record<string, () => void>}
 */
function keysOf(desk) {
  const { filterBar, list, view } = desk;
  const unfold = (/** @type {boolean} */ open) => {
    const item = list.current();
    if (item) view.unfold(item, open);
  };
  const toggle = (/** @type {string} */ name) => () => filterBar.toggle(name);
  const act = (/** @type {string} */ action) => () => desk.act(action);
  return {
    j: () => view.move(1),
    ArrowDown: () => view.move(1),
    k: () => view.move(-1),
    ArrowUp: () => view.move(-1),
    PageDown: () => view.move(view.page),
    PageUp: () => view.move(-view.page),
    Home: () => view.move(-FAR),
    End: () => view.move(FAR),
    Enter: () => openSelected(desk),
    ArrowRight: () => unfold(true),
    ArrowLeft: () => unfold(false),
    " ": () => markSelected(desk),
    ...Object.fromEntries(actionKeys().map(([key, action]) => [key, act(action)])),
    "/": () => filterBar.input.focus(),
    1: () => filterBar.toggleLevel(4),
    2: () => filterBar.toggleLevel(3),
    3: () => filterBar.toggleLevel(2),
    4: () => filterBar.toggleLevel(1),
    0: () => filterBar.clear(),
    u: toggle("unacknowledged"),
    n: toggle("mine"),
    q: toggle("muted"),
    p: toggle("pending"),
    i: toggle("grouped"),
    z: toggle("closed"),
    t: () => filterBar.nextTheme(),
    o: toggle("oldest"),
    w: showWhyPanel,
    S: () => openSilences(desk),
    h: () => openShift(desk),
    m: () => desk.sound.toggle(),
    l: () => desk.changeLanguage(),
    f: toggleFullScreen,
    "?": openKeyHelp,
    Escape: () => leave(desk),
  };
}

/** @param {DutyDesk} desk */
function openSelected(desk) {
  const item = desk.list.current();
  if (!item) {
    desk.view.move(1);
    return;
  }
  if (item.group) desk.view.unfold(item);
  document.documentElement.classList.add("dk-open");
  desk.detail.openSelected();
}

/** @param {DutyDesk} desk */
function markSelected({ list, view }) {
  const item = list.current();
  if (!item) return;
  view.mark(item);
  view.move(1);
}

/** @param {DutyDesk} desk */
function leave(desk) {
  desk.unmark();
  document.documentElement.classList.remove("dk-open");
  byId("desk-list").focus();
}

function showWhyPanel() {
  const panel = document.querySelector("#desk-why > div");
  if (!(panel instanceof HTMLElement)) return;
  panel.scrollIntoView({ block: "nearest" });
  panel.focus();
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

/**
 * Listen to the keys of the page.
 * @param {DutyDesk} desk
 */
export function listenToKeys(desk) {
  const keys = keysOf(desk);
  globalThis.addEventListener("keydown", (event) => onKey(desk, keys, event), true);
  globalThis.addEventListener("pointerdown", () => desk.sound.unlock(), true);
}

/**
 * @param {DutyDesk} desk
 * @param {Record<string, () => void>} keys
 * @param {KeyboardEvent} event
 */
function onKey(desk, keys, event) {
  desk.sound.unlock();
  if (event.isComposing || event.keyCode === COMPOSING) return; // the key is the input method's
  const target = event.target instanceof Element ? event.target : document.body;
  const isEnter = event.key === "Enter";
  if (isDialogOpen()) {
    const form = target.closest("form") || document.querySelector("#desk-dialog form");
    if (isEnter && (event.ctrlKey || event.metaKey) && form instanceof HTMLFormElement) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (target instanceof HTMLInputElement) {
    onSearchKey(desk, target, event);
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if ((event.key === " " || isEnter) && target.tagName === "BUTTON") return;
  const letter = event.key.length === 1 && event.key !== "S" ? event.key.toLowerCase() : event.key;
  const run = keys[event.key] || keys[letter];
  if (!run) return;
  event.preventDefault();
  run();
}

/**
 * @param {DutyDesk} desk
 * @param {HTMLInputElement} input that is searched in
 * @param {KeyboardEvent} event
 */
function onSearchKey(desk, input, event) {
  const found = event.key === "Enter" || event.key === "ArrowDown";
  if (event.key !== "Escape" && !found) return;
  if (!found) input.value = "";
  desk.filterBar.search();
  input.blur();
  if (found) desk.view.move(-FAR);
  event.preventDefault();
}
