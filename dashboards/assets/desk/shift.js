/** Shift hand-over: what happened in the last hours. */
import { placeOf } from "../shared/city.js";
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { when } from "../shared/times.js";
import { closingRow, openDialog } from "./dialog.js";
import { wordsOf } from "./server.js";
import { deskWord, levelName, NUMERALS, stepWord } from "./words.js";
/** @import { AlertRow, Pair } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const HOURS = [4, 8, 12, 24], USUAL = 8;
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

/** @typedef {Pick<AlertRow, "level" | "opened" | "title" | "area" | "state" | "owner">} Serious */
/** @typedef {{at: number, what: string, by: string, title: Pair, comment: string}} Remark */

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
    content.replaceChildren(...contentOf(told, desk.list.now()));
  } catch (error) {
    setText(ends.said, deskWord("loadFailed", { why: wordsOf(error) }));
  }
}

/**
 * @param {any} told by the server
 * @param {number} now instant
 */
function contentOf(told, now) {
  const cards = box("dk-cards");
  for (const [word, figure] of FIGURES) {
    const value = told[figure] === null ? "–" : whole(told[figure]);
    cards.append(box("", element("b", "", value), element("span", "", deskWord(word))));
  }
  const serious = element("table", "dk-table"), remarks = element("ul", "dk-steps");
  serious.append(...told.serious.map((/** @type {Serious} */ one) => seriousRow(one, now)));
  remarks.append(...told.remarks.map((/** @type {Remark} */ one) => remarkLine(one, now)));
  const heading = (/** @type {string} */ key) => element("h3", "", deskWord(key));
  return [cards, heading("redList"), serious, heading("remarks"), remarks];
}

/**
 * @param {Serious} alert
 * @param {number} now instant
 */
function seriousRow(alert, now) {
  const row = element("tr"), level = NUMERALS[alert.level] + " " + levelName(alert.level);
  row.append(
    element("td", "lv" + alert.level, level),
    element("td", "n", when(alert.opened, now)),
    element("td", "", pick(alert.title) + " · " + placeOf(alert.area)),
    element("td", "", deskWord(alert.state)),
    element("td", "", alert.owner || "–"),
  );
  return row;
}

/**
 * @param {Remark} remark
 * @param {number} now instant
 */
function remarkLine(remark, now) {
  const line = element("li", remark.what === "refused" ? "bad" : "person");
  const rest = remark.by + " · " + pick(remark.title);
  line.append(element("time", "", when(remark.at, now)), element("b", "", stepWord(remark.what)));
  line.append(" ", element("em", "", rest));
  if (remark.comment) line.append(element("q", "", remark.comment));
  return line;
}
