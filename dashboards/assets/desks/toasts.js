/** Words that pass by at the edge of the desk. */
import { byId, element } from "../shared/dom.js";

const MOST = 4, GOOD_MS = 4000, BAD_MS = 12000;
/** @type {WeakMap<Element, string[]>} what each is about */
const subjects = new WeakMap();

/**
 * Say something.
 * @param {string} text to say
 * @param {boolean} [bad] whether something is wrong
 * @param {string[]} [about] ids; the words go when one of these has been done after all
 */
export function showToast(text, bad = false, about = []) {
  const parent = byId("desk-toasts"), node = element("div", bad ? "bad" : "", text);
  subjects.set(node, about);
  parent.append(node);
  while (parent.children.length > MOST) parent.firstElementChild?.remove();
  setTimeout(() => node.remove(), bad ? BAD_MS : GOOD_MS);
}

/**
 * Take back what was said about something.
 * @param {string} id of it
 */
export function takeBackToasts(id) {
  for (const node of Array.from(byId("desk-toasts").children)) {
    if (subjects.get(node)?.includes(id)) node.remove();
  }
}
