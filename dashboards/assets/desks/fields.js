/** Fields that forms of all desks are made of. */
import { element } from "../shared/dom.js";
import { desksWord } from "./words.js";

/** @typedef {Record<string, HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>} Fields */

/**
 * A field to choose one of several.
 * @param {[string, string][]} choices value and words
 * @param {string} chosen at first, "" for none
 */
export function choiceField(choices, chosen) {
  const select = element("select"), none = element("option", "", desksWord("choose"));
  none.value = "";
  select.required = true;
  select.append(none);
  for (const [value, words] of choices) {
    const option = element("option", "", words);
    option.value = value;
    select.append(option);
  }
  select.value = chosen;
  return select;
}
