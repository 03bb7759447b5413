/** The bar over the list, for as long as cases are marked: what can be done with them at once. */
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { countUnlisted } from "../desks/live_list.js";
import { wordsOf } from "../desks/server.js";
import { caseWord, learnActions } from "./case_words.js";
/** @import { CaseAction, CaseRow, ListItem } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

/** @typedef {CaseAction & {ids: string[]}} SharedAction */

const ASK_MS = 150, MOST_SHOWN = 7, MOST_MARKED = 200;

/** The bar of one list. */
export class CaseMarkedBar {
  /**
   * @param {CaseDeskPage} desk whose marked cases it acts on
   * @param {HTMLElement} node of the bar
   */
  constructor(desk, node) {
    this.desk = desk;
    this.node = node;
    this.said = element("b");
    this.acts = element("span", "acts");
    this.none = element("button", "none");
    this.none.onclick = () => desk.view.unmark();
    this.key = "";
    this.timer = 0;
    node.append(this.said, this.acts, this.none);
  }

  /**
   * Mark a case, or unmark it.
   * @param {ListItem<CaseRow>} item of the list
   */
  toggle(item) {
    const { list, view } = this.desk;
    if (list.marked.size >= MOST_MARKED && !list.marked.has(item.row.id)) {
      this.desk.say(caseWord("tooManyMarked", { n: MOST_MARKED }), true);
    } else view.mark(item);
  }

  /** @param {ListItem<CaseRow>[]} items of the list */
  draw(items) {
    const rows = this.desk.list.markedRows();
    this.node.hidden = !rows.length;
    if (!rows.length) {
      this.key = "";
      this.acts.replaceChildren();
      return;
    }
    const unseen = countUnlisted(rows, items);
    const words = caseWord("markedN", { n: rows.length });
    setText(this.said, words + (unseen ? caseWord("unseenN", { n: unseen }) : ""));
    setText(this.none, caseWord("unmark"));
    const key = document.documentElement.lang + JSON.stringify(rows.map(({ id, v }) => [id, v]));
    if (key === this.key) return;
    this.key = key;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(key), ASK_MS);
  }

  /** @param {string} key of what is marked */
  async #ask(key) {
    const rows = this.desk.list.markedRows();
    try {
      /** @type {{actions: SharedAction[]}} */
      const { actions } = await this.desk.server.post("/cases/api/choices", {
        ids: rows.map(({ id }) => id),
      });
      if (key !== this.key) return;
      learnActions(actions);
      this.acts.replaceChildren(...this.#buttons(actions, rows));
    } catch (error) {
      if (key === this.key) setText(this.acts, wordsOf(error));
    }
  }

  /**
   * @param {SharedAction[]} actions that can be done with some
   * @param {CaseRow[]} rows that are marked
   */
  #buttons(actions, rows) {
    if (!actions.length) return [element("em", "", caseWord("noActions"))];
    return actions.slice(0, MOST_SHOWN).map((action) => {
      const ids = new Set(action.ids), fitting = rows.filter(({ id }) => ids.has(id));
      const count = fitting.length < rows.length ? fitting.length + " / " + rows.length : "";
      const button = element("button", "", pick(action.title));
      if (count) button.append(element("small", "", " " + count));
      button.dataset.act = action.name;
      button.onclick = () => this.desk.actOn(action, fitting);
      return button;
    });
  }
}
