/** The form of what needs words; it stays until the words have arrived. */
import { placeOf } from "../shared/city.js";
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { when } from "../shared/times.js";
import { isAnswer, needs, rare } from "./actions.js";
import { changeLine } from "./alert_history.js";
import { choiceField } from "../desks/fields.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "../desks/dialog.js";
import { actionFor, actionWord, alertBatches, deskWord, levelName } from "./words.js";
/** @import { AlertDetail, AlertRow } from "../shared/types.d.ts" */
/** @import { Batch } from "../desks/commands.js" */
/** @import { DutyDesk } from "./duty_desk.js" */

const LOOKED_AT = 5, LONGEST = 2000, MINUTE_S = 60;
/** @import { Fields } from "../desks/fields.js" */

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
    if (isAnswer(action)) continue;
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
    const told = person.reachable ? "" : " · " + deskWord("unreachable");
    const option = element("option", "", pick(person.role) + told);
    option.value = person.title;
    people.append(option);
  }
  form.append(people);
  return input;
}

/**
 * The account that somebody typed: by its title, or by its name.
 * @param {DutyDesk} desk that knows the people
 * @param {string} typed words
 */
function accountOf(desk, typed) {
  const people = Array.from(desk.session.people.values());
  const named = people.filter((person) => person.title === typed);
  return named.length === 1 ? named[0].name : typed;
}

/**
 * The incidents that alerts can join, by what stands for them.
 * @param {DutyDesk} desk that has the alerts
 * @param {AlertRow[]} rows to be merged
 */
function incidentField(desk, rows) {
  /** @type {[string, string][]} */
  const choices = [];
  const own = new Set(rows.length > 1 ? [] : rows.map((row) => row.incident)), known = new Set(own);
  for (const row of [...rows, ...desk.list.rows.values()]) {
    if (!row.incident || known.has(row.incident)) continue;
    known.add(row.incident);
    const age = when(row.opened, desk.list.now());
    const parts = [levelName(row.level), pick(row.title), placeOf(row.area), age];
    choices.push([row.incident, parts.filter(Boolean).join(" · ")]);
  }
  return choiceField(choices, rows.length > 1 ? rows[0].incident : "");
}

/** What closes an alert, whatever it is called. */
const CLOSING = new Set(["resolve", "ask_closing"]);

/**
 * What must be known before alerts are closed: that they go on, that a second person is needed.
 * @param {DutyDesk} desk
 * @param {AlertRow[]} rows to be closed
 */
function closingHints({ session }, rows) {
  const holding = rows.filter((row) => row.holds), hints = [];
  const many = rows.length > 1 ? "Many" : "";
  if (holding.length) hints.push(deskWord("stillHolds" + many, { n: holding.length }));
  const two = rows.filter((row) => session.actionOn("resolve", row) === "ask_closing");
  if (two.length) hints.push(deskWord("twoClose", { n: two.length }));
  const worked = rows.filter((row) => row.case).length;
  if (worked) hints.push(deskWord("caseStillOpen" + many, { n: worked }));
  return hints.map((text) => element("p", "dk-hint", text));
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
  const words = element("textarea"), { session } = desk, closes = CLOSING.has(action);
  const isExplained = closes && rows.some((row) => session.isExplained(row));
  words.required = needs(action, "comment") || isExplained;
  words.maxLength = LONGEST;
  /** @type {(name: string, label: string, input: Fields[string]) => void} */
  const add = (name, label, input) => {
    const wrap = element("label", "", deskWord(label));
    input.name = name;
    wrap.append(input);
    form.append(wrap);
    fields[name] = input;
  };
  if (closes) form.append(...closingHints(desk, rows));
  if (needs(action, "assignee")) {
    add("assignee", "assignee", assigneeField(desk, form));
    const minutes = Math.round(session.handling.answer_s / MINUTE_S);
    form.append(element("p", "dk-note", deskWord("answerIn", { n: minutes })));
  }
  if (closes) {
    const { choices } = session.handling;
    add(
      "result",
      isExplained ? "resultNeeded" : "result",
      choiceField(
        choices.map((id) => [id, session.result(id)]),
        "",
      ),
    );
    fields.result.required = isExplained;
  }
  if (action === "merge") add("into", "incident", incidentField(desk, rows));
  add("comment", words.required ? "wordsNeeded" : "words", words);
  return fields;
}

/**
 * @param {DutyDesk} desk that knows the people
 * @param {Fields} fields of a form
 */
function detailsOf(desk, fields) {
  /** @type {Record<string, string>} */
  const details = {};
  for (const [name, input] of Object.entries(fields)) {
    const value = input.value.trim();
    if (value) details[name] = name === "assignee" ? accountOf(desk, value) : value;
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
  const what = actionWord(desk.session.actionOn(action, rows[0]));
  const many = deskWord("forMany", { what, n: rows.length });
  const dialog = openDialog(rows.length > 1 ? many : what + " · " + pick(rows[0].title));
  const form = element("form"), fields = addFields(desk, action, form, rows);
  const since = element("div", "dk-since"), ends = sendingRow(deskWord("send"));
  let left = action === "merge" ? oneOfEach(rows) : rows.slice(), sent = 0;
  since.hidden = true;
  form.append(since, ends.row);
  form.onsubmit = (event) => {
    event.preventDefault();
    if (ends.send.disabled) return;
    const details = detailsOf(desk, fields), mine = ++sent;
    holdForm(form, ends, true);
    desk.commands.send(action, left, details, (batch) => answered(batch, mine));
  };
  /**
   * @param {Batch<AlertRow>} batch that is known
   * @param {number} mine which sending it was
   */
  async function answered(batch, mine) {
    if (mine !== sent || !isOnScreen(form)) {
      alertBatches.tellInToast(batch);
      return;
    }
    left = batch.rows.filter((row) => !batch.done.has(row.id));
    if (!left.length) {
      closeDialog();
      alertBatches.tellInToast(batch);
      return;
    }
    left = await showMeanwhile(desk, since, left);
    if (mine !== sent || !isOnScreen(form)) return;
    holdForm(form, ends, false);
    setText(ends.label, deskWord("again"));
    setText(ends.said, alertBatches.whyNot(batch));
  }
  dialog.append(form);
  Object.values(fields)[0].focus();
}

/**
 * One alert of each incident: all others of it go where that one goes.
 * @param {AlertRow[]} rows to be merged
 */
function oneOfEach(rows) {
  return Array.from(new Map(rows.map((row) => [row.incident || row.id, row])).values());
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
