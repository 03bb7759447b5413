/** The form of what needs more than a click; it stays until it has arrived. */
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "../desks/dialog.js";
import { labelled } from "../desks/picker.js";
import { makeField } from "./case_fields.js";
import { caseStepLine } from "./case_history.js";
import { caseBatches, caseWord } from "./case_words.js";
/** @import { CaseAction, CaseDetails, CaseRow } from "../shared/types.d.ts" */
/** @import { Batch } from "../desks/commands.js" */
/** @import { CaseFieldParts } from "./case_fields.js" */
/** @import { CaseDeskPage } from "./case_desk.js" */

/** Kinds of actions that may lead to an end. */
const ENDING = new Set(["close", "reject", "revisit", "rate", "feedback"]);

/**
 * Open the form of an action.
 * @param {CaseDeskPage} desk
 * @param {CaseAction} action of it
 * @param {CaseRow[]} rows of the cases, one at least
 * @param {Record<string, string>} [given] what its fields say at first
 */
export function openCaseForm(desk, action, rows, given = {}) {
  const [row, ...others] = rows;
  const about = others.length
    ? caseWord("casesN", { n: rows.length })
    : row.number + " " + row.title;
  const dialog = openDialog(pick(action.title) + " · " + about);
  const form = element("form");
  /** @type {Map<string, CaseFieldParts>} */
  const fields = new Map();
  if (!others.length && ENDING.has(action.kind) && desk.detail.read?.alerts?.length) {
    form.append(element("p", "dk-hint", caseWord("alertStays")));
  }
  for (const field of action.fields) {
    const parts = makeField(desk, rows, action.kind, field, given[field.name] || "");
    const words = desk.session.name("details", field.name);
    const label = words + (field.needed ? "（" + caseWord("required") + "）" : "");
    form.append(labelled(label, parts.node));
    fields.set(field.name, parts);
  }
  const since = element("div", "dk-since"), ends = sendingRow(caseWord("send"));
  let left = rows, sent = 0;
  since.hidden = true;
  form.append(since, ends.row);
  form.onsubmit = (event) => {
    event.preventDefault();
    if (ends.send.disabled) return;
    const details = detailsOf(fields), mine = ++sent;
    holdForm(form, ends, true);
    desk.commands.send(action.name, left, details, (batch) => answered(batch, mine));
  };
  /**
   * @param {Batch<CaseRow>} batch that is known
   * @param {number} mine which sending it was
   */
  async function answered(batch, mine) {
    if (mine !== sent || !isOnScreen(form)) {
      caseBatches.tellInToast(batch);
      return;
    }
    if (batch.done.size) {
      closeDialog();
      if (others.length) caseBatches.tellInToast(batch);
      desk.saidDone(action.name, left);
      return;
    }
    if (!others.length) left = [await showMeanwhile(desk, since, left[0])];
    if (mine !== sent || !isOnScreen(form)) return;
    holdForm(form, ends, false);
    setText(ends.label, caseWord("again"));
    setText(ends.said, caseBatches.whyNot(batch));
  }
  dialog.append(form);
  const first = fields.values().next().value;
  first?.focus.focus();
}

/** @param {Map<string, CaseFieldParts>} fields of a form */
function detailsOf(fields) {
  /** @type {Record<string, string>} */
  const details = {};
  for (const [name, field] of fields) {
    const value = field.value();
    if (value) details[name] = value;
  }
  return details;
}

/**
 * Show what happened since the person saw a case.
 * @param {CaseDeskPage} desk
 * @param {HTMLElement} parent of the lines
 * @param {CaseRow} row as the person saw it
 * @returns {Promise<CaseRow>} as it is now
 */
async function showMeanwhile(desk, parent, row) {
  const list = element("ul", "dk-steps"), live = desk.list.rows.get(row.id) || row;
  /** @type {CaseDetails | null} where there is none, the list's own row must do */
  const details = await desk.server.ask("/cases/api/cases/" + encodeURIComponent(row.id))
    .catch(() => null);
  for (const step of details?.history || []) {
    if (step.version > row.v) list.append(caseStepLine(step));
  }
  parent.replaceChildren(element("h3", "", caseWord("meanwhile")), list);
  parent.hidden = !list.children.length;
  const read = details?.case || live;
  return read.v > live.v ? read : live;
}

/**
 * The menu of all that can be done now, and why the rest cannot.
 * @param {CaseDeskPage} desk
 * @param {CaseAction[]} actions of the open case
 */
export function openActionMenu(desk, actions) {
  const dialog = openDialog(caseWord("more")), pane = element("div", "pane");
  const may = element("div", "dk-presets");
  for (const action of actions.filter((one) => !one.why)) {
    const button = element("button", "", pick(action.title));
    button.onclick = () => {
      closeDialog();
      desk.act(action);
    };
    may.append(button);
  }
  if (!may.children.length) may.append(caseWord("noActions"));
  const groups = [
    element("h3", "", caseWord("whyNot")),
    reasons(actions.filter(({ why, here }) => why && here)),
    element("h3", "", caseWord("elsewhere")),
    reasons(actions.filter(({ why, here }) => why && !here)),
  ];
  pane.append(may, ...groups);
  dialog.append(pane);
  may.querySelector("button")?.focus();
}

/** @param {CaseAction[]} actions that cannot be done */
function reasons(actions) {
  const list = element("ul", "dk-why");
  for (const { title, why, here, others, stages } of actions) {
    const line = element("li", "dk-no"), where = stages.map((stage) => pick(stage)).join("、");
    line.dataset.sign = "✗";
    const words = here || others ? pick(why || "") : caseWord("standsIn", { where });
    line.append(element("b", "", pick(title)), " ", element("span", "", words));
    list.append(line);
  }
  return list;
}
