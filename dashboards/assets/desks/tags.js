/** Tags: short marks beside a record, each with its reason as a tool tip. */
import { element, keepChildren, setText } from "../shared/dom.js";

/** @typedef {{name: string, words: string, title: string}} Tag class, words, and the tool tip */

/**
 * Show tags, keeping the elements that are there.
 * @param {HTMLElement} parent of the tags
 * @param {Tag[]} tags to show
 */
export function showTags(parent, tags) {
  const nodes = keepChildren(parent, tags.length, () => element("span"));
  for (const [index, { name, words, title }] of tags.entries()) {
    nodes[index].className = "tag " + name;
    setText(nodes[index], words);
    if (nodes[index].title !== title) nodes[index].title = title;
  }
}
