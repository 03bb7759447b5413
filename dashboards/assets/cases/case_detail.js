/** The right side: one case with its stage, its facts, its history, and what can be done. */
import { placeOf } from "../shared/city.js";
import { setText } from "../shared/dom.js";
import { countingAge, date, when } from "../shared/times.js";
import { showAddress } from "../desks/address.js";
import { showFacts } from "../desks/cards.js";
import { isPlaced } from "../desks/place_map.js";
import { wordsOf } from "../desks/server.js";
import { showTags } from "../desks/tags.js";
import { clockCard } from "./case_clock.js";
import { showFiles } from "./case_files.js";
import { showCaseHistory } from "./case_history.js";
import { showAlerts, showJoint, showLinks, showSupervision } from "./case_beside.js";
import { factsOf, makeParts } from "./case_parts.js";
import { caseTags } from "./case_row.js";
import { caseWord, learnActions, severityName } from "./case_words.js";
import { drawStages } from "./stage_bar.js";
/** @import { CaseDetails, CaseRow } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const REST_MS = 110, CHANGED_MS = 200, BEHIND_MS = 700, MOST_BEHIND = 8, ADDRESS = "case";

/** Shows the open case of a desk. */
export class CaseDetail {
  /** @param {CaseDeskPage} desk whose open case it shows */
  constructor(desk) {
    this.desk = desk;
    /** Id of the open case, "" for none. */
    this.id = "";
    /** @type {CaseDetails | null} */
    this.details = null;
    this.timer = 0;
    this.behind = 0;
    this.abort = new AbortController();
    this.parts = makeParts(desk);
  }

  /** The details of the open case, null while they have not come. */
  get read() {
    return this.details?.case.id === this.id ? this.details : null;
  }

  /** The open case as it is known now, from the list or from what was read. */
  get row() {
    const live = this.desk.list.rows.get(this.id), read = this.read?.case;
    if (live && (!read || live.v >= read.v)) return live;
    return read || this.desk.list.findClosed(this.id) || null;
  }

  /** Make everything anew: another size, another language. */
  rebuild() {
    this.parts.map.dispose();
    this.parts.tasks.dispose();
    this.parts = makeParts(this.desk);
    if (!this.id) this.#idle(true);
    else if (this.read) this.#drawDetails(this.read);
    else this.#draw();
  }

  /** Canvases do not draw again by themselves when a slice of the font arrives. */
  repaint() {
    const { chart } = this.parts.map;
    if (chart && !chart.isDisposed()) chart.getZr().refresh();
  }

  /** Open what the list has selected; the details follow as soon as the person rests on it. */
  openSelected() {
    const item = this.desk.list.current();
    if (!item) {
      if (!this.id) this.#idle(true);
      return;
    }
    if (item.row.id !== this.id) this.#take(item.row.id);
    this.#draw();
    this.#loadIn(REST_MS);
  }

  /**
   * Open a case that may not be in the list: from a link, closed perhaps.
   * @param {string} id of the case, or its number
   */
  open(id) {
    this.#take(id);
    document.documentElement.classList.add("dk-open");
    this.#draw();
    clearTimeout(this.timer);
    this.#load();
  }

  /** Show no case. */
  close() {
    this.#take("");
    clearTimeout(this.timer);
    this.abort.abort();
    this.#idle(true);
    showAddress(ADDRESS, "");
  }

  /**
   * Read the open case again.
   * @param {string[] | null} changed ids; null where any may have changed
   */
  refresh(changed) {
    if (!this.id) this.parts.tasks.draw();
    if (!this.id || (changed && !changed.includes(this.id))) return;
    this.#draw();
    this.#loadIn(CHANGED_MS);
  }

  /** Show how old the open case is by now. */
  showAge() {
    if (this.id) this.#draw();
    else this.parts.tasks.draw();
  }

  /** @param {string} id of the open case */
  #take(id) {
    this.id = id;
    this.details = null;
    this.behind = 0;
  }

  /** @param {number} ms to wait */
  #loadIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#load(), ms);
  }

  /** @param {boolean} on whether no case is open */
  #idle(on) {
    this.parts.tasks.node.hidden = !on;
    for (const node of this.parts.some) node.hidden = on;
    if (on) this.parts.tasks.draw();
  }

  async #load() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort, asked = this.id;
    try {
      const path = "/cases/api/cases/" + encodeURIComponent(asked);
      /** @type {CaseDetails} */
      const details = await this.desk.server.ask(path, { signal });
      if (asked !== this.id) return;
      this.id = details.case.id; // it may have been asked by its number
      this.details = details;
      showAddress(ADDRESS, this.id);
      learnActions(details.actions);
      this.#drawDetails(details);
      this.#catchUp(details);
    } catch (error) {
      if (signal.aborted || asked !== this.id) return;
      if (!this.row) this.desk.say(caseWord("loadFailed", { why: wordsOf(error) }), true);
      this.parts.bar.say(caseWord("loadFailed", { why: wordsOf(error) }), true);
    }
  }

  /**
   * The store comes a moment after the log: what it did not know yet is asked again.
   * @param {CaseDetails} details of the open case
   */
  #catchUp({ case: read, history }) {
    const last = history?.at(-1)?.version ?? 0;
    if (history && last >= read.v) {
      this.behind = 0;
    } else if (history && this.behind++ < MOST_BEHIND) this.#loadIn(BEHIND_MS);
  }

  /** Draw what the list knows of the open case. */
  #draw() {
    const { row, parts } = this;
    if (!row) return;
    this.#idle(false);
    this.#drawHead(row);
    if (!this.read) this.#clear();
    const flow = this.desk.session.flow(row.flow);
    drawStages(parts.stages, flow, row, this.read?.visited || []);
    this.#drawAsks(row);
    parts.bar.draw(row, this.read);
    const placed = isPlaced(row);
    parts.noPlace.hidden = placed || !!row.area;
    const area = row.area ? caseWord("onlyArea") : "";
    setText(parts.place.note, placed ? row.lon.toFixed(4) + ", " + row.lat.toFixed(4) : area);
    parts.map.draw(row, this.desk.list.rows.values());
    showLinks(parts.links, parts.alike, this.desk, row, this.read);
    showAlerts(parts.alerts, this.read?.alerts || []);
  }

  /** @param {CaseRow} row of the open case */
  #drawHead(row) {
    const { parts } = this, { session, list } = this.desk, now = list.now();
    parts.title.className = "dk-title lv" + Math.max(1, row.severity);
    setText(parts.level, severityName(row.severity));
    setText(parts.heading, row.title);
    const closed = row.closed ? caseWord("closedAt", { t: when(row.closed, now) }) : "";
    const age = closed || countingAge(now - row.opened);
    showFacts(parts.meta, [
      ["", row.number],
      ["", session.state(row)],
      [caseWord("unit"), session.unit(row.unit)],
      [caseWord("person"), row.who || caseWord("nobody")],
      [caseWord("place"), placeOf(row.area) || "–"],
      [caseWord("opened"), when(row.opened, now) + " · " + age],
    ]);
    showTags(parts.tags, caseTags(row, session));
  }

  /** @param {CaseRow} row of the open case */
  #drawAsks(row) {
    const { asks } = this.parts, read = this.read?.case, words = [];
    if (read?.extension) {
      const { by, comment } = read.extension;
      words.push(caseWord("asksExtension", { who: by, why: comment }));
    }
    if (row.asks.includes("appeal")) words.push(caseWord("asksAppeal"));
    if (read?.deferred_until) {
      words.push(caseWord("deferredUntil", { t: date(read.deferred_until) }));
    }
    asks.hidden = !words.length;
    setText(asks, words.join("；"));
  }

  /** Show that the details have not come. */
  #clear() {
    const { parts } = this;
    setText(parts.said, "…");
    for (const node of [parts.facts, parts.steps, parts.clock]) node.replaceChildren();
    for (const { node } of [parts.files, parts.joint, parts.watch]) node.hidden = true;
    setText(parts.history.note, "");
  }

  /** @param {CaseDetails} details of the open case */
  #drawDetails(details) {
    this.#draw();
    const { parts } = this, { case: one, history } = details, now = this.desk.list.now();
    const clock = clockCard(details, now);
    setText(parts.said, one.text || caseWord("noText"));
    showFacts(parts.facts, factsOf(one, this.desk.session));
    parts.clock.replaceChildren(...(clock ? [clock] : []));
    setText(parts.history.note, history?.length ?? "");
    showCaseHistory(parts.steps, history);
    showFiles(parts.files, this.desk, details);
    showJoint(parts.joint, one.joint, this.desk.list.now());
    showSupervision(parts.watch, one.supervision);
  }
}
