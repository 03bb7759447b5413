/** What the open alert asks of people: an answer to an assignment, a second person to close it. */
import { box, element, setText } from "../shared/dom.js";
import { span } from "../shared/times.js";
import { openActionForm } from "./action_form.js";
import { needs } from "./actions.js";
import { actionWord, deskWord } from "./words.js";
/** @import { AlertRow } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const SECOND_MS = 1000;

/**
 * How long somebody still has to answer, in words.
 * @param {number} until instant
 * @param {number} now instant
 */
export const leftWords = (until, now) =>
  until > now ? span(Math.ceil((until - now) / SECOND_MS)) : deskWord("answerDue");

/**
 * What an alert asks, and the actions that answer it, the usual one first.
 * @param {AlertRow} row of the alert
 * @param {DutyDesk} desk
 * @returns {{words: string, actions: string[]}}
 */
export function questionOf(row, { session, list }) {
  if (row.closing) {
    const { by, result, comment } = row.closing, own = by === session.user;
    const said = { who: session.person(by), result: session.result(result), comment };
    const words = deskWord("wantsClosed", said) + (own ? " · " + deskWord("waitsForSecond") : "");
    return { words, actions: own ? ["decline_closing"] : ["approve_closing", "decline_closing"] };
  }
  if (!row.assigned) return { words: "", actions: [] };
  const [by, until] = row.assigned, t = leftWords(until, list.now());
  const said = { by: session.person(by), who: session.person(row.owner), t };
  if (!session.isAsked(row)) return { words: deskWord("askedOf", said), actions: [] };
  const words = deskWord("askedOfYou", { who: said.by, t });
  return { words, actions: ["accept_assignment", "decline_assignment"] };
}

/** The line that asks, with the buttons that answer. */
export class OpenQuestion {
  /** @param {DutyDesk} desk whose open alert asks */
  constructor(desk) {
    this.desk = desk;
    this.said = element("span");
    this.buttons = element("span", "acts");
    this.node = box("dk-asks", this.said, this.buttons);
    this.key = "";
  }

  /** @param {AlertRow} row of the open alert */
  draw(row) {
    const { words, actions } = questionOf(row, this.desk);
    this.node.hidden = !words;
    setText(this.said, words);
    const key = [row.id, ...actions].join();
    if (key === this.key) return;
    this.key = key;
    this.buttons.replaceChildren(...actions.map((action, index) => this.#button(action, !index)));
  }

  /**
   * @param {string} action that answers
   * @param {boolean} isFirst whether it is the usual one
   */
  #button(action, isFirst) {
    const button = element("button", isFirst ? "first" : "", actionWord(action));
    button.dataset.act = action;
    button.disabled = !this.desk.session.allows(action);
    button.onclick = () => this.#answer(action);
    return button;
  }

  /** @param {string} action that answers */
  #answer(action) {
    const { desk } = this, { detail } = desk;
    const row = desk.list.rows.get(detail.id) || detail.read?.alert;
    if (!row) return;
    if (needs(action, "comment")) openActionForm(desk, action, [row]);
    else desk.commands.send(action, [row]);
  }
}
