/** What stands beside a case: parts of other units, its supervision, linked cases. */
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { date, minute, when } from "../shared/times.js";
import { stepLine } from "../desks/step_line.js";
import { caseWord } from "./case_words.js";
/** @import { CaseDetails, CaseLink, CaseRow, Pair } from "../shared/types.d.ts" */
/** @import { CaseSupervision, JointPart } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

/** @typedef {{node: HTMLElement, note: HTMLElement, body: HTMLElement}} Card */

/**
 * Show the parts of joint handling.
 * @param {Card} card of them
 * @param {JointPart[]} parts of the case
 * @param {number} now instant
 */
export function showJoint(card, parts, now) {
  card.node.hidden = !parts.length;
  setText(card.note, parts.filter((part) => !part.done && !part.withdrawn).length || "");
  const lines = parts.map((part) => {
    const state = part.withdrawn
      ? caseWord("withdrawn")
      : part.done
      ? caseWord("doneBy", { t: when(part.done, now) })
      : caseWord("due") + " " + date(part.due) + " " + minute(part.due);
    const line = element("li", part.done ? "person" : part.withdrawn ? "quiet" : "sent");
    line.append(element("b", "", pick(part.title)), " ", element("em", "", state));
    for (const words of [part.comment, part.result]) {
      if (words) line.append(element("q", "", words));
    }
    return line;
  });
  card.body.replaceChildren(listOf(lines));
}

/**
 * Show which alerts the case came of that are still open: closing it does not close them.
 * @param {HTMLElement} line of them
 * @param {{id: string, title: Pair}[]} alerts that are open
 */
export function showAlerts(line, alerts) {
  line.hidden = !alerts.length;
  const links = alerts.map(({ id, title }) => {
    const link = element("a", "", pick(title));
    link.href = "/desk?alert=" + encodeURIComponent(id);
    return link;
  });
  line.replaceChildren(element("span", "", caseWord("alertOpen")), ...links);
}

/**
 * Show who watches over the case, and all steps of that.
 * @param {Card} card of it
 * @param {CaseSupervision[]} supervisions of the case
 */
export function showSupervision(card, supervisions) {
  card.node.hidden = !supervisions.length;
  const last = supervisions.at(-1);
  setText(card.note, last ? pick(last.unit) : "");
  const lines = supervisions.flatMap(({ steps }) => steps).reverse().map((step) => {
    const words = pick(step.what) + " " + pick(step.level);
    const line = stepLine("bad", step.at, words, pick(step.by));
    if (step.comment) line.append(element("q", "", step.comment));
    return line;
  });
  card.body.replaceChildren(listOf(lines));
}

/**
 * Show what the case is linked with, and what may be the same matter.
 * @param {Card} linked card of what it is linked with
 * @param {Card} alike card of what may be the same
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the open case
 * @param {CaseDetails | null} read of it
 */
export function showLinks(linked, alike, desk, row, read) {
  const links = read?.case.links || [];
  linked.node.hidden = !links.length;
  draw(
    linked.body,
    links.map((link) => [link.what, link.number, link.state]),
    () => links.map((link) => linkLine(desk, link)),
  );
  const merge = read?.actions.find(({ kind, why }) => kind === "merge" && !why);
  const near = row.closed || row.into ? [] : read?.near || [];
  alike.node.hidden = !near.length;
  setText(alike.note, near.length || "");
  draw(
    alike.body,
    near.map((one) => [one.row.id, one.row.title, one.row.v, !!merge]),
    () =>
      near.map(({ row: other, far }) => {
        const line = element("li"), button = caseButton(desk, other.id, other.number, other.title);
        line.append(button, element("em", "", far === null ? "" : caseWord("metres", { n: far })));
        if (merge) {
          const join = element("button", "cs-merge", caseWord("merge"));
          join.onclick = () => desk.act(merge, { into: other.id });
          line.append(join);
        }
        return line;
      }),
  );
}

/** @type {WeakMap<HTMLElement, string>} what a body shows already */
const shown = new WeakMap();

/**
 * @param {HTMLElement} body to fill, where what it shows has changed
 * @param {unknown} what it shows
 * @param {() => HTMLElement[]} make its lines
 */
function draw(body, what, make) {
  const key = document.documentElement.lang + JSON.stringify(what);
  if (shown.get(body) === key) return;
  shown.set(body, key);
  body.replaceChildren(listOf(make()));
}

/**
 * @param {CaseDeskPage} desk
 * @param {CaseLink} link
 */
function linkLine(desk, link) {
  const line = element("li"), what = element("em", "", caseWord(link.what));
  if (!link.id) {
    line.append(what, " ", element("span", "", caseWord("hiddenCase")));
    return line;
  }
  const state = link.state ? pick(link.state) : "";
  line.append(
    what,
    " ",
    caseButton(desk, link.id, link.number, link.title),
    element("em", "", state),
  );
  return line;
}

/**
 * @param {CaseDeskPage} desk
 * @param {string} id of the case
 * @param {string} number
 * @param {string} title
 */
function caseButton(desk, id, number, title) {
  const button = element("button", "cs-link");
  button.append(element("b", "", number), " ", element("span", "", title));
  button.onclick = () => desk.show(id);
  return button;
}

/** @param {HTMLElement[]} lines */
function listOf(lines) {
  const list = element("ul", "dk-steps cs-lines");
  list.append(...lines);
  return list;
}
