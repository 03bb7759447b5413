/** Elements. Text never becomes markup: what came from outside goes in as textContent. */
/** @import { Shown } from "./types.d.ts" */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag of the element
 * @param {string} [className] of it
 * @param {Shown} [text] in it
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = String(text);
  return node;
}

/**
 * Make an element with others in it.
 * @param {string} className of the element, a div
 * @param {...(Node | string)} children of it
 */
export function box(className, ...children) {
  const node = element("div", className);
  node.append(...children);
  return node;
}

/**
 * Show a text, without touching an element that shows it already.
 * @param {Node} node that shows it
 * @param {Shown} text to show
 */
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = String(text);
}

/**
 * Give a parent as many children as are wanted, keeping those that are there.
 * @param {HTMLElement} parent of them
 * @param {number} count wanted
 * @param {() => HTMLElement} make one
 * @returns {HTMLElement[]}
 */
export function keepChildren(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(make());
  return childrenOf(parent);
}

/**
 * The children of an element that we filled ourselves.
 * @param {Element} parent of them
 */
export const childrenOf = (parent) => /** @type {HTMLElement[]} */ (Array.from(parent.children));

/**
 * The element of an id that the server's layout has.
 * @param {string} id of it
 * @returns {HTMLElement}
 * @throws {Error} where the layout does not have it
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id} in the page; the server's layout must have it`);
  return node;
}

/**
 * The first element of a selector that is known to be there.
 * @param {string} selector of it
 * @param {ParentNode} [within] where to look
 * @returns {HTMLElement}
 * @throws {Error} where there is none
 */
export function one(selector, within = document) {
  const node = within.querySelector(selector);
  if (!node) throw new Error(`no element ${selector}; the part that makes it must come first`);
  return /** @type {HTMLElement} */ (node);
}

/**
 * All elements of a selector.
 * @param {string} selector of them
 * @param {ParentNode} [within] where to look
 */
export const all = (
  selector,
  within = document,
) => /** @type {HTMLElement[]} */ (Array.from(within.querySelectorAll(selector)));
