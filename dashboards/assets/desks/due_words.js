/** What a clock says that runs: how long is left, or since when it is over. */
import { span } from "../shared/times.js";
import { desksWord } from "./words.js";

const SECOND_MS = 1000;

/**
 * @param {{due: number | null, soon: number | null}} clock when it is used up, and when that
 *   is soon
 * @param {number} now instant
 * @returns {{words: string, className: string}} "" for a clock that does not run
 */
export function dueClock({ due, soon }, now) {
  if (due === null) return { words: "", className: "" };
  const t = span(Math.abs(due - now) / SECOND_MS);
  if (due < now) return { words: desksWord("overdue", { t }), className: " over" };
  return {
    words: desksWord("left", { t }),
    className: soon !== null && now >= soon ? " soon" : "",
  };
}
