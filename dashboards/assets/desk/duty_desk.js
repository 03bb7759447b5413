/** The duty desk: its parts put together, once the page has its layout. */
import { city } from "../shared/city.js";
import { all, byId, setText } from "../shared/dom.js";
import { changeLanguage, isEnglish, pick } from "../shared/language.js";
import { refusalOf } from "./action_bar.js";
import { openActionForm, openMoreActions } from "./action_form.js";
import { AlertDetail } from "./alert_detail.js";
import { isTakeable } from "./alert_list.js";
import { alertRowDrawing } from "./alert_row.js";
import { AlertCommands } from "./alert_commands.js";
import { FilterBar } from "./filter_bar.js";
import { fitDesk } from "../desks/fit.js";
import { loadFonts } from "../desks/fonts.js";
import { openOverview } from "./idle_side.js";
import { openKeyHelp } from "./key_help.js";
import { listenToKeys } from "./keys.js";
import { Meanings } from "./labels.js";
import { showCounts } from "./list_counts.js";
import { ListView } from "../desks/list_view.js";
import { MarkedBar } from "./marked_bar.js";
import { measureWords } from "./measure.js";
import { PageState } from "./page_state.js";
import { openShift } from "./shift.js";
import { openSilenceForm } from "./silence_form.js";
import { openSilences } from "./silence_list.js";
import { AlertSound } from "./sound.js";
import { keyTargets, shownAlerts } from "./targets.js";
import { showToast } from "../desks/toasts.js";
import { actionWord, allWords, deskWord } from "./words.js";
/** @import { AlertRow, ListMessage } from "../shared/types.d.ts" */
/** @import { AlertFilters } from "./alert_list.js" */
/** @import { LiveList } from "../desks/live_list.js" */
/** @import { Server } from "../desks/server.js" */
/** @import { SessionStore } from "./session.js" */

const TICK_MS = 1000, RESIZED_MS = 120, MOST_FIGURES = 500;

/** One desk: a live list of alerts, and everything that can be done with them. */
export class DutyDesk {
  /**
   * @param {object} given
   * @param {LiveList<AlertRow, AlertFilters>} given.list of the alerts
   * @param {Server} given.server to ask
   * @param {SessionStore} given.session of who sits here
   * @param {string} given.link id of an alert to open, "" for none
   */
  constructor({ list, server, session, link }) {
    this.list = list;
    this.server = server;
    this.session = session;
    this.link = link;
    /** How long drawing took, for whoever measures. */
    this.figures = { first: 0, whole: 0, updates: /** @type {number[]} */ ([]) };
    this.meanings = new Meanings(list);
    this.commands = new AlertCommands({
      server,
      list,
      onChange: (ids) => this.#onSent(ids),
      actionOn: (action, row) => session.actionOn(action, row),
    });
    this.sound = new AlertSound(list);
    this.state = new PageState(this);
    this.detail = new AlertDetail(this);
    this.markedBar = new MarkedBar(this, byId("desk-marked"));
    this.view = new ListView({
      list,
      scroller: byId("desk-list"),
      space: byId("desk-space"),
      drawing: alertRowDrawing({ sent: this.commands.sent, marked: list.marked, session }),
      emptyWords: () => this.#emptyWords(),
      onDrawn: (items, above) => {
        showCounts(list, items, above, this.#scopeWords);
        this.markedBar.draw(items);
      },
      onClick: () => document.documentElement.classList.add("dk-open"),
      onSelect: () => this.detail.openSelected(),
    });
    this.filterBar = new FilterBar(this);
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
    listenToKeys(this);
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
      overview: () => openOverview(this),
      silences: () => openSilences(this),
      shift: () => openShift(this),
      sound: () => this.sound.toggle(),
      help: openKeyHelp,
    };
    for (const node of all("[data-tool]")) node.onclick = tools[node.dataset.tool || ""];
  }

  /** Draw everything anew: another size, another language. */
  rebuild() {
    fitDesk();
    setText(byId("desk-language"), isEnglish() ? "中文" : "EN");
    this.filterBar.draw();
    this.detail.rebuild();
    this.list.touch();
    this.view.draw();
    this.sound.update();
    this.state.draw();
    document.title = pick(city().heading) + " · " + (isEnglish() ? "Duty desk" : "值班台");
  }

  /** Speak the other language. */
  changeLanguage() {
    changeLanguage();
    this.rebuild();
  }

  /**
   * Draw what a message has changed.
   * @param {ListMessage<AlertRow> | null} message of the server; null for all that there is
   * @param {string[]} changed ids
   * @param {number} started when the message came
   */
  afterChange(message, changed, started) {
    this.commands.settle(changed);
    this.detail.refresh(!message || message.type === "whole" ? null : changed);
    if (this.link && this.list.isReady) {
      const wanted = this.link;
      this.link = "";
      this.#openLinked(wanted);
    }
    this.view.draw();
    this.sound.update();
    this.#measure(performance.now() - started);
  }

  /** The session has come, or has changed. */
  afterSession() {
    this.state.drawUser();
    this.list.touch();
    this.view.draw();
    this.detail.refresh(null);
  }

  /** @param {number} took milliseconds to draw */
  #measure(took) {
    const { figures } = this;
    if (!figures.first && this.list.isReady) {
      figures.first = performance.now();
      figures.whole = took;
      return;
    }
    figures.updates.push(took);
    if (figures.updates.length > MOST_FIGURES) figures.updates.shift();
  }

  /**
   * Open the alert of a link: in the list where that shows it, else beside it.
   * @param {string} id of the alert
   */
  #openLinked(id) {
    if (this.list.rows.has(id)) this.view.select(id);
    if (!this.list.current()) {
      this.list.selected = "";
      this.detail.open(id);
    }
    document.documentElement.classList.add("dk-open");
  }

  /** What the person has filtered away is not open any more. */
  dropHidden() {
    if (!this.list.selected || this.list.current()) return;
    this.list.selected = "";
    this.detail.close();
    this.view.draw();
  }

  get #looked() {
    return {
      current: this.list.current(),
      marked: this.list.markedRows(),
      find: (/** @type {string} */ id) => this.list.find(id),
    };
  }

  /** What the buttons beside the open alert act on. */
  shownAlerts() {
    return shownAlerts(this.#looked, this.detail.id, this.detail.read?.alert || null);
  }

  /**
   * Why an action would be refused; "" where some of it would be accepted.
   * @param {string} action name
   * @param {AlertRow[]} rows that it is for
   */
  refusal(action, rows) {
    const [first] = rows, own = first ? this.session.actionOn(action, first) : action;
    return refusalOf(own, rows, (name) => this.session.allows(name), this.detail.read);
  }

  /**
   * Do what a key or a button says. Buttons say what they are for; a key is for what is marked or
   * selected in the list.
   * @param {string} action name
   * @param {AlertRow[]} [given] what it is for
   */
  act(action, given) {
    if (action === "silence") {
      const open = given?.find((row) => row.id === this.detail.id);
      openSilenceForm(this, given ? open : this.list.current()?.row);
      return;
    }
    const rows = given || keyTargets(this.#looked);
    if (!rows.length) {
      showToast(deskWord("notListed"), true);
      return;
    }
    const reason = this.refusal(action, rows);
    if (reason) showToast(actionWord(action) + "：" + reason, true);
    else if (action === "more") openMoreActions(this, rows);
    else if (action === "acknowledge") this.commands.send(action, rows.filter(isTakeable));
    else openActionForm(this, action, rows);
  }

  /**
   * What a rule measures, in words.
   * @param {string} text as the rule says it
   */
  measureWords(text) {
    return measureWords(text, (rule) => this.meanings.of("rule", rule));
  }

  /** @param {string[]} ids of alerts for which something was sent */
  #onSent(ids) {
    this.view.drawLater();
    this.detail.refresh([...ids, this.detail.id]);
  }

  /** Somebody who sees a part is told so: nothing there is not nothing at all. */
  get #scopeWords() {
    return this.session.isPartial ? deskWord("inScope") : "";
  }

  #emptyWords() {
    if (!this.list.isReady) return deskWord("loading");
    return deskWord(this.list.rows.size ? "none" : "noneOpen") + this.#scopeWords;
  }

  #tick() {
    this.sound.update();
    this.state.drawWaits();
    this.state.drawBand();
    if (document.hidden) return;
    this.view.draw();
    this.detail.showAge();
  }

  async #signOut() {
    await this.server.post("/logout").catch(() => {}); // the page that follows tells
    location.href = "/login";
  }

  #loadFonts() {
    const { areas, themes, departments } = city();
    const words = allWords() + JSON.stringify([areas, themes, departments]);
    return loadFonts(words, () => this.detail.repaint());
  }
}
