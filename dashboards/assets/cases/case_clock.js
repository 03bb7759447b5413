/**
 * The clock of a case: the one place where a row shows what is due, and the right side its clock.
 * While nobody computes deadlines, `due` and `used` are null, and nothing is shown but its age.
 */
import { countingAge, span } from "../shared/times.js";
import { caseWord } from "./case_words.js";
/** @import { CaseDetails, CaseRow } from "../shared/types.d.ts" */

const SOON = 0.8, SECOND_MS = 1000;

/**
 * What a row says of its time.
 * @param {CaseRow} row of the case
 * @param {number} now instant
 * @returns {{words: string, className: string}}
 */
export function rowClock(row, now) {
  if (row.closed) return { words: countingAge(row.closed - row.opened), className: "" };
  if (row.due === null) return { words: countingAge(now - row.opened), className: "" };
  const left = row.due - now, words = span(Math.abs(left) / SECOND_MS);
  if (left < 0) return { words: caseWord("overdue", { t: words }), className: " over" };
  const soon = row.used !== null && row.used >= SOON;
  return { words: caseWord("left", { t: words }), className: soon ? " soon" : "" };
}

/**
 * The card that explains a case's clock; null while there is nothing to explain.
 * @param {CaseDetails} _details of the case
 * @returns {HTMLElement | null}
 */
export const clockCard = (_details) => null;
