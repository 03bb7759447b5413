/** Shift hand-over: what happened in the last hours. */
import { placeOf } from "../shared/city.js";
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { when } from "../shared/times.js";
import { sharedWord } from "../shared/words.js";
import { closingRow, openDialog } from "../desks/dialog.js";
import { besideWords } from "./list_counts.js";
import { wordsOf } from "../desks/server.js";
import { NUMERALS } from "../desks/levels.js";
import { deskWord, levelName, stepWord } from "./words.js";
/** @import { AlertRow, Pair } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */
/** @import { SessionStore } from "./session.js" */

const HOURS = [4, 8, 12, 24], USUAL = 8, DRILL = "exercise";
/** @type {[string, string][]} word, and the figure of the answer */
const FIGURES = [
  ["came", "opened"],
  ["ackedN", "acknowledged"],
  ["closedN", "closed"],
  ["stillOpen", "open"],
  ["stillWaiting", "waiting"],
  ["notifiedN", "notices"],
  ["failedN", "failed"],
  ["mutedN", "muted"],
];

/**
 * @typedef {Pick<AlertRow, "level" | "opened" | "title" | "area" | "state" | "owner" | "origin">}
 *   Serious
 */
/**
 * @typedef {{at: number, what: string, by: string, title: Pair, origin: string, comment: string}}
 *   Remark
 */

/**
 * Open the hand-over of the last hours.
 * @param {DutyDesk} desk
 * @param {number} [hours] to look back
 */
export async function openShift(desk, hours = USUAL) {
  const dialog = openDialog(deskWord("shift"), true), presets = box("dk-presets");
  const content = element("div"), ends = closingRow();
  for (const n of HOURS) {
    const button = element("button", n === hours ? "on" : "", deskWord("since", { n }));
    button.onclick = () => openShift(desk, n);
    presets.append(button);
  }
  dialog.append(box("pane", presets, content, ends.row));
  const chosen = presets.querySelector(".on");
  if (chosen instanceof HTMLElement) chosen.focus();
  try {
    const told = await desk.server.ask("/desk/api/shift?hours=" + hours);
    content.replaceChildren(...contentOf(told, desk));
  } catch (error) {
    setText(ends.said, deskWord("loadFailed", { why: wordsOf(error) }));
  }
}

/**
 * @param {any} told by the server
 * @param {DutyDesk} desk that knows the time, and people's titles
 */
function contentOf(told, { list, session }) {
  const now = list.now();
  const cards = box("dk-cards");
  for (const [word, figure] of FIGURES) {
    const value = told[figure] === null ? "–" : whole(told[figure]);
    cards.append(box("", element("b", "", value), element("span", "", deskWord(word))));
  }
  const { [DRILL]: _drills, ...others } = told.beside;
  const beside = besideWords(told.exercises ? { ...others, [DRILL]: told.exercises } : others);
  const serious = element("table", "dk-table"), remarks = element("ul", "dk-steps");
  serious.append(
    ...told.serious.map((/** @type {Serious} */ one) => seriousRow(one, now, session)),
  );
  remarks.append(...told.remarks.map((/** @type {Remark} */ one) => remarkLine(one, now, session)));
  const heading = (/** @type {string} */ key) => element("h3", "", deskWord(key));
  const said = [told.origin === "live" ? "" : sharedWord(told.origin), beside].filter(Boolean);
  const note = said.length ? [element("p", "dk-beside", said.join(" · "))] : [];
  return [cards, ...note, heading("redList"), serious, heading("remarks"), remarks];
}

/**
 * The mark of what is not live, before its title.
 * @param {{origin: string}} record
 */
const originOf = ({ origin }) => origin === "live" ? "" : "【" + sharedWord(origin) + "】";

/**
 * @param {Serious} alert
 * @param {number} now instant
 * @param {SessionStore} session that knows people's titles
 */
function seriousRow(alert, now, session) {
  const row = element("tr"), level = NUMERALS[alert.level] + " " + levelName(alert.level);
  row.append(
    element("td", "lv" + alert.level, level),
    element("td", "n", when(alert.opened, now)),
    element("td", "", originOf(alert) + pick(alert.title) + " · " + placeOf(alert.area)),
    element("td", "", deskWord(alert.state)),
    element("td", "", alert.owner ? session.person(alert.owner) : "–"),
  );
  return row;
}

/**
 * @param {Remark} remark
 * @param {number} now instant
 * @param {SessionStore} session that knows people's titles
 */
function remarkLine(remark, now, session) {
  const line = element("li", remark.what === "refused" ? "bad" : "person");
  const rest = session.person(remark.by) + " · " + originOf(remark) + pick(remark.title);
  line.append(element("time", "", when(remark.at, now)), element("b", "", stepWord(remark.what)));
  line.append(" ", element("em", "", rest));
  if (remark.comment) line.append(element("q", "", remark.comment));
  return line;
}
