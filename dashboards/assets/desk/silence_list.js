/** The list of silences: what each is about, in words; who may approve those that wait. */
import { box, element, setText } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { weekdayName, when } from "../shared/times.js";
import { closingRow, openDialog } from "../desks/dialog.js";
import { labelWord, operatorWord } from "./labels.js";
import { wordsOf } from "../desks/server.js";
import { openSilenceForm } from "./silence_form.js";
import { showToast } from "../desks/toasts.js";
import { actionWord, deskWord, levelName } from "./words.js";
/** @import { Matcher, Recurrence, Silence } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const COLUMNS = ["", "matchers", "reasonShort", "ends", "hides", "hid", ""], RED = 4;

/**
 * Open the list of silences.
 * @param {DutyDesk} desk
 */
export async function openSilences(desk) {
  const dialog = openDialog(deskWord("silences"), true), table = element("table", "dk-table");
  const ends = closingRow(), fresh = element("button", "", deskWord("newSilence"));
  fresh.type = "button";
  fresh.onclick = () => openSilenceForm(desk, null);
  ends.row.prepend(fresh);
  dialog.append(box("pane", table, ends.row));
  async function fill() {
    try {
      const found = await desk.server.ask("/desk/api/silences");
      if (!table.isConnected) return;
      desk.meanings.takeRules(found.rules);
      const rows = found.silences.map((/** @type {Silence} */ one) => rowOf(desk, one, fill));
      table.replaceChildren(headRow(), ...(rows.length ? rows : [emptyRow()]));
    } catch (error) {
      setText(ends.said, deskWord("loadFailed", { why: wordsOf(error) }));
    }
  }
  await fill();
}

function headRow() {
  const row = element("tr");
  for (const word of COLUMNS) row.append(element("th", "", word ? deskWord(word) : ""));
  return row;
}

function emptyRow() {
  const row = element("tr"), cell = element("td", "", deskWord("noSilences"));
  cell.colSpan = COLUMNS.length;
  row.append(cell);
  return row;
}

/**
 * @param {DutyDesk} desk that knows what values stand for
 * @param {Matcher} matcher
 */
function matcherLine(desk, { name, op, value }) {
  const meaning = desk.meanings.of(name, value) || value;
  const line = element("div", "", labelWord(name) + " " + operatorWord(op) + " " + meaning);
  line.title = name + " " + op + " " + value;
  return line;
}

/** @param {Recurrence} recurrence of a silence */
function recurrenceWords({ weekdays, start, end }) {
  const days = weekdays.map((day) => weekdayName(day)).join(" ");
  return (days || deskWord("everyDay")) + " " + start + "–" + end;
}

/**
 * @param {DutyDesk} desk
 * @param {Silence} silence
 * @param {() => void} onDone called after something was done about it
 */
function rowOf(desk, silence, onDone) {
  const row = element("tr", silence.state === "waits" ? "waits" : "");
  const what = element("td"), why = element("td");
  what.append(...silence.matchers.map((matcher) => matcherLine(desk, matcher)));
  if (silence.recurrence) what.append(element("small", "", recurrenceWords(silence.recurrence)));
  const second = desk.session.person(silence.approver);
  const approver = silence.approver ? " · " + deskWord("approver", { who: second }) : "";
  const who = deskWord("creator") + " " + desk.session.person(silence.creator) + approver;
  why.append(element("div", "", silence.reason), element("small", "", who));
  const red = silence.would_hide_red ? ` (${levelName(RED)}${silence.would_hide_red})` : "";
  row.append(
    stateCell(silence),
    what,
    why,
    element("td", "n", when(silence.ends_at, desk.list.now())),
    element("td", "n", whole(silence.hides)),
    element("td", "n", whole(silence.would_hide) + red),
    actionsCell(desk, silence, onDone),
  );
  return row;
}

/** @param {Silence} silence */
function stateCell({ state, spares_red }) {
  const cell = element("td", "", deskWord(state));
  if (spares_red && state !== "waits" && state !== "expired") {
    cell.append(element("small", "", deskWord("sparesRed")));
  }
  return cell;
}

/**
 * @param {DutyDesk} desk
 * @param {Silence} silence
 * @param {() => void} onDone called after something was done about it
 */
function actionsCell(desk, silence, onDone) {
  const cell = element("td"), { session } = desk, own = silence.creator === session.user;
  const add = (/** @type {string} */ action, /** @type {string} */ word, isOwn = false) => {
    const button = element("button", "", deskWord(word));
    button.disabled = isOwn || !session.allows(action);
    if (button.disabled) button.title = deskWord(isOwn ? "ownOne" : "notAllowed");
    button.onclick = async () => {
      button.disabled = true;
      await act(desk, action, silence);
      button.disabled = false;
      onDone();
    };
    cell.append(button);
  };
  const open = silence.state !== "expired";
  if (open && silence.spares_red) add("approve_silence", "approve", own);
  if (open) add("expire_silence", "end");
  return cell;
}

/**
 * @param {DutyDesk} desk
 * @param {string} action on the silence
 * @param {Silence} silence
 */
async function act(desk, action, { id, version }) {
  const commands = [{ action, target: id, expected: version, details: {} }];
  const send = () => desk.server.post("/desk/api/commands", { commands });
  const problem = await desk.commands.follow(send, action);
  showToast(problem || deskWord("done", { what: actionWord(action) }), !!problem);
}
