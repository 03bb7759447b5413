/** The right side while no alert is open: where open alerts are, and what waits for this person. */
import { placeOf } from "../shared/city.js";
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { when } from "../shared/times.js";
import { PlaceMap } from "../desks/place_map.js";
import { ALERT_LOOK } from "./alert_list.js";
import { leftWords } from "./open_question.js";
import { deskWord, levelName } from "./words.js";
/** @import { AlertRow, Silence } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const ASK_MS = 60000, SOON_MS = 8 * 3600000, MOST = 40;

/**
 * What waits for a person, the most pressing first.
 * @param {DutyDesk} desk
 * @returns {{row: AlertRow, words: string}[]}
 */
export function tasksOf({ list, session }) {
  const now = list.now();
  /** @type {[number, AlertRow, string][]} */
  const found = [];
  for (const row of list.rows.values()) {
    const isOfOther = !!row.closing && row.closing.by !== session.user;
    if (session.isAsked(row) && row.assigned) {
      const left = leftWords(row.assigned[1], now);
      found.push([0, row, deskWord("answerThis") + " · " + left]);
    } else if (isOfOther && session.allows("approve_closing")) {
      found.push([1, row, deskWord("approveThis")]);
    } else if (session.user && row.owner === session.user) {
      found.push([2, row, deskWord("ofMine") + " · " + deskWord(row.state)]);
    }
  }
  found.sort((one, other) => one[0] - other[0] || other[1].level - one[1].level);
  return found.slice(0, MOST).map(([, row, words]) => ({ row, words }));
}

/** The right side of a desk while no alert is open. */
export class IdleSide {
  /** @param {DutyDesk} desk */
  constructor(desk) {
    this.desk = desk;
    const canvas = box("dk-map"), map = box("dk-card", element("h3", "", deskWord("openMap")));
    const body = box("", canvas), tasks = box("dk-card", element("h3", "", deskWord("myTasks")));
    this.lines = element("ul", "dk-tasks");
    const scroll = box("dk-scroll", this.lines), hint = element("p", "dk-pick");
    setText(hint, deskWord("pickOne"));
    map.append(body);
    tasks.append(scroll);
    this.node = box("dk-idle", map, tasks, hint);
    this.map = new PlaceMap(canvas, ALERT_LOOK);
    /** @type {Silence[]} */
    this.silences = [];
    this.askedAt = -ASK_MS;
    this.key = "";
  }

  /** Draw what is now; does nothing where nothing has changed. */
  draw() {
    const { desk } = this;
    if (!desk.list.isReady || this.node.hidden) return;
    this.map.drawAll(Array.from(desk.list.rows.values()).filter((row) => row.open));
    this.#askSilences();
    const tasks = tasksOf(desk),
      key = JSON.stringify([
        tasks.map(({ row, words }) => [row.id, words]),
        this.silences.map(({ id }) => id),
      ]);
    if (key === this.key) return;
    this.key = key;
    const lines = [
      ...tasks.map(({ row, words }) => this.#taskLine(row, words)),
      ...this.silences.map((silence) => this.#silenceLine(silence)),
    ];
    const none = element("li", "none", deskWord("noTasks"));
    this.lines.replaceChildren(...(lines.length ? lines : [none]));
  }

  /** Take the map away. */
  dispose() {
    this.map.dispose();
  }

  /**
   * @param {AlertRow} row of the alert
   * @param {string} words that say what is to be done
   */
  #taskLine(row, words) {
    const title = levelName(row.level) + " · " + pick(row.title) + " · " + placeOf(row.area);
    return this.#line(words, title, () => this.desk.detail.open(row.id));
  }

  /** @param {Silence} silence that ends soon */
  #silenceLine(silence) {
    const until = when(silence.ends_at, this.desk.list.now());
    const words = deskWord("silence") + " · " + deskWord("ends") + " " + until;
    return this.#line(words, silence.reason, () => {});
  }

  /**
   * @param {string} words that say what is to be done
   * @param {string} title of what it is about
   * @param {() => void} open it
   */
  #line(words, title, open) {
    const line = element("li"), button = element("button");
    button.append(element("b", "", words), element("span", "", title));
    button.onclick = open;
    line.append(button);
    return line;
  }

  /** The person's own silences that end soon; where the store is away, none are shown. */
  async #askSilences() {
    if (performance.now() - this.askedAt < ASK_MS) return;
    this.askedAt = performance.now();
    const { list, server, session } = this.desk;
    try {
      const found = await server.ask("/desk/api/silences");
      this.silences = found.silences.filter((/** @type {Silence} */ one) =>
        one.creator === session.user && one.state === "active" &&
        one.ends_at - list.now() < SOON_MS
      );
      this.draw();
    } catch {
      // The list of silences says so when it is opened.
    }
  }
}

/**
 * A phone shows list or side: open the side with no alert, which monitors have beside the list.
 * @param {DutyDesk} desk
 */
export function openOverview(desk) {
  desk.list.selected = "";
  document.documentElement.classList.add("dk-open");
  desk.detail.close();
  desk.view.draw();
}
