/** Keys first: everything can be done without the mouse; what each key does is the page's own. */
import { closeDialog, isDialogOpen } from "./dialog.js";

const COMPOSING = 229;

/**
 * @typedef {object} KeyOptions
 * @property {Record<string, () => void>} keys what each does; a capital is one with Shift
 * @property {HTMLInputElement} search the field that is searched in
 * @property {(found: boolean) => void} onSearched called when the person leaves that field, to
 *   what was found or without it
 * @property {() => void} [onTouch] called with every key and click
 */

/**
 * Listen to the keys of the page.
 * @param {KeyOptions} options of the page
 */
export function listenToKeyboard(options) {
  globalThis.addEventListener("keydown", (event) => onKey(options, event), true);
  globalThis.addEventListener("pointerdown", () => options.onTouch?.(), true);
}

/**
 * @param {KeyOptions} options of the page
 * @param {KeyboardEvent} event
 */
function onKey(options, event) {
  options.onTouch?.();
  if (event.isComposing || event.keyCode === COMPOSING) return; // the key is the input method's
  const target = event.target instanceof Element ? event.target : document.body;
  const isEnter = event.key === "Enter";
  if (isDialogOpen()) {
    if (event.key === "Escape") {
      // Closed with the key itself: left to the browser, it is still open for the next key.
      event.preventDefault();
      closeDialog();
      return;
    }
    const form = target.closest("form") || document.querySelector("#desk-dialog form");
    if (isEnter && (event.ctrlKey || event.metaKey) && form instanceof HTMLFormElement) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (target === options.search) {
    onSearchKey(options, event);
    return;
  }
  if (target.matches("input, textarea, select")) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if ((event.key === " " || isEnter) && target.tagName === "BUTTON") return;
  const lower = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const run = options.keys[event.key] || options.keys[lower];
  if (!run) return;
  event.preventDefault();
  run();
}

/**
 * @param {KeyOptions} options of the page
 * @param {KeyboardEvent} event
 */
function onSearchKey({ search, onSearched }, event) {
  const found = event.key === "Enter" || event.key === "ArrowDown";
  if (event.key !== "Escape" && !found) return;
  if (!found) search.value = "";
  search.blur();
  onSearched(found);
  event.preventDefault();
}

/** Fill the screen, or leave that. */
export function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

const FAR = 1e9;

/**
 * The keys that move through a list, the same on every desk.
 * @param {{move(step: number): void, readonly page: number}} view of the list
 * @returns {Record<string, () => void>}
 */
export const movingKeys = (view) => ({
  j: () => view.move(1),
  ArrowDown: () => view.move(1),
  k: () => view.move(-1),
  ArrowUp: () => view.move(-1),
  PageDown: () => view.move(view.page),
  PageUp: () => view.move(-view.page),
  Home: () => view.move(-FAR),
  End: () => view.move(FAR),
});
