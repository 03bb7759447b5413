/** What happened to the open alert: its steps, its notices with receipts, why (not) notified. */
import { placeOf, titleOf } from "../shared/city.js";
import { element } from "../shared/dom.js";
import { inLanguage, pick } from "../shared/language.js";
import { time } from "../shared/times.js";
import { isOfPeople } from "./actions.js";
import { stepLine } from "../desks/step_line.js";
import { deskWord, stepWord } from "./words.js";
/** @import { AlertDetail, ChangeStep, NoticeStep, Step } from "../shared/types.d.ts" */
/** @import { SessionStore } from "./session.js" */

const FAILED = new Set(["given_up", "unknown_receiver"]);
/** @type {Record<string, string>} */
const SIGNS = { yes: "✓", no: "✗", note: "!", next: "→" };

/**
 * Who did what, and what was said.
 * @param {ChangeStep} step of the alert
 * @param {SessionStore} session that knows people's titles
 */
export function changeLine(step, session) {
  const { what, details } = step, isPerson = isOfPeople(what), isRefused = what === "refused";
  const to = details.owner || details.assignee;
  const rest = [
    isPerson || isRefused ? session.person(step.by) : "",
    to ? "→ " + session.person(to) : "",
    details.result ? session.result(details.result) : "",
    step.held ? deskWord("heldThen") : "",
    step.words ? pick(step.words) : "",
  ];
  const className = isRefused ? "bad" : isPerson ? "person" : what === "muted" ? "quiet" : "";
  const line = stepLine(className, step.at, stepWord(what), rest.filter(Boolean).join(" "));
  const said = details.comment || (isRefused ? inLanguage(details.reason) : "");
  if (said) line.append(element("q", "", said));
  return line;
}

/** @param {NoticeStep} step of the alert */
function noticeLine(step) {
  const last = step.receipts[step.receipts.length - 1];
  const className = last && FAILED.has(last.outcome) ? "bad" : "sent";
  const line = stepLine(className, step.at, "✉ " + pick(step.name), pick(step.purpose));
  for (const { attempt, words, at, took, detail } of step.receipts) {
    const parts = [
      deskWord("attempt", { n: attempt }) + " " + pick(words),
      time(at),
      took + " ms",
      detail,
    ];
    line.append(element("q", "", parts.filter(Boolean).join(" · ")));
  }
  if (!last) line.append(element("q", "", deskWord("noReceipt")));
  return line;
}

/**
 * Show the history, the newest first.
 * @param {HTMLElement} parent of the lines
 * @param {Step[]} steps of the alert
 * @param {SessionStore} session that knows people's titles
 */
export function showHistory(parent, steps, session) {
  const lines = steps.slice().reverse().map((step) =>
    step.type === "change" ? changeLine(step, session) : noticeLine(step)
  );
  parent.replaceChildren(...lines);
}

/**
 * Show the events behind the alert: what each says, when, and who told it.
 * @param {HTMLElement} parent of the lines
 * @param {AlertDetail} details of the alert
 */
export function showEvents(parent, { events, alert }) {
  const hidden = alert.evidence.events.length - (events || []).length;
  const lines = (events || []).map(({ at, kind, feed, area, text }) => {
    const from = [titleOf("feeds", feed), placeOf(area)].filter(Boolean).join(" · ");
    const line = stepLine("", at, titleOf("kinds", kind), from);
    if (text) line.append(element("q", "", text));
    return line;
  });
  if (events === null) lines.push(element("li", "bad", deskWord("eventsAway")));
  else if (hidden > 0) lines.push(element("li", "quiet", deskWord("eventsHidden", { n: hidden })));
  else if (!lines.length) lines.push(element("li", "quiet", deskWord("noEvents")));
  parent.replaceChildren(...lines);
}

/** @param {[string, string, string][]} lines sign and words */
function whyList(lines) {
  const list = element("ul", "dk-why");
  for (const [sign, zh, en] of lines) {
    const line = element("li", "dk-" + sign, pick([zh, en]));
    line.dataset.sign = SIGNS[sign];
    list.append(line);
  }
  return list;
}

/**
 * Show why somebody was notified, or nobody: person by person, then what the routes say.
 * @param {HTMLElement} parent of the lines
 * @param {AlertDetail["why"]} why of the alert
 */
export function showWhy(parent, { told, lines, people = [], rest = lines }) {
  const verdict = told ? "yes" : "no";
  const each = people.map(({ name, sign, lines: own }) => {
    const node = element("details", "dk-person"), head = element("summary", "dk-" + sign);
    head.append(SIGNS[sign] + " ", element("b", "", pick(name)));
    node.append(head, whyList(own));
    node.open = sign !== "yes";
    return node;
  });
  const verdictLine = element("p", "dk-verdict " + verdict, deskWord(verdict));
  const heading = each.length ? [element("h4", "", deskWord("routesSay"))] : [];
  parent.replaceChildren(verdictLine, ...each, ...heading, whyList(rest));
}
