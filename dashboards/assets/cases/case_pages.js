/**
 * A list that is too long to be sent: the server looks for what the person wants to see, and sends
 * its beginning, more of it as they scroll, and again after something has changed.
 */
import { wordsOf } from "../desks/server.js";
import { caseWord } from "./case_words.js";
/** @import { CasePage } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const PAGE = 300, MOST = 3000, AGAIN_MS = 2000, AHEAD = 2;

/** The pages of one desk's list. */
export class CasePages {
  /** @param {CaseDeskPage} desk whose list it is */
  constructor(desk) {
    this.desk = desk;
    /** @type {CasePage | null} the newest, while the list is too long to be sent */
    this.newest = null;
    this.most = PAGE;
    this.later = 0;
    this.asked = "";
    this.abort = new AbortController();
  }

  /** Whether the list is too long to be sent. */
  get isOn() {
    return this.desk.list.part > 0;
  }

  /** The person wants to see something else: from its beginning. */
  begin() {
    if (!this.isOn) return;
    this.most = PAGE;
    this.#ask();
  }

  /** Something has changed: ask anew, but not without end. */
  refresh() {
    if (!this.isOn) {
      this.newest = null;
      return;
    }
    this.later ||= setTimeout(() => {
      this.later = 0;
      this.#ask();
    }, this.newest ? AGAIN_MS : 0);
  }

  /** Ask for more where the person has scrolled near the end of what is there. */
  look() {
    const { desk, newest } = this, { scroller } = desk.view;
    if (!this.isOn || !newest || desk.list.filters.closed) return;
    const loaded = newest.rows.length, isShort = loaded < newest.found && loaded < MOST;
    const seen = scroller.scrollTop + AHEAD * scroller.clientHeight;
    if (!isShort || loaded < this.most || seen < scroller.scrollHeight) return;
    this.most = Math.min(MOST, this.most + PAGE);
    this.#ask();
  }

  async #ask() {
    this.abort.abort();
    this.abort = new AbortController();
    const { desk } = this, { signal } = this.abort;
    const { closed, text: words, ...switches } = desk.list.filters;
    if (closed) return;
    const question = { ...switches, words, most: this.most, tasks: !desk.detail.id };
    try {
      /** @type {CasePage} */
      const page = await desk.server.post("/cases/api/queue", question, { signal });
      if (signal.aborted || !this.isOn) return;
      this.newest = page;
      desk.list.takePage(page.rows);
      desk.view.draw();
      desk.detail.refresh([]);
      if (!page.whole) this.refresh();
    } catch (error) {
      if (!signal.aborted) desk.say(caseWord("loadFailed", { why: wordsOf(error) }), true);
    }
  }
}
