/** What became of commands, in words. */
import { inLanguage } from "../shared/language.js";
import { showToast } from "./toasts.js";
/** @import { Bilingual, ListRow } from "../shared/types.d.ts" */
/** @import { Batch } from "./commands.js" */

/**
 * How often each reason was given, in words.
 * @param {Map<string, Bilingual>} found reasons by record
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

/** Says what became of batches, by the words of one desk. */
export class BatchWords {
  /**
   * @param {object} options
   * @param {(key: string, values?: Record<string, string | number>) => string} options.word of the
   *   desk; it has `notKnown`
   * @param {(action: string, count: number) => string} options.actionFor an action with how many
   *   records it is for, where that is more than one
   */
  constructor({ word, actionFor }) {
    this.word = word;
    this.actionFor = actionFor;
  }

  /**
   * Tell what became of a batch; one record that was done says so in its row.
   * @template {ListRow} Row
   * @param {Batch<Row>} batch that is known
   */
  tellInToast({ action, rows, done, refused, unknown }) {
    const { word } = this, what = this.actionFor(action, 1), words = [];
    const about = [...refused.keys(), ...unknown.keys()];
    if (rows.length > 1 && done.size) words.push(word("manyDone", { what, n: done.size }));
    for (const [why, n] of countReasons(refused)) {
      words.push(word("refusedWhy", { what: this.actionFor(action, n), why }));
    }
    for (const [why, n] of countReasons(unknown)) {
      const because = word("notKnown", { why: why || word("unsure") });
      words.push(this.actionFor(action, n) + "：" + because);
    }
    if (words.length) showToast(words.join("\n"), about.length > 0, about);
  }

  /**
   * Why a batch was not done as a whole.
   * @template {ListRow} Row
   * @param {Batch<Row>} batch that is known
   */
  whyNot({ action, done, refused, unknown }) {
    const { word } = this, words = [];
    if (done.size) {
      words.push(word("manyDone", { what: this.actionFor(action, 1), n: done.size }));
    }
    for (const why of countReasons(refused).keys()) words.push(word("refused") + "：" + why);
    for (const why of countReasons(unknown).keys()) {
      words.push(word("notKnown", { why: why || word("unsure") }));
    }
    return words.join("\n");
  }
}
