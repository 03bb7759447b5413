/** The desk's one dialog, and the row of buttons at its end. */
import { byId, element, setText } from "../shared/dom.js";
import { desksWord } from "./words.js";

const dialogElement = () => /** @type {HTMLDialogElement} */ (byId("desk-dialog"));

/**
 * Open the dialog, empty but for its title.
 * @param {string} title of it
 * @param {boolean} [wide] whether it needs more room
 */
export function openDialog(title, wide = false) {
  const dialog = dialogElement();
  if (dialog.open) dialog.close();
  dialog.className = wide ? "wide" : "";
  dialog.replaceChildren(element("h2", "", title));
  dialog.onclose = null;
  dialog.showModal();
  return dialog;
}

/** Close the dialog; the next key is the page's, though the browser may not have drawn it yet. */
export function closeDialog() {
  const dialog = dialogElement(), { activeElement } = document;
  if (dialog.open) dialog.close();
  if (activeElement instanceof HTMLElement && dialog.contains(activeElement)) activeElement.blur();
}

/** Whether the dialog is open. */
export const isDialogOpen = () => dialogElement().open;

/**
 * Whether a form is what the person sees: not closed, and no other dialog opened since.
 * @param {HTMLElement} form in the dialog
 */
export const isOnScreen = (form) => isDialogOpen() && form.isConnected;

/**
 * The end of a dialog: what is wrong, and a button that closes it.
 * @returns {{row: HTMLElement, said: HTMLElement}}
 */
export function closingRow() {
  const row = element("div", "ends"), said = element("span", "said");
  row.append(said, cancelButton("close"));
  return { row, said };
}

/** @typedef {ReturnType<typeof sendingRow>} SendingRow */

/**
 * The end of a form: what is wrong, a button that closes it, and one that sends it.
 * @param {string} words of the button that sends
 */
export function sendingRow(words) {
  const row = element("div", "ends"), said = element("span", "said");
  const cancel = cancelButton("cancel"),
    send = element("button"),
    label = element("span", "", words);
  send.type = "submit";
  send.append(label, element("kbd", "", "Ctrl+↵"));
  row.append(said, cancel, send);
  return { row, said, cancel, send, label };
}

/** @param {string} key of the button's word */
function cancelButton(key) {
  const button = element("button", "", desksWord(key));
  button.type = "button";
  button.onclick = closeDialog;
  return button;
}

/** @type {WeakMap<HTMLFormElement, Element | null>} where the person was in a form */
const rested = new WeakMap();

/**
 * While it is under way nothing of a form can be changed; what was typed stays until it is known
 * to have arrived.
 * @param {HTMLFormElement} form to hold or release
 * @param {SendingRow} ends of the form
 * @param {boolean} held whether it is under way
 */
export function holdForm(form, ends, held) {
  if (held) rested.set(form, document.activeElement);
  for (const part of Array.from(form.elements)) {
    if (part !== ends.cancel) part.toggleAttribute("disabled", held);
  }
  ends.said.className = "said" + (held ? " calm" : "");
  setText(ends.said, held ? desksWord("sending") : "");
  const before = rested.get(form);
  if (!held && before instanceof HTMLElement) before.focus();
}
