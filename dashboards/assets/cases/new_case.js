/** A new case, by keyboard: what, where, in which words. */
import { city, placeOf } from "../shared/city.js";
import { element, setText } from "../shared/dom.js";
import { inLanguage, isEnglish, pick } from "../shared/language.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "../desks/dialog.js";
import { labelled, Picker } from "../desks/picker.js";
import { choiceField } from "../desks/fields.js";
import { isUnknown, wordsOf } from "../desks/server.js";
import { fileField } from "./case_files.js";
import { kindChoices } from "./case_fields.js";
import { caseWord, SEVERITY_COUNT, severityName } from "./case_words.js";
/** @import { Pair } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const LONGEST_TITLE = 200, LONGEST_TEXT = 10000, STREET_DIGITS = 9, USUAL = "1";

/**
 * The city's areas, as choices: streets first, then the smaller ones within them.
 * @param {string[]} own codes that the person is limited to; none for all
 */
function areaChoices(own) {
  const codes = Object.keys(city().areas).filter((code) =>
    !own.length || own.some((one) => code.startsWith(one))
  );
  const far = (/** @type {string} */ code) => Math.abs(code.length - STREET_DIGITS);
  codes.sort((one, other) => far(one) - far(other) || one.localeCompare(other));
  return codes.map((code) => ({
    value: code,
    title: city().areas[code],
    note: placeOf(code.slice(0, -3)) === code.slice(0, -3) ? "" : placeOf(code.slice(0, -3)),
    also: placeOf(code),
  }));
}

/** How this person hears of matters, by role. */
const SOURCES = /** @type {Record<string, string>} */ ({ grid_worker: "grid" });

/**
 * Open the form of a new case.
 * @param {CaseDeskPage} desk
 */
export function openNewCase(desk) {
  const { session } = desk, me = session.current;
  if (!me?.opens) return;
  const dialog = openDialog(caseWord("newCase")), form = element("form", "cs-new");
  const title = element("input"), text = element("textarea");
  const named = () => {
    const parts = [
      area.chosen ? placeOf(area.value) : "",
      kind.chosen ? pick(kind.chosen.title) : "",
    ];
    return parts.filter(Boolean).join(isEnglish() ? ": " : "");
  };
  const suggest = () => {
    title.placeholder = named() ? caseWord("autoTitle", { t: named() }) : "";
  };
  const kind = new Picker({
    name: "kind",
    choices: kindChoices(),
    required: true,
    onPick: suggest,
  });
  const area = new Picker({ name: "area", choices: areaChoices(me.areas), onPick: suggest });
  area.input.required = me.areas.length > 0;
  kind.input.placeholder = area.input.placeholder = caseWord("hint_type");
  title.name = "title";
  title.maxLength = LONGEST_TITLE;
  title.autocomplete = "off";
  title.onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    text.focus();
  };
  text.name = "text";
  text.maxLength = LONGEST_TEXT;
  const severity = choiceField(severities(), USUAL), source = sourceField(desk);
  severity.name = "severity";
  const ends = sendingRow(caseWord("open_")), files = fileField(desk, false);
  const line = element("div", "cs-two");
  line.append(labelled(caseWord("severity"), severity), labelled(caseWord("source"), source));
  form.append(
    labelled(caseWord("kind"), kind.node),
    labelled(caseWord("area"), area.node),
    labelled(caseWord("caseTitle"), title),
    labelled(caseWord("details"), text),
    labelled(caseWord("files"), files.node),
    line,
    ends.row,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (ends.send.disabled) return;
    holdForm(form, ends, true);
    const wrong = await send(desk, {
      kind: kind.value,
      title: title.value.trim() || named(),
      area: area.value,
      text: text.value.trim(),
      severity: Number(severity.value),
      source: source.value,
      attachments: files.value().split(",").filter(Boolean),
    });
    if (!isOnScreen(form)) {
      if (wrong) desk.say(wrong, true);
      return;
    }
    holdForm(form, ends, false);
    if (wrong) setText(ends.said, wrong);
    else closeDialog();
  };
  dialog.append(form);
  kind.input.focus();
}

/** @returns {[string, string][]} */
const severities = () =>
  Array.from({ length: SEVERITY_COUNT }, (_, index) => [String(index), severityName(index)]);

/** @param {CaseDeskPage} desk */
function sourceField({ session }) {
  const role = session.current?.role || "", isHotline = session.own.has("hotline");
  const usual = SOURCES[role] || (isHotline ? "hotline" : "clerk");
  const field = choiceField(
    ["clerk", "hotline", "grid"].map((id) => [id, session.name("sources", id)]),
    usual,
  );
  field.name = "source";
  return field;
}

/**
 * Send a new case, and open it once it is there.
 * @param {CaseDeskPage} desk
 * @param {Record<string, Pair | string | number | string[]>} opening
 * @returns {Promise<string>} "" when it was opened, else what is wrong
 */
async function send(desk, opening) {
  try {
    const [[id, command]] = (await desk.server.post("/cases/api/open", opening)).sent;
    const outcome = await desk.commands.outcome(command);
    if (!outcome) return caseWord("openUnknown", { why: caseWord("unsure") });
    if (outcome.outcome !== "accepted") {
      return caseWord("notOpened", { why: inLanguage(outcome.reason) });
    }
    showOpened(desk, id);
    return "";
  } catch (error) {
    const why = wordsOf(error);
    return caseWord(isUnknown(error) ? "openUnknown" : "notOpened", { why });
  }
}

/**
 * Show the case that this person opened.
 * @param {CaseDeskPage} desk
 * @param {string} id of it
 */
async function showOpened(desk, id) {
  try {
    const details = await desk.server.ask("/cases/api/cases/" + encodeURIComponent(id));
    desk.say(caseWord("openedAs", { n: details.case.number }));
    desk.show(id);
  } catch {
    desk.say(caseWord("openedElsewhere"));
  }
}
