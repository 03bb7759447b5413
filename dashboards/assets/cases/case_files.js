/** Photos and papers of a case: the card that shows them, and the field that brings new ones. */
import { element, setText } from "../shared/dom.js";
import { wordsOf } from "../desks/server.js";
import { caseWord } from "./case_words.js";
/** @import { CaseDetails, CaseFile } from "../shared/types.d.ts" */
/** @import { Card } from "./case_beside.js" */
/** @import { CaseDeskPage } from "./case_desk.js" */
/** @import { CaseFieldParts } from "./case_fields.js" */

const TYPES = "image/jpeg,image/png,image/webp,application/pdf,.pdf", PATH = "/cases/api/files";

/** @type {WeakMap<HTMLElement, string>} which files a card shows already */
const shown = new WeakMap();

/**
 * Show the files of the open case, and a button for more where that can be done.
 * @param {Card} card of them
 * @param {CaseDeskPage} desk
 * @param {CaseDetails} details of the open case
 */
export function showFiles(card, desk, { case: one, files, actions }) {
  const attach = actions.find(({ kind, why }) => kind === "attach" && !why);
  card.node.hidden = !files.length && !attach;
  setText(card.note, files.length || "");
  const key = document.documentElement.lang + JSON.stringify([one.id, files, !!attach]);
  if (shown.get(card.body) === key) return;
  shown.set(card.body, key);
  const list = element("div", "cs-files");
  for (const file of files) list.append(fileLink(one.id, file));
  if (attach) {
    const more = element("button", "cs-file more", "+");
    more.title = caseWord("addFiles");
    more.append(element("span", "", caseWord("addFiles")));
    more.onclick = () => desk.act(attach);
    list.append(more);
  }
  card.body.replaceChildren(list);
}

/**
 * @param {string} id of the case
 * @param {CaseFile} file of it
 */
function fileLink(id, file) {
  if (!file.name) return element("span", "cs-file gone", caseWord("fileGone"));
  const link = element("a", "cs-file"), { origin } = globalThis.location;
  const url = new URL(
    "/cases/api/cases/" + encodeURIComponent(id) + "/files/" + encodeURIComponent(file.id),
    origin,
  );
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener";
  link.title = file.name;
  if (file.photo) {
    const picture = element("img");
    picture.src = url.href + "?small=1";
    picture.alt = file.name;
    picture.loading = "lazy";
    link.append(picture);
  } else link.append(element("b", "", "PDF"), element("span", "", file.name));
  return link;
}

/**
 * A field that brings files, each as soon as it is chosen; its value are their ids.
 * @param {CaseDeskPage} desk
 * @param {boolean} needed whether there must be one
 * @returns {CaseFieldParts}
 */
export function fileField(desk, needed) {
  const node = element("div", "cs-files"), input = element("input");
  const choose = element("span", "cs-file more", "+");
  /** @type {Map<HTMLElement, string>} pictures of what was chosen → its id, "" while under way */
  const chosen = new Map();
  input.type = "file";
  input.multiple = true;
  input.accept = TYPES;
  choose.append(element("span", "", caseWord("chooseFiles")), input);
  node.append(choose);
  let last = Promise.resolve();
  const look = () => {
    const ids = Array.from(chosen.values());
    const words = ids.includes("") ? caseWord("uploading") : "";
    input.setCustomValidity(words || (needed && !ids.length ? caseWord("chooseFiles") : ""));
  };
  /** @param {File} file that was chosen */
  const bring = (file) => {
    const sign = element("span", "cs-file under-way");
    sign.append(element("span", "", file.name));
    chosen.set(sign, "");
    node.insertBefore(sign, choose);
    look();
    last = last.then(() => upload(desk, file)).then(
      (kept) => {
        chosen.set(sign, kept.id);
        showKept(sign, kept, () => chosen.delete(sign) && look());
      },
      (error) => {
        chosen.delete(sign);
        sign.remove();
        desk.say(caseWord("notKept", { n: file.name, why: wordsOf(error) }), true);
      },
    ).then(look);
  };
  input.onchange = () => {
    for (const file of input.files || []) bring(file);
    input.value = "";
  };
  look();
  return { node, value: () => Array.from(chosen.values()).filter(Boolean).join(","), focus: input };
}

/**
 * @param {CaseDeskPage} desk
 * @param {File} file to bring
 * @returns {Promise<CaseFile>} as it was kept
 */
const upload = (desk, file) =>
  desk.server.upload(PATH + "?name=" + encodeURIComponent(file.name), file);

/**
 * @param {HTMLElement} sign of the file
 * @param {CaseFile} kept
 * @param {() => void} drop it again
 */
function showKept(sign, kept, drop) {
  const away = element("button", "", "×");
  away.type = "button";
  away.title = caseWord("dropFile");
  away.onclick = () => {
    sign.remove();
    drop();
  };
  sign.classList.remove("under-way");
  if (kept.photo) {
    const picture = element("img");
    picture.src = PATH + "/" + kept.id + "/small";
    picture.alt = kept.name || "";
    sign.replaceChildren(picture, away);
  } else sign.append(away);
}
