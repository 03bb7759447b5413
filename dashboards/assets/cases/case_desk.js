/** The case desk: its parts put together, once the page has its layout. */
import { city } from "../shared/city.js";
import { all, byId, setText } from "../shared/dom.js";
import { changeLanguage, isEnglish, pick } from "../shared/language.js";
import { Commands } from "../desks/commands.js";
import { DeskHead } from "../desks/desk_head.js";
import { fitDesk } from "../desks/fit.js";
import { loadFonts } from "../desks/fonts.js";
import { ListView } from "../desks/list_view.js";
import { showToast } from "../desks/toasts.js";
import { actionOfKey } from "./case_bar.js";
import { CaseDetail } from "./case_detail.js";
import { CaseFilterBar } from "./case_filter_bar.js";
import { openExport } from "./case_export.js";
import { CaseMarkedBar } from "./case_marked_bar.js";
import { CasePages } from "./case_pages.js";
import { openCaseForm } from "./case_form.js";
import { listenToCaseKeys, openCaseKeyHelp } from "./case_keys.js";
import { FigurePanel } from "./figure_panel.js";
import { allFigureWords } from "./figure_words.js";
import { caseRowDrawing } from "./case_row.js";
import { actionTitle, allCaseWords, caseBatches, caseWord } from "./case_words.js";
import { tasksOf } from "./my_tasks.js";
import { openNewCase } from "./new_case.js";
/** @import { CaseAction, CaseRow, CaseSession, ListMessage } from "../shared/types.d.ts" */
/** @import { LiveList } from "../desks/live_list.js" */
/** @import { Server } from "../desks/server.js" */
/** @import { CaseFilters } from "./case_list.js" */
/** @import { CaseSessionStore } from "./case_session.js" */

const TICK_MS = 1000, RESIZED_MS = 120, MOST_FIGURES = 500;

/** One desk: a live list of cases, and everything that can be done with them. */
export class CaseDeskPage {
  /**
   * @param {object} given
   * @param {LiveList<CaseRow, CaseFilters>} given.list of the cases
   * @param {Server} given.server to ask
   * @param {CaseSessionStore} given.session of who sits here
   * @param {string} given.link id or number of a case to open, "" for none
   */
  constructor({ list, server, session, link }) {
    this.list = list;
    this.server = server;
    this.session = session;
    this.link = link;
    this.hasBegun = false;
    /** How long drawing took, for whoever measures. */
    this.figures = { first: 0, updates: /** @type {number[]} */ ([]) };
    this.commands = /** @type {Commands<CaseRow>} */ (new Commands({
      server,
      path: "/cases/api/",
      list,
      onChange: (ids) => this.#onSent(ids),
      actionOn: (action) => action,
      tell: (batch) => caseBatches.tellInToast(batch),
    }));
    this.head = new DeskHead({
      list,
      sitter: () => session.current,
      unitsOf: (/** @type {CaseSession} */ { units }) => units.map((id) => session.unit(id)),
    });
    this.pages = new CasePages(this);
    this.detail = new CaseDetail(this);
    this.markedBar = new CaseMarkedBar(this, byId("desk-marked"));
    this.view = new ListView({
      list,
      scroller: byId("desk-list"),
      space: byId("desk-space"),
      drawing: caseRowDrawing({ sent: this.commands.sent, marked: list.marked, session }),
      emptyWords: () => this.#emptyWords(),
      onDrawn: (items, above) => {
        this.markedBar.draw(items);
        this.filterBar?.drawCounts(items, above);
        if (this.filterBar) this.pages.look();
      },
      onClick: () => document.documentElement.classList.add("dk-open"),
      onSelect: () => this.detail.openSelected(),
    });
    this.filterBar = new CaseFilterBar(this);
    this.figurePanel = new FigurePanel(this);
  }

  /** Show the desk, and go on with what has come meanwhile. */
  async begin() {
    document.documentElement.classList.add("desk");
    byId("desk").hidden = false;
    this.#listen();
    this.rebuild();
    if (this.list.at) this.afterChange(null, [], performance.now());
    byId("desk-list").focus({ preventScroll: true });
    setInterval(() => this.#tick(), TICK_MS);
    await this.#loadFonts();
  }

  #listen() {
    listenToCaseKeys(this);
    let later = 0;
    globalThis.addEventListener("resize", () => {
      clearTimeout(later);
      later = setTimeout(() => this.rebuild(), RESIZED_MS);
    });
    byId("desk-out").onclick = () => this.#signOut();
    byId("desk-language").onclick = () => this.changeLanguage();
    byId("desk-count").addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.className === "new") this.view.toTop();
    });
    /** @type {Record<string, () => void>} */
    const tools = {
      overview: () => this.showTasks(),
      export: () => openExport(this),
      figures: () => this.figurePanel.toggle(),
      new: () => openNewCase(this),
      help: openCaseKeyHelp,
    };
    for (const node of all("[data-tool]")) node.onclick = tools[node.dataset.tool || ""];
  }

  /** Draw everything anew: another size, another language. */
  rebuild() {
    fitDesk();
    setText(byId("desk-language"), isEnglish() ? "中文" : "EN");
    this.filterBar.draw();
    this.detail.rebuild();
    this.figurePanel.rebuild();
    this.list.touch();
    this.view.draw();
    this.head.draw();
    document.title = pick(city().heading) + " · " + caseWord("title");
  }

  /** Speak the other language. */
  changeLanguage() {
    changeLanguage();
    this.rebuild();
  }

  /**
   * Draw what a message has changed.
   * @param {ListMessage<CaseRow> | null} message of the server; null for all that there is
   * @param {string[]} changed ids
   * @param {number} started when the message came
   */
  afterChange(message, changed, started) {
    this.commands.settle(changed);
    if (this.session.current) this.pages.refresh();
    this.detail.refresh(!message || message.type === "whole" ? null : changed);
    if (!this.hasBegun && this.list.isReady && this.session.current) this.#first();
    this.view.draw();
    const { figures } = this, took = performance.now() - started;
    if (!figures.first && this.list.isReady) figures.first = performance.now();
    else figures.updates.push(took);
    if (figures.updates.length > MOST_FIGURES) figures.updates.shift();
  }

  /** What is shown first: the case of a link; on a phone what waits for this person. */
  #first() {
    this.hasBegun = true;
    const isPhone = document.documentElement.classList.contains("dk-phone");
    if (this.link) this.show(this.link);
    else if (isPhone && tasksOf(this).length) this.showTasks();
  }

  /** The session has come, or has changed. */
  afterSession() {
    const me = this.session.current;
    byId("to-duty").hidden = !me?.desk;
    byId("to-wall").hidden = !me?.walls;
    for (const node of all('[data-tool="new"]')) node.hidden = !me?.opens;
    for (const node of all('[data-tool="export"]')) node.hidden = !me?.exports;
    this.filterBar.draw();
    this.head.drawUser();
    this.list.touch();
    this.afterChange(null, [], performance.now());
  }

  /**
   * Show a case: in the list where that shows it, else beside it.
   * @param {string} id of the case, or its number
   */
  show(id) {
    if (this.list.rows.has(id)) this.view.select(id);
    if (this.list.current()?.row.id !== id) {
      this.list.selected = "";
      this.view.draw();
      this.detail.open(id);
    }
    document.documentElement.classList.add("dk-open");
  }

  /** Show what waits for this person. */
  showTasks() {
    this.figurePanel.hide();
    this.list.selected = "";
    document.documentElement.classList.add("dk-open");
    this.detail.close();
    this.view.draw();
  }

  /** What the person has filtered away is not open any more. */
  dropHidden() {
    if (!this.list.selected || this.list.current()) return;
    this.list.selected = "";
    this.detail.close();
    this.view.draw();
  }

  /**
   * Do what a button says to the open case: at once where nothing needs to be said.
   * @param {CaseAction} action of it
   * @param {Record<string, string>} [given] what its fields say at first
   */
  act(action, given) {
    const { row } = this.detail;
    if (row) this.actOn(action, [row], given);
  }

  /**
   * Do something with some cases, each of which can be done so.
   * @param {CaseAction} action of them
   * @param {CaseRow[]} rows of the cases
   * @param {Record<string, string>} [given] what its fields say at first
   */
  actOn(action, rows, given) {
    if (action.why) this.say(pick(action.title) + "：" + pick(action.why), true);
    else if (action.fields.some(({ needed }) => needed) || action.fields.length > 1) {
      openCaseForm(this, action, rows, given);
    } else {
      this.commands.send(action.name, rows, {}, (batch) => {
        caseBatches.tellInToast(batch);
        if (batch.done.size) this.saidDone(action.name, rows);
      });
    }
  }

  /** @param {string} key that was pressed */
  actByKey(key) {
    const actions = this.detail.read?.actions;
    if (!actions) {
      this.say(caseWord("notListed"), true);
      return;
    }
    const action = actionOfKey(actions, key);
    if (action) this.act(action);
    else this.say(caseWord("noKey"), true);
  }

  /**
   * Something was done: say so, and show it.
   * @param {string} name of the action
   * @param {CaseRow[]} rows of the cases; of several a toast has told already
   */
  saidDone(name, rows) {
    const [only, ...others] = rows;
    if (!others.length) {
      showToast(caseWord("done", { what: actionTitle(name) + " " + only.number }));
    }
    this.detail.refresh(rows.map(({ id }) => id));
  }

  /**
   * @param {string} words to say
   * @param {boolean} [bad] whether something is wrong
   */
  say(words, bad = false) {
    showToast(words, bad);
  }

  /** @param {string[]} ids of cases for which something was sent */
  #onSent(ids) {
    this.view.drawLater();
    this.detail.refresh([...ids, this.detail.id]);
  }

  #emptyWords() {
    if (!this.list.isReady || !this.session.current) return caseWord("loading");
    const scope = this.session.isPartial ? caseWord("inScope") : "";
    const { text, closed } = this.list.filters;
    if (!this.list.rows.size && !closed) return caseWord("noneOpen") + scope;
    return caseWord("none") + scope + (text && !closed ? "\n" + caseWord("lookClosed") : "");
  }

  #tick() {
    this.head.drawBand();
    if (document.hidden) return;
    this.view.draw();
    this.detail.showAge();
  }

  async #signOut() {
    await this.server.post("/logout").catch(() => {}); // the page that follows tells
    location.href = "/login";
  }

  #loadFonts() {
    const { areas, kinds } = city();
    const words = allCaseWords() + allFigureWords() + JSON.stringify([areas, kinds]);
    return loadFonts(words, () => this.detail.repaint());
  }
}
