/** The form of what needs words; it stays until the words have arrived. */
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { needs, rare } from "./actions.js";
import { changeLine } from "./alert_history.js";
import { countReasons, tellInToast } from "./command_words.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "./dialog.js";
import { actionFor, actionWord, deskWord } from "./words.js";
/** @import { AlertDetail, AlertRow } from "../shared/types.d.ts" */
/** @import { Batch } from "./commands.js" */
/** @import { DutyDesk } from "./duty_desk.js" */

const LOOKED_AT = 5, LONGEST = 2000;

/** @typedef {Record<string, HTMLInputElement | HTMLTextAreaElement>} Fields */

/**
 * The menu of what has no key of its own.
 * @param {DutyDesk} desk
 * @param {AlertRow[]} rows that it is for
 */
export function openMoreActions(desk, rows) {
  const count = rows.length > 1 ? " · " + deskWord("items", { n: rows.length }) : "";
  const dialog = openDialog(deskWord("more") + count);
  const pane = element("div", "pane"), buttons = element("div", "dk-presets");
  for (const { name: action } of rare()) {
    const button = element("button", "", actionFor(action, rows.length));
    button.disabled = !desk.session.allows(action);
    button.onclick = () => {
      closeDialog();
      openActionForm(desk, action, rows);
    };
    buttons.append(button);
  }
  pane.append(buttons);
  dialog.append(pane);
  const first = buttons.querySelector("button:not(:disabled)");
  if (first instanceof HTMLElement) first.focus();
}

/**
 * @param {DutyDesk} desk that knows the people
 * @param {HTMLFormElement} form that gets the list to choose from
 */
function assigneeField(desk, form) {
  const input = element("input"), people = element("datalist");
  people.id = "desk-people";
  input.setAttribute("list", people.id);
  input.required = true;
  input.autocomplete = "off";
  for (const person of desk.session.people.values()) {
    const option = element("option", "", person.title + " · " + pick(person.role));
    option.value = person.name;
    people.append(option);
  }
  form.append(people);
  return input;
}

/** @param {AlertRow[]} rows to be merged */
function incidentField(rows) {
  const input = element("input"), incidents = rows.map((row) => row.incident).filter(Boolean);
  input.required = true;
  input.value = rows.length > 1 ? incidents[0] || "" : "";
  return input;
}

/**
 * The fields of an action, put into its form; the first is where the person begins.
 * @param {DutyDesk} desk
 * @param {string} action of the form
 * @param {HTMLFormElement} form
 * @param {AlertRow[]} rows that it is for
 * @returns {Fields}
 */
function addFields(desk, action, form, rows) {
  /** @type {Fields} */
  const fields = {};
  const words = element("textarea");
  words.required = needs(action, "comment");
  words.maxLength = LONGEST;
  /** @type {(name: string, label: string, input: Fields[string]) => void} */
  const add = (name, label, input) => {
    const wrap = element("label", "", deskWord(label));
    input.name = name;
    wrap.append(input);
    form.append(wrap);
    fields[name] = input;
  };
  if (needs(action, "assignee")) add("assignee", "assignee", assigneeField(desk, form));
  if (action === "merge") add("incident", "incident", incidentField(rows));
  add("comment", words.required ? "wordsNeeded" : "words", words);
  return fields;
}

/** @param {Fields} fields of a form */
function detailsOf(fields) {
  /** @type {Record<string, string>} */
  const details = {};
  for (const [name, input] of Object.entries(fields)) {
    if (input.value.trim()) details[name] = input.value.trim();
  }
  return details;
}

/**
 * Open the form of an action.
 * @param {DutyDesk} desk
 * @param {string} action of the form
 * @param {AlertRow[]} rows that it is for
 */
export function openActionForm(desk, action, rows) {
  const what = actionWord(action);
  const many = deskWord("forMany", { what, n: rows.length });
  const dialog = openDialog(rows.length > 1 ? many : what + " · " + pick(rows[0].title));
  const form = element("form"), fields = addFields(desk, action, form, rows);
  const since = element("div", "dk-since"), ends = sendingRow(deskWord("send"));
  let left = rows.slice(), sent = 0;
  since.hidden = true;
  form.append(since, ends.row);
  form.onsubmit = (event) => {
    event.preventDefault();
    if (ends.send.disabled) return;
    const details = detailsOf(fields), mine = ++sent;
    holdForm(form, ends, true);
    desk.commands.send(action, left, details, (batch) => answered(batch, mine));
  };
  /**
   * @param {Batch} batch that is known
   * @param {number} mine which sending it was
   */
  async function answered(batch, mine) {
    if (mine !== sent || !isOnScreen(form)) {
      tellInToast(batch);
      return;
    }
    left = batch.rows.filter((row) => !batch.done.has(row.id));
    if (!left.length) {
      closeDialog();
      tellInToast(batch);
      return;
    }
    left = await showMeanwhile(desk, since, left);
    if (mine !== sent || !isOnScreen(form)) return;
    holdForm(form, ends, false);
    setText(ends.label, deskWord("again"));
    setText(ends.said, whyWords(batch));
  }
  dialog.append(form);
  Object.values(fields)[0].focus();
}

/** @param {Batch} batch that was not done as a whole */
function whyWords(batch) {
  const words = [];
  if (batch.done.size) {
    words.push(deskWord("manyDone", { what: actionWord(batch.action), n: batch.done.size }));
  }
  for (const why of countReasons(batch.refused).keys()) {
    words.push(deskWord("refused") + "：" + why);
  }
  for (const why of countReasons(batch.unknown).keys()) {
    words.push(deskWord("notKnown", { why: why || deskWord("unsure") }));
  }
  return words.join("\n");
}

/**
 * Show what happened since the person saw these rows.
 * @param {DutyDesk} desk
 * @param {HTMLElement} parent of the lines
 * @param {AlertRow[]} rows as the person saw them
 * @returns {Promise<AlertRow[]>} the rows as they are now
 */
async function showMeanwhile(desk, parent, rows) {
  const list = element("ul", "dk-steps");
  /** @type {Map<string, AlertRow>} */
  const newest = new Map();
  for (const row of rows.slice(0, LOOKED_AT)) {
    /** @type {AlertDetail | null} where there is none, the list's own row must do */
    const details = await desk.server.ask("/desk/api/alerts/" + encodeURIComponent(row.id))
      .catch(() => null);
    if (!details) continue;
    newest.set(row.id, details.alert);
    for (const step of details.history) {
      if (step.type === "change" && step.version > row.v) {
        list.append(changeLine(step, desk.session));
      }
    }
  }
  parent.replaceChildren(element("h3", "", deskWord("meanwhile")), list);
  parent.hidden = !list.children.length;
  return rows.map((row) => {
    const live = desk.list.rows.get(row.id) || row, read = newest.get(row.id) || live;
    return read.v > live.v ? read : live;
  });
}
