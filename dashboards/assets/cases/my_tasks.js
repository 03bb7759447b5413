/** The right side while no case is open: what waits for this person, and where open cases are. */
import { placeOf } from "../shared/city.js";
import { originMark } from "../shared/words.js";
import { box, element, setText } from "../shared/dom.js";
import { PlaceMap } from "../desks/place_map.js";
import { CASE_LOOK } from "./case_list.js";
import { caseWord } from "./case_words.js";
/** @import { CaseRow } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const MOST = 60;

/**
 * What waits for this person, most urgent first.
 * @param {CaseDeskPage} desk
 * @returns {{row: CaseRow, words: string}[]}
 */
export function tasksOf({ list, session, pages }) {
  /** @type {[number, CaseRow, string][]} */
  const found = [];
  const dispatches = session.current?.dispatches, own = session.own;
  const tasks = (pages.newest?.tasks || []).map((row) => list.rows.get(row.id) || row);
  for (const row of pages.isOn ? tasks : list.rows.values()) {
    if (row.into) continue;
    if (session.isMine(row)) found.push([0, row, "ofMine"]);
    else if (row.parts.some((unit) => own.has(unit))) found.push([1, row, "partOfUnit"]);
    else if (row.dispatch && dispatches) found.push([2, row, "toDispatch"]);
    else if (row.asks.length && session.current?.role === "supervisor") {
      found.push([2, row, "toAnswer"]);
    } else if (own.has(row.unit) && !row.person) found.push([3, row, "ofUnit"]);
  }
  found.sort((one, other) =>
    one[0] - other[0] || one[1].rank - other[1].rank ||
    Number(!!other[1].level) - Number(!!one[1].level) ||
    other[1].severity - one[1].severity || one[1].opened - other[1].opened
  );
  return found.slice(0, MOST).map(([, row, key]) => ({
    row,
    words: caseWord(key) + " · " + session.state(row) +
      (row.level ? " · " + session.level(row) : ""),
  }));
}

/** The right side of a desk while no case is open. */
export class MyTasks {
  /** @param {CaseDeskPage} desk */
  constructor(desk) {
    this.desk = desk;
    const canvas = box("dk-map"), map = box("dk-card", element("h3", "", caseWord("openMap")));
    const head = element("h3", "", caseWord("myTasks")), tasks = box("dk-card", head);
    this.lines = element("ul", "dk-tasks");
    const hint = element("p", "dk-pick");
    setText(hint, caseWord("pickOne"));
    map.append(box("", canvas));
    tasks.append(box("dk-scroll", this.lines));
    this.node = box("dk-idle cs-idle", tasks, map, hint);
    this.map = new PlaceMap(canvas, CASE_LOOK);
    this.key = "";
  }

  /** Draw what is now; does nothing where nothing has changed. */
  draw() {
    const { desk } = this;
    if (!desk.list.isReady || this.node.hidden) return;
    this.map.drawAll(desk.list.rows.values());
    const tasks = tasksOf(desk);
    const key = JSON.stringify(tasks.map(({ row, words }) => [row.id, row.v, words]));
    if (key === this.key) return;
    this.key = key;
    const lines = tasks.map(({ row, words }) => this.#line(row, words));
    const none = element("li", "none", caseWord("noTasks"));
    this.lines.replaceChildren(...(lines.length ? lines : [none]));
  }

  /** Take the map away. */
  dispose() {
    this.map.dispose();
  }

  /**
   * @param {CaseRow} row of the case
   * @param {string} words that say what is to be done
   */
  #line(row, words) {
    const line = element("li"), button = element("button");
    const title = [row.title, placeOf(row.area)].filter(Boolean).join(" · ");
    const origin = row.origin === "live" ? "" : originMark(row.origin) + " · ";
    const said = element("span", "", origin + title + " · ");
    said.append(element("span", "cs-number", row.number));
    button.append(element("b", "", words), said);
    button.onclick = () => this.desk.show(row.id);
    line.append(button);
    return line;
  }
}
