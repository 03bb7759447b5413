/** The buttons beside the open alert: for what is shown there, how many, and what became of it. */
import { box, element, setText } from "../shared/dom.js";
import { inLanguage } from "../shared/language.js";
import { barButtons } from "./actions.js";
import { isTakeable } from "./alert_list.js";
import { actionFor, actionWord, deskWord } from "./words.js";
/** @import { AlertDetail, AlertRow } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */
/** @import { SentMark } from "../desks/commands.js" */

const UNCOUNTED = new Set(["silence", "more"]);

/**
 * Why an action would be refused of all that is shown; "" where some of it would be accepted.
 * @param {string} action of the button
 * @param {AlertRow[]} rows that it is for
 * @param {(action: string) => boolean} allows whether the role may
 * @param {AlertDetail | null} read details of the open alert
 */
export function refusalOf(action, rows, allows, read) {
  if (action === "more") return "";
  if (!allows(action)) return deskWord("notAllowed");
  if (action === "acknowledge") {
    const state = rows.length ? deskWord(rows[0].state) : "–";
    return rows.some(isTakeable) ? "" : deskWord("nothingWaits", { state });
  }
  const fits = read && rows.length === 1 && rows[0].id === read.alert.id &&
    rows[0].v === read.alert.v;
  return fits ? inLanguage(read.actions[action]) : "";
}

/** @param {SentMark} mark of the open alert */
function outcomeWords(mark) {
  const why = inLanguage(mark.why);
  if (mark.state === "unsure" && why) return deskWord("notKnown", { why });
  return deskWord(mark.state) + (why ? "：" + why : "");
}

/** The bar of one detail view. */
export class ActionBar {
  /** @param {DutyDesk} desk whose open alert it acts on */
  constructor(desk) {
    this.desk = desk;
    this.whole = element("span", "whole");
    this.said = element("span", "said");
    /** @type {Map<string, {button: HTMLButtonElement, label: HTMLElement}>} */
    this.buttons = new Map();
    for (const [action, key] of barButtons()) {
      const button = element("button", action === "acknowledge" ? "first" : "");
      const label = element("span");
      button.append(label, element("kbd", "", key.toUpperCase()));
      button.dataset.act = action;
      button.onclick = () => desk.act(action, desk.shownAlerts());
      this.buttons.set(action, { button, label });
    }
    const buttons = Array.from(this.buttons.values(), ({ button }) => button);
    this.node = box("dk-bar", ...buttons, this.whole, this.said);
  }

  /**
   * Only what would be accepted can be pressed; the reason of the rest is its tool tip.
   * @param {AlertRow} open alert
   */
  draw(open) {
    const { desk } = this, rows = desk.shownAlerts();
    for (const [action, { button, label }] of this.buttons) {
      const reason = desk.refusal(action, rows);
      const count = action === "acknowledge" ? rows.filter(isTakeable).length : rows.length;
      const own = rows.length ? desk.session.actionOn(action, rows[0]) : action;
      const words = UNCOUNTED.has(action) ? actionWord(action) : actionFor(own, count);
      setText(label, words);
      button.disabled = reason !== "";
      button.title = reason;
      button.hidden = action === "silence" && !desk.session.allows(action);
    }
    const listed = desk.list.current() ? "" : deskWord("offList");
    setText(this.whole, rows.length > 1 ? deskWord("wholeIncident", { n: rows.length }) : listed);
    const mark = desk.commands.sent.get(open.id);
    this.say(mark ? actionWord(mark.what) + " · " + outcomeWords(mark) : "", !!mark?.why);
  }

  /**
   * @param {string} words to say beside the buttons
   * @param {boolean} bad whether something is wrong
   */
  say(words, bad) {
    this.said.className = "said" + (bad ? " bad" : "");
    setText(this.said, words);
  }
}
