/** Keys first: everything can be done without the mouse. What they do is told by `key_help.js`. */
import { byId } from "../shared/dom.js";
import { actionKeys } from "./actions.js";
import { listenToKeyboard, movingKeys, toggleFullScreen } from "../desks/keyboard.js";
import { openKeyHelp } from "./key_help.js";
import { openShift } from "./shift.js";
import { openSilences } from "./silence_list.js";
/** @import { DutyDesk } from "./duty_desk.js" */

const FAR = 1e9;

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
    ...movingKeys(view),
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
  desk.view.unmark();
  document.documentElement.classList.remove("dk-open");
  byId("desk-list").focus();
}

function showWhyPanel() {
  const panel = document.querySelector("#desk-why > div");
  if (!(panel instanceof HTMLElement)) return;
  panel.scrollIntoView({ block: "nearest" });
  panel.focus();
}

/**
 * Listen to the keys of the page.
 * @param {DutyDesk} desk
 */
export function listenToKeys(desk) {
  listenToKeyboard({
    keys: keysOf(desk),
    search: desk.filterBar.input,
    onSearched(found) {
      desk.filterBar.search();
      if (found) desk.view.move(-FAR);
    },
    onTouch: () => desk.sound.unlock(),
  });
}
