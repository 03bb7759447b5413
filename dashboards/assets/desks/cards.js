/** Cards and facts: what the right side of a desk is made of. */
import { box, childrenOf, element, keepChildren, setText } from "../shared/dom.js";

/**
 * A card with its heading, a note beside that, and room for what is in it.
 * @param {string} words of its heading
 * @param {string} [className] of it
 */
export function makeCard(words, className = "") {
  const note = element("small"), head = element("h3"), body = element("div");
  head.append(element("span", "", words), note);
  return { node: box("dk-card" + className, head, body), note, body };
}

function makeFact() {
  const fact = element("span");
  fact.append(element("span"), element("b"));
  return fact;
}

/**
 * Show facts, each with its name; "" for one that needs none.
 * @param {HTMLElement} parent of them
 * @param {[string, string][]} facts words of the name, and the fact
 */
export function showFacts(parent, facts) {
  const nodes = keepChildren(parent, facts.length, makeFact);
  for (const [index, [name, value]] of facts.entries()) {
    const [label, bold] = childrenOf(nodes[index]);
    setText(label, name ? name + " " : "");
    setText(bold, value);
  }
}

/** Where the right side covers the list: back to that. */
export function backButton(/** @type {string} */ words) {
  const back = element("button", "dk-back", words);
  back.onclick = () => document.documentElement.classList.remove("dk-open");
  return back;
}
