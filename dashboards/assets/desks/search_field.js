/** The field that a list is searched with. */
import { byId, element } from "../shared/dom.js";

const SEARCH_MS = 80;

/**
 * Make the field, and put it over the list.
 * @param {() => void} onSearch called a moment after the person has typed
 * @returns {HTMLInputElement}
 */
export function makeSearchField(onSearch) {
  const input = element("input");
  let timer = 0;
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  byId("desk-find").append(input, element("kbd", "", "/"));
  const soon = (/** @type {Event} */ event) => {
    clearTimeout(timer);
    if (event instanceof InputEvent && event.isComposing) return;
    timer = setTimeout(onSearch, SEARCH_MS);
  };
  input.oninput = soon;
  input.addEventListener("compositionend", soon);
  return input;
}
