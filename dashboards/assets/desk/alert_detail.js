/** The right side: one alert with its numbers, place, history, and who was told. */
import { placeOf, titleOf } from "../shared/city.js";
import { element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { countingAge, when } from "../shared/times.js";
import { sharedWord } from "../shared/words.js";
import { asOfWords, levelsReached } from "./alert_chart.js";
import { standsAt } from "./alert_list.js";
import { showEvents, showHistory, showWhy } from "./alert_history.js";
import { isPlaced } from "../desks/place_map.js";
import { makeParts, numbersOf } from "./alert_parts.js";
import { showAddress } from "../desks/address.js";
import { showFacts } from "../desks/cards.js";
import { wordsOf } from "../desks/server.js";
import { showTags } from "../desks/tags.js";
import { NUMERALS } from "../desks/levels.js";
import { deskWord, levelName } from "./words.js";
/** @import { AlertDetail as Details, AlertRow } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const REST_MS = 110, CHANGED_MS = 250, SPLIT = "、", ADDRESS = "alert";

/** Shows the open alert of a desk. */
export class AlertDetail {
  /** @param {DutyDesk} desk whose open alert it shows */
  constructor(desk) {
    this.desk = desk;
    /** Id of the open alert, "" for none. */
    this.id = "";
    /** @type {Details | null} */
    this.details = null;
    this.timer = 0;
    this.abort = new AbortController();
    this.parts = makeParts(desk);
  }

  /** The details of the open alert, null while they have not come. */
  get read() {
    return this.details?.alert.id === this.id ? this.details : null;
  }

  /** Make everything anew: another size, another language. */
  rebuild() {
    this.parts.chart.dispose();
    this.parts.map.dispose();
    this.parts.idle.dispose();
    this.parts = makeParts(this.desk);
    if (!this.id) this.#idle(true);
    else if (this.read) this.#drawDetails(this.read);
    else this.#draw();
  }

  /** Canvases do not draw again by themselves when a slice of the font arrives. */
  repaint() {
    for (const { chart } of [this.parts.chart, this.parts.map]) {
      if (chart && !chart.isDisposed()) chart.getZr().refresh();
    }
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
   * Open an alert that may not be in the list: from a link in a message, closed perhaps.
   * @param {string} id of the alert
   */
  open(id) {
    this.#take(id);
    document.documentElement.classList.add("dk-open");
    this.#draw();
    clearTimeout(this.timer);
    this.#load();
  }

  /** Show no alert. */
  close() {
    this.#take("");
    clearTimeout(this.timer);
    this.abort.abort();
    this.#idle(true);
    showAddress(ADDRESS, "");
  }

  /**
   * Read the open alert again.
   * @param {string[] | null} changed ids; null where any may have changed
   */
  refresh(changed) {
    if (!this.id || (changed && !changed.includes(this.id))) return;
    this.#draw();
    this.#loadIn(CHANGED_MS);
  }

  /** Show how old the open alert is by now. */
  showAge() {
    if (this.id) this.#draw();
    else this.parts.idle.draw();
  }

  /** @param {string} id of the open alert */
  #take(id) {
    this.id = id;
    this.details = null;
  }

  /** @param {number} ms to wait */
  #loadIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#load(), ms);
  }

  /** @param {boolean} on whether no alert is open */
  #idle(on) {
    this.parts.none.hidden = !on;
    for (const node of this.parts.some) node.hidden = on;
    if (on) this.parts.idle.draw();
  }

  async #load() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort, asked = this.id;
    showAddress(ADDRESS, asked);
    try {
      const path = "/desk/api/alerts/" + encodeURIComponent(asked);
      const details = await this.desk.server.ask(path, { signal });
      if (asked !== this.id) return;
      this.details = details;
      this.#drawDetails(details);
    } catch (error) {
      if (signal.aborted || asked !== this.id) return;
      this.parts.bar.say(deskWord("loadFailed", { why: wordsOf(error) }), true);
    }
  }

  /** Draw what the list knows of the open alert. */
  #draw() {
    const { rows } = this.desk.list;
    const alert = rows.get(this.id) || this.read?.alert || this.desk.list.findClosed(this.id);
    if (!alert) return;
    this.#idle(false);
    this.#drawHead(alert);
    if (!this.details) this.#clear();
    this.parts.bar.draw(alert);
    this.parts.question.draw(alert);
    this.parts.caseLine.draw(alert, this.read?.case, this.desk.list.now());
    const { noPlace, place, map } = this.parts, placed = isPlaced(alert);
    noPlace.hidden = placed || !!alert.area;
    const area = alert.area ? deskWord("onlyArea") : "";
    const spot = placed ? alert.lon.toFixed(4) + ", " + alert.lat.toFixed(4) : area;
    setText(place.note, spot);
    map.draw(alert, rows.values());
  }

  /** @param {AlertRow} alert that is open */
  #drawHead(alert) {
    const { parts } = this, level = " lv" + alert.level;
    parts.title.className = "dk-title" + level;
    parts.summary.className = "dk-sum" + level;
    parts.evidence.node.className = "dk-card tall" + level;
    setText(parts.numeral, NUMERALS[alert.level]);
    setText(parts.level, levelName(alert.level));
    setText(parts.heading, pick(alert.title));
    showFacts(parts.meta, this.#factsOf(alert));
    const mutes = alert.mutes.map(([kind]) => ({ name: "mute", words: deskWord(kind), title: "" }));
    const origin = { name: alert.origin, words: sharedWord(alert.origin), title: "" };
    showTags(parts.tags, alert.origin === "live" ? mutes : [origin, ...mutes]);
  }

  /**
   * @param {AlertRow} alert that is open
   * @returns {[string, string][]} the fact's name, and the fact
   */
  #factsOf(alert) {
    const { list, session } = this.desk, now = list.now();
    const departments = (alert.departments || []).map((id) => titleOf("departments", id));
    /** @type {[string, string][]} */
    const facts = [
      ["", deskWord(alert.state)],
      [deskWord("opened"), openedWords(alert, now)],
      [deskWord("owner"), alert.owner ? session.person(alert.owner) : deskWord("nobody")],
      [deskWord("place"), placeOf(alert.area || "") || "–"],
      [deskWord("subject"), pick(alert.about || alert.subject) || "–"],
      [deskWord("department"), departments.join(SPLIT) || "–"],
    ];
    let same = 0;
    for (const row of list.rows.values()) {
      if (alert.incident && row.incident === alert.incident) same++;
    }
    if (same > 1) facts.push([deskWord("same"), String(same)]);
    return facts;
  }

  /** Show that the details have not come. */
  #clear() {
    const { parts } = this;
    setText(parts.summary, "…");
    for (
      const node of [parts.steps, parts.whyLines, parts.eventLines, parts.numbers, parts.words]
    ) {
      node.replaceChildren();
    }
    parts.chart.clear();
    setText(parts.response.body, "");
    setText(parts.evidence.note, "");
  }

  /** @param {Details} details of the open alert */
  #drawDetails(details) {
    this.#draw();
    const { parts, desk } = this, { alert } = details, { evidence } = alert;
    setText(parts.summary, pick(alert.summary));
    setText(parts.evidence.note, alert.rule + " @ " + alert.rule_version);
    parts.numbers.replaceChildren(...numbersOf(evidence));
    const words = [
      desk.measureWords(evidence.measure),
      pick(evidence.words),
      levelsReached(details),
      asOfWords(evidence, desk.list.now()),
    ];
    const said = words.filter(Boolean).map((text) => element("span", "", text));
    parts.words.replaceChildren(...said);
    parts.chart.draw(details);
    setText(parts.history.note, details.history.length);
    showHistory(parts.steps, details.history, desk.session);
    showWhy(parts.whyLines, details.why);
    showEvents(parts.eventLines, details);
    setText(parts.events.note, details.events?.length || "");
    setText(parts.response.body, pick(alert.response) || deskWord("noResponse"));
  }
}

/**
 * When it opened; of one that old data made, as of when it is, and when it became known.
 * @param {AlertRow} alert
 * @param {number} now instant
 */
function openedWords(alert, now) {
  const at = standsAt(alert), age = countingAge(now - at);
  if (at === alert.opened) return when(at, now) + " · " + age;
  const known = deskWord("knownAt", { t: when(alert.opened, now) });
  return deskWord("about", { t: when(at, now) }) + " · " + age + " · " + known;
}
