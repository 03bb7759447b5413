/** What happened to the open case: who, when, what, and what was said. */
import { element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { date, minute } from "../shared/times.js";
import { stepLine } from "../desks/step_line.js";
import { caseWord } from "./case_words.js";
/** @import { CaseStepLine } from "../shared/types.d.ts" */

const BAD = new Set(["returned", "sent_back", "rejected", "supervised", "escalated", "flagged"]);

/**
 * One step of a case's life.
 * @param {CaseStepLine} step
 */
export function caseStepLine(step) {
  const who = pick(step.by) + (step.role ? "（" + pick(step.role) + "）" : "");
  const facts = step.facts.map(([name, value]) => pick(name) + " → " + pick(value));
  const times = step.times.map(([name, at]) => pick(name) + " " + date(at) + " " + minute(at));
  const rest = [who, ...facts, ...times, step.into].filter(Boolean).join(" · ");
  const name = BAD.has(step.what) ? "bad" : step.person ? "person" : "quiet";
  const line = stepLine(name, step.at, pick(step.words), rest);
  line.prepend(element("time", "cs-day", date(step.at).slice(5)));
  if (step.comment) line.append(element("q", "", step.comment));
  return line;
}

/**
 * Show the history, the newest first.
 * @param {HTMLElement} parent of the lines
 * @param {CaseStepLine[] | null} steps of the case; null where the store does not answer
 */
export function showCaseHistory(parent, steps) {
  const lines = (steps || []).slice().reverse().map(caseStepLine);
  if (!steps) lines.push(element("li", "bad", caseWord("historyAway")));
  parent.replaceChildren(...lines);
}
