/** The buttons beside the open case: what can be done now, and what not, with its reason. */
import { box, element, setText } from "../shared/dom.js";
import { inLanguage, pick } from "../shared/language.js";
import { openActionMenu } from "./case_form.js";
import { actionTitle, caseWord } from "./case_words.js";
/** @import { CaseAction, CaseDetails, CaseRow } from "../shared/types.d.ts" */
/** @import { SentMark } from "../desks/commands.js" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const MOST_GREY = 6;

/** Kinds of actions by which a case goes on its way. */
const FORWARD = ["dispatch", "move", "resolve", "close", "feedback", "revisit"];
/** Kinds of actions by which it goes back, or nowhere. */
const BACKWARD = ["return", "reject", "redo", "recall", "merge", "split", "suspend"];
const TAKING = 0, ON = 1, BESIDE = 2, LATE = 3;

/**
 * How early an action stands: taking a case, then what brings it on, then the rest.
 * @param {CaseAction} action
 * @param {boolean} taken whether the person has the case already
 */
function rankOf({ kind }, taken) {
  if (kind === "accept") return taken ? LATE : TAKING;
  if (FORWARD.includes(kind)) return ON;
  return BACKWARD.includes(kind) ? LATE : BESIDE;
}

/**
 * What a bar shows: what brings the case on, also where it cannot be yet; what else can be done;
 * then what this person would do in this stage, and cannot. What is for others stands in the menu
 * alone.
 * @param {CaseAction[]} actions of the case
 * @param {boolean} taken whether the person has the case already
 */
export function shownActions(actions, taken) {
  const ranked = (/** @type {CaseAction} */ action) => rankOf(action, taken);
  const byRank = (/** @type {CaseAction} */ one, /** @type {CaseAction} */ other) =>
    ranked(one) - ranked(other);
  const fitting = actions.filter(({ why, here, others }) => !why || (here && !others));
  const way = fitting.filter((one) => ranked(one) <= ON).sort(byRank);
  const rest = fitting.filter((one) => ranked(one) > ON).sort(byRank);
  const cannot = rest.filter(({ why }) => why).slice(0, MOST_GREY);
  return [...way, ...rest.filter(({ why }) => !why), ...cannot];
}

/**
 * What a key does: the first action of that key that can be done.
 * @param {CaseAction[]} actions of the case
 * @param {string} key
 */
export function actionOfKey(actions, key) {
  const found = actions.filter((action) => action.key === key);
  return found.find(({ why }) => !why) || found.find(({ here }) => here) || found[0];
}

/** @param {SentMark} mark of the open case */
function outcomeWords(mark) {
  const why = inLanguage(mark.why);
  if (mark.state === "unsure" && why) return caseWord("notKnown", { why });
  return caseWord(mark.state) + (why ? "：" + why : "");
}

/** The bar of one detail view. */
export class CaseBar {
  /** @param {CaseDeskPage} desk whose open case it acts on */
  constructor(desk) {
    this.desk = desk;
    this.buttons = box("cs-acts");
    this.said = element("span", "said");
    this.node = box("dk-bar", this.buttons, this.said);
    this.key = "";
  }

  /**
   * @param {CaseRow} row of the open case
   * @param {CaseDetails | null} read of it
   */
  draw(row, read) {
    const fits = read?.case.v === row.v;
    const taken = this.desk.session.isMine(row);
    this.#drawButtons(read?.actions || [], !!read && fits, taken);
    const mark = this.desk.commands.sent.get(row.id);
    this.say(mark ? actionTitle(mark.what) + " · " + outcomeWords(mark) : "", !!mark?.why);
  }

  /**
   * @param {CaseAction[]} actions of the open case
   * @param {boolean} fresh whether they are of the version that is shown
   * @param {boolean} taken whether the person has the case already
   */
  #drawButtons(actions, fresh, taken) {
    const shown = shownActions(actions, taken);
    const key = JSON.stringify([document.documentElement.lang, fresh, shown]);
    if (key === this.key) return;
    this.key = key;
    /** @type {Set<string>} */
    const keys = new Set();
    const usual = shown.find((action) => !action.why && rankOf(action, taken) <= ON);
    const nodes = shown.map((action) => {
      const own = action.key && !keys.has(action.key) && !action.why ? action.key : "";
      if (own) keys.add(own);
      return this.#button(action, own, fresh, action === usual);
    });
    const more = element("button", "", caseWord("more"));
    more.append(element("kbd", "", "X"));
    more.onclick = () => openActionMenu(this.desk, actions);
    this.buttons.replaceChildren(...nodes, ...(actions.length ? [more] : []));
  }

  /**
   * @param {CaseAction} action of the case
   * @param {string} key of it, "" for none
   * @param {boolean} fresh
   * @param {boolean} first whether it is the usual one
   */
  #button(action, key, fresh, first) {
    const button = element("button", first ? "first" : "", pick(action.title));
    if (FORWARD.includes(action.kind)) button.classList.add("way");
    if (key) button.append(element("kbd", "", key.toUpperCase()));
    button.dataset.act = action.name;
    button.disabled = !!action.why || !fresh;
    button.title = action.why ? pick(action.why) : "";
    button.onclick = () => this.desk.act(action);
    if (!action.why) return button;
    const why = element("small", "why", pick(action.why));
    button.append(why);
    return button;
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
