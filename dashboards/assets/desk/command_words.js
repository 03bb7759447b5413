/** What became of commands, in words. */
import { inLanguage } from "../shared/language.js";
import { showToast } from "./toasts.js";
import { actionFor, actionWord, deskWord } from "./words.js";
/** @import { Bilingual } from "../shared/types.d.ts" */
/** @import { Batch } from "./commands.js" */

/**
 * How often each reason was given, in words.
 * @param {Map<string, Bilingual>} found reasons by alert
 */
export function countReasons(found) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const why of found.values()) {
    const words = inLanguage(why);
    counts.set(words, (counts.get(words) || 0) + 1);
  }
  return counts;
}

/**
 * Tell what became of a batch; one alert that was done says so in its row.
 * @param {Batch} batch that is known
 */
export function tellInToast(batch) {
  const { action, done, refused, unknown } = batch, what = actionWord(action), words = [];
  const about = [...refused.keys(), ...unknown.keys()];
  if (batch.rows.length > 1 && done.size) words.push(deskWord("manyDone", { what, n: done.size }));
  for (const [why, n] of countReasons(refused)) {
    words.push(deskWord("refusedWhy", { what: actionFor(action, n), why }));
  }
  for (const [why, n] of countReasons(unknown)) {
    const because = deskWord("notKnown", { why: why || deskWord("unsure") });
    words.push(actionFor(action, n) + "：" + because);
  }
  if (words.length) showToast(words.join("\n"), about.length > 0, about);
}
