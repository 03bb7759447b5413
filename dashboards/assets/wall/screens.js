/** Screens: show one, draw what arrives, and say how old it is. */
import { alarmWords } from "../shared/alarm_path.js";
import { clearCharts } from "../shared/chart.js";
import { city, knowsCity } from "../shared/city.js";
import { all, byId, childrenOf, element, keepChildren, one, setText } from "../shared/dom.js";
import { isEnglish, pick } from "../shared/language.js";
import { percent } from "../shared/numbers.js";
import { date, time, weekday } from "../shared/times.js";
import { originMark, sharedWord } from "../shared/words.js";
import { ageOf } from "./age.js";
import { fitStage } from "./stage.js";
import { FEED_SHAPES } from "./tile_parts.js";
import { wallWord } from "./words.js";
/** @import { Drawing, Freshness, Outage, Pulse, Snapshot } from "../shared/types.d.ts" */
/** @import { StandingProcess } from "../shared/types.d.ts" */
/** @import { Drawings } from "./drawings.js" */

const BACK_MS = 5000;

/**
 * @typedef {object} ShownTile
 * @property {string} id of the tile on its screen
 * @property {HTMLElement} root of it
 * @property {HTMLElement} body that its drawing fills
 * @property {HTMLElement} fresh where its freshness is said
 * @property {HTMLElement} marks where its origins are said
 * @property {Drawing<any, any>} drawing of its kind
 * @property {any} tools of the drawing
 */

/** All screens are in one page; this shows one of them. */
export class Screens {
  /**
   * @param {object} options
   * @param {Drawings} options.drawings of the kinds on the page
   * @param {(name: string) => void} options.onShow called with the screen that is shown now
   */
  constructor({ drawings, onShow }) {
    this.drawings = drawings;
    this.onShow = onShow;
    this.current = "";
    /** @type {ShownTile[]} */
    this.tiles = [];
    /** @type {Snapshot | null} */
    this.last = null;
    /** What came before any screen was shown. @type {Snapshot | null} */
    this.early = null;
    /** The server's instant of what is shown; 0 for nothing yet. */
    this.snapshotAt = 0;
    this.heardAt = 0;
    /** @type {Outage | null | undefined} */
    this.outage = null;
    /** @type {StandingProcess[] | undefined} */
    this.alarm = undefined;
  }

  /**
   * Show a screen, and have it in the address.
   * @param {string} name of the screen
   */
  show(name) {
    if (!city().screens[name] || name === this.current) return;
    this.current = name;
    this.last = null;
    const url = new URL(location.href);
    url.pathname = "/" + name;
    if (url.href !== location.href) history.pushState(null, "", url);
    this.#build();
    this.onShow(name);
    if (this.early) this.takeSnapshot(this.early);
    this.early = null;
  }

  /** Draw everything anew: another size, another language. */
  rebuild() {
    if (!this.current) return;
    this.#build();
    if (this.last && this.last.screen === this.current) {
      this.#drawSnapshot(this.last);
      this.#seedPulses(this.last);
    }
    this.showClock();
  }

  /**
   * Draw a snapshot, if it is of the screen that is shown.
   * @param {Snapshot} data of a screen
   */
  takeSnapshot(data) {
    if (!this.current) this.early = data;
    if (data.screen !== this.current) return;
    const first = !this.last;
    this.last = data;
    this.alarm = data.alarm;
    this.#hear(data.at, data.outage);
    this.#drawSnapshot(data);
    if (first) this.#seedPulses(data);
  }

  /**
   * Draw a pulse.
   * @param {Pulse} data of the screen that is shown
   */
  takePulse(data) {
    if (!this.last) return;
    this.alarm = data.alarm;
    this.#hear(data.at, data.outage);
    this.#drawPulse(data);
  }

  #build() {
    clearCharts();
    const main = one(`main[data-screen="${this.current}"]`);
    /* The desk's main part is in the page too, where nothing else hides it. */
    for (const node of all("main")) {
      node.hidden = node !== main;
      for (const body of all(".body", node)) body.replaceChildren();
    }
    for (const link of all(".nav")) {
      link.classList.toggle("here", link.dataset.goto === this.current);
    }
    fitStage();
    this.tiles = all("[data-tile]", main)
      .filter((root) => root.offsetParent !== null)
      .map((root) => this.#mount(root));
    setText(byId("language"), isEnglish() ? "中文" : "EN");
    const { heading, screens } = city();
    document.title = pick(heading) + " · " + pick(screens[this.current].title);
  }

  /**
   * @param {HTMLElement} root of a tile
   * @returns {ShownTile}
   */
  #mount(root) {
    const body = one(":scope > .body", root);
    const drawing = this.drawings.of(root.dataset.kind || "");
    return {
      id: root.dataset.tile || "",
      root,
      body,
      fresh: one(".fresh", root),
      marks: one(".marks", root),
      drawing,
      tools: drawing.mount(body),
    };
  }

  /** @param {Snapshot} snapshot of the screen */
  #drawSnapshot(snapshot) {
    for (const tile of this.tiles) {
      const part = snapshot.tiles[tile.id];
      if (!part) continue;
      tile.drawing.draw(tile.tools, part.data, tile.body, snapshot.at);
      showFreshness(tile, part.fresh);
    }
    const marks = Object.entries(snapshot.marks);
    showMarks(
      byId("marks"),
      marks.map(([name, share]) => [name, sharedWord(name) + " " + percent(share)]),
    );
  }

  /** @param {Pulse} pulse of the screen */
  #drawPulse(pulse) {
    for (const { drawing, tools, body } of this.tiles) drawing.pulse?.(tools, pulse, body);
  }

  /**
   * Points on the map come with pulses; the list of a snapshot has the first of them.
   * @param {Snapshot} snapshot of the screen
   */
  #seedPulses(snapshot) {
    const list = Object.values(snapshot.tiles)
      .map((tile) => tile.data.events)
      .find((events) => Array.isArray(events) && events.length && events[0].id);
    if (!list) return;
    for (const { drawing, tools } of this.tiles) drawing.seed?.(tools, list, snapshot.at);
  }

  /**
   * @param {number} at the server's instant
   * @param {Outage | null | undefined} outage of the store
   */
  #hear(at, outage) {
    if (at > this.snapshotAt || at < this.snapshotAt - BACK_MS) {
      this.snapshotAt = at;
      this.heardAt = performance.now();
    }
    this.outage = outage;
    this.showClock();
  }

  /** The clock is the server's; it stands still when nothing comes, and the badge counts. */
  showClock() {
    const clock = document.getElementById("clock"), at = this.snapshotAt;
    if (!clock || !knowsCity() || !this.current) return;
    const quiet = (performance.now() - this.heardAt) / 1000;
    if (!clock.firstChild) clock.append(element("small"), element("span"));
    if (at) {
      const [day, now] = childrenOf(clock);
      setText(day, date(at) + (isEnglish() ? " " : " 周") + weekday(at));
      setText(now, time(at));
    }
    const age = ageOf(quiet, this.outage, at), badge = byId("age");
    badge.className = age.grade;
    const seconds = { s: Math.floor(age.seconds) };
    const live = at ? "● " + sharedWord("liveNow") : sharedWord("connecting");
    setText(badge, at && age.grade !== "live" ? sharedWord("frozen", seconds) : live);
    this.#showBand(at ? age : { ...age, grade: "live", words: "" });
  }

  /**
   * What is wrong has a line between head and screen, where it covers nothing.
   * @param {import("./age.js").Age} age of what is shown
   */
  #showBand(age) {
    const root = document.documentElement;
    root.classList.toggle("away", age.grade === "lost");
    const standing = age.grade === "lost" ? "" : alarmWords(this.alarm);
    const lines = [["", standing], [age.grade, age.words]].filter(([, words]) => words);
    const nodes = keepChildren(byId("outage"), lines.length, () => element("p"));
    for (const [index, [grade, words]] of lines.entries()) {
      nodes[index].className = grade;
      setText(nodes[index], words);
    }
  }
}

/**
 * @param {HTMLElement} parent of the tags
 * @param {[string, string][]} marks origins, and what their tags say
 */
function showMarks(parent, marks) {
  const nodes = keepChildren(parent, marks.length, () => element("span"));
  for (const [index, [name, words]] of marks.entries()) {
    nodes[index].className = "tag " + name;
    setText(nodes[index], words);
  }
}

/**
 * @param {ShownTile} tile whose data it is
 * @param {Freshness} fresh how far it may be believed
 */
function showFreshness(tile, fresh) {
  const line = tile.fresh;
  if (!line.firstChild) line.append(element("i"), element("span"), element("span"));
  line.className = "fresh state-" + fresh.state;
  showMarks(tile.marks, Object.keys(fresh.marks).map((name) => [name, originMark(name)]));
  const [shape, feeds, asOf] = childrenOf(line);
  setText(shape, FEED_SHAPES[fresh.state]);
  setText(feeds, fresh.expected ? fresh.live + "/" + fresh.expected : "");
  const { none, stale } = tile.drawing.words || {}, words = asOfWords(fresh, stale || "stale");
  setText(asOf, words);
  tile.root.classList.toggle("dead", fresh.state === "stale");
  tile.root.classList.toggle("unknown", fresh.state === "none");
  const why = none ? wallWord(none) : wallWord("noData") + "\n" + wallWord("noDataHint");
  if (fresh.state === "none") tile.body.dataset.why = why;
}

/**
 * Of when a tile's numbers are; said in its head, so that it covers none of them.
 * @param {Freshness} fresh of the tile
 * @param {string} stale key of what is said where they are too old
 */
function asOfWords(fresh, stale) {
  if (fresh.as_of === null) return fresh.state === "stale" ? wallWord("staleNever") : "";
  const t = time(fresh.as_of);
  return fresh.state === "stale" ? wallWord(stale, { t }) : wallWord("asOf") + " " + t;
}
