/** Lists of cases as files: what the list shows, or the cases behind a number. */
import { box, element } from "../shared/dom.js";
import { isEnglish } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { closingRow, openDialog } from "../desks/dialog.js";
import { wordsOf } from "../desks/server.js";
import { caseWord } from "./case_words.js";
/** @import { CaseDeskPage } from "./case_desk.js" */

const PATH = "/cases/api/export", FORMATS = ["xlsx", "csv"], MOST = 50_000;

/**
 * Buttons that export something; none for somebody who may not.
 * @param {CaseDeskPage} desk
 * @param {() => object} wanted asked for what to export, when a button is clicked
 */
export function exportButtons(desk, wanted) {
  const names = desk.session.current?.exports ? FORMATS : [];
  const buttons = names.map((format) => {
    const button = element("button", "", caseWord("exportAs", { what: format.toUpperCase() }));
    button.onclick = () => exportFile(desk, format, wanted(), button);
    return button;
  });
  return box("cs-exports", ...buttons);
}

/**
 * Show the sheet of the open case, to be printed.
 * @param {CaseDeskPage} desk
 */
export function openSheet(desk) {
  const { id } = desk.detail;
  if (!id) {
    desk.say(caseWord("notListed"), true);
    return;
  }
  const path = "/cases/api/cases/" + encodeURIComponent(id) + "/sheet";
  open(path + (isEnglish() ? "?lang=en" : ""), "_blank", "noopener");
}

/**
 * Ask in which form the list as it is filtered is to be exported.
 * @param {CaseDeskPage} desk
 */
export function openExport(desk) {
  if (!desk.session.current?.exports) {
    desk.say(caseWord("mayNotExport"), true);
    return;
  }
  const ids = desk.list.items().map(({ row }) => row.id), n = whole(Math.min(ids.length, MOST));
  const dialog = openDialog(caseWord("exportList"));
  const cut = ids.length > MOST ? " " + caseWord("exportCut", { n: whole(MOST) }) : "";
  const part = desk.list.part ? " " + caseWord("exportPart", { n: whole(desk.list.part) }) : "";
  const told = element("p", "dk-note", caseWord("exportN", { n }) + (part || cut));
  const buttons = exportButtons(desk, () => ({ ids: ids.slice(0, MOST) }));
  dialog.append(box("pane", told, buttons, closingRow().row));
  buttons.querySelector("button")?.focus();
}

/**
 * @param {CaseDeskPage} desk
 * @param {string} format of the file
 * @param {object} wanted in it
 * @param {HTMLButtonElement} button that was clicked; it stands still meanwhile
 */
async function exportFile(desk, format, wanted, button) {
  button.disabled = true;
  try {
    const lang = isEnglish() ? "en" : "zh";
    const { blob, headers } = await desk.server.download(PATH, { format, lang, ...wanted });
    const link = element("a"), named = /filename="([^"]+)"/;
    link.href = URL.createObjectURL(blob);
    link.download = named.exec(headers.get("content-disposition") || "")?.[1] || "cases";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    const rows = Number(headers.get("x-rows")), all = Number(headers.get("x-rows-wanted"));
    const cut = all > MOST ? " " + caseWord("exportCut", { n: whole(MOST) }) : "";
    desk.say(caseWord("exported", { n: whole(rows) }) + cut);
  } catch (error) {
    desk.say(caseWord("notExported", { why: wordsOf(error) }), true);
  }
  button.disabled = false;
}
