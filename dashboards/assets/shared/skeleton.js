/** The page's skeleton, made of what the server says, without React: nothing of it ever changes. */
import { byId } from "./dom.js";
/** @import { SkeletonPart } from "./types.d.ts" */

/**
 * Put a page's skeleton into the page.
 * @param {SkeletonPart} part of that page
 */
export function buildSkeleton(part) {
  byId("page").replaceChildren(made(part));
}

/**
 * @param {SkeletonPart} part a text, or an element's tag, attributes and children
 * @returns {Node | string}
 */
function made(part) {
  if (typeof part === "string") return part;
  const [tag, attributes, ...children] = part;
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.map(made));
  return node;
}
