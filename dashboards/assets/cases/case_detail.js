/** The right side: one case with its stage, its facts, its history, and what can be done. */
import { placeOf, titleOf } from "../shared/city.js";
import { box, byId, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { countingAge, date, minute, when } from "../shared/times.js";
import { showAddress } from "../desks/address.js";
import { backButton, makeCard, showFacts } from "../desks/cards.js";
import { isPlaced, PlaceMap } from "../desks/place_map.js";
import { wordsOf } from "../desks/server.js";
import { showTags } from "../desks/tags.js";
import { CaseBar } from "./case_bar.js";
import { clockCard } from "./case_clock.js";
import { showCaseHistory } from "./case_history.js";
import { CASE_LOOK } from "./case_list.js";
import { showJoint, showLinks, showSupervision } from "./case_beside.js";
import { caseTags } from "./case_row.js";
import { caseWord, learnActions, severityName } from "./case_words.js";
import { MyTasks } from "./my_tasks.js";
import { drawStages } from "./stage_bar.js";
/** @import { CaseDetails, CaseRow } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const REST_MS = 110, CHANGED_MS = 200, BEHIND_MS = 700, MOST_BEHIND = 8, ADDRESS = "case";

/**
 * The elements of the right side; made anew for another language or size.
 * @param {CaseDeskPage} desk
 */
function makeParts(desk) {
  const level = element("span"), heading = element("h2"), meta = box("meta"), tags = box("tags");
  const title = box("dk-title", box("lv", level), box("", heading, meta), tags);
  const stages = element("ol", "cs-stages"), asks = box("dk-asks"), bar = new CaseBar(desk);
  const clock = box("cs-clock"), text = makeCard(caseWord("text")), facts = box("cs-facts");
  const said = element("p", "cs-text");
  text.body.className = "dk-scroll";
  text.body.append(said, facts);
  const history = makeCard(caseWord("timeline"), " cs-history"), steps = element("ul", "dk-steps");
  history.body.className = "dk-scroll";
  history.body.append(steps);
  const joint = makeCard(caseWord("joint")), watch = makeCard(caseWord("supervision"));
  const links = makeCard(caseWord("links")), alike = makeCard(caseWord("alike"));
  for (const card of [joint, watch, links, alike]) card.body.className = "dk-scroll";
  const place = makeCard(caseWord("map"), " cs-place"), canvas = box("dk-map");
  const noPlace = box("dk-none", caseWord("noPlace"));
  place.body.append(canvas, noPlace);
  const beside = box(
    "cs-beside",
    clock,
    joint.node,
    watch.node,
    links.node,
    alike.node,
    place.node,
  );
  const main = box("cs-main", text.node, history.node), grid = box("cs-grid", main, beside);
  const some = [title, stages, asks, bar.node, grid], tasks = new MyTasks(desk);
  byId("desk-detail").replaceChildren(backButton(caseWord("back")), ...some, tasks.node);
  return {
    ...{ some, tasks, title, level, heading, meta, tags, stages, asks, bar, clock, said, facts },
    ...{ history, steps, joint, watch, links, alike, place, noPlace },
    map: new PlaceMap(canvas, CASE_LOOK),
  };
}

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
    for (const card of [parts.joint, parts.watch]) card.node.hidden = true;
    setText(parts.history.note, "");
  }

  /** @param {CaseDetails} details of the open case */
  #drawDetails(details) {
    this.#draw();
    const { parts } = this, { case: one, history } = details, now = this.desk.list.now();
    const clock = clockCard(details, now);
    setText(parts.said, one.text || caseWord("noText"));
    showFacts(parts.facts, this.#factsOf(one));
    parts.clock.replaceChildren(...(clock ? [clock] : []));
    setText(parts.history.note, history?.length ?? "");
    showCaseHistory(parts.steps, history);
    showJoint(parts.joint, one.joint, this.desk.list.now());
    showSupervision(parts.watch, one.supervision);
  }

  /**
   * @param {CaseDetails["case"]} one that is open
   * @returns {[string, string][]} the fact's name, and the fact
   */
  #factsOf(one) {
    const { session } = this.desk, flow = session.flow(one.flow), conditions = flow?.conditions;
    /** @type {[string, string][]} */
    const facts = [
      [caseWord("kind"), titleOf("kinds", one.kind)],
      [caseWord("source"), session.name("sources", one.source)],
      [caseWord("workflow"), flow ? pick(flow.title) : one.flow],
    ];
    if (one.condition) {
      facts.splice(1, 0, [
        caseWord("condition"),
        pick(conditions?.[one.condition] || one.condition),
      ]);
    }
    for (const [system, id] of Object.entries(one.outside)) {
      facts.push([caseWord("outside"), system + " " + id]);
    }
    if (one.answer) facts.push([caseWord("answer"), one.answer]);
    if (one.rating) facts.push(["", caseWord("rating", { n: one.rating })]);
    for (const [index, leg] of one.legs_told.entries()) {
      if (one.legs_told.length < 2) break;
      const end = leg.closed ? " – " + date(leg.closed) + " " + minute(leg.closed) : "";
      const words = [date(leg.opened) + " " + minute(leg.opened) + end, leg.reason];
      facts.push([caseWord("leg", { n: index + 1 }), words.filter(Boolean).join(" · ")]);
    }
    return facts;
  }
}
