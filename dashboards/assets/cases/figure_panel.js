/** The panel of figures: over a time, beside the time before, down to the cases of each number. */
import { placeOf } from "../shared/city.js";
import { box, byId, element } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { date, minute } from "../shared/times.js";
import { originMark } from "../shared/words.js";
import { wordsOf } from "../desks/server.js";
import { exportButtons } from "./case_export.js";
import { figureTiles, groupTable, stageTable } from "./figure_tables.js";
import { figureWord } from "./figure_words.js";
/** @import { CaseRow, Figures } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */
/** @import { Behind } from "./figure_tables.js" */

const PERIODS = ["week", "month", "days", "custom"], GROUPS = ["unit", "district", "street"];
const DAY_MS = 86_400_000, WEEK_DAYS = 7, PATH = "/cases/api/figures", ON = "cs-figuring";

/** Figures of one desk; they cover list and case while they are shown. */
export class FigurePanel {
  /** @param {CaseDeskPage} desk whose cases are counted */
  constructor(desk) {
    this.desk = desk;
    this.period = "month";
    this.by = "unit";
    this.worst = "on_time";
    const now = Date.now();
    this.first = date(now - WEEK_DAYS * DAY_MS);
    this.last = date(now);
    /** @type {Figures | null} */
    this.told = null;
    /** @type {Behind | null} whose cases are listed */
    this.behind = null;
    /** @type {{count: number, rows: CaseRow[]} | null} */
    this.found = null;
    this.problem = "";
    /** How often was asked: what comes late is thrown away. */
    this.asked = 0;
    this.node = element("section", "cs-figures");
    byId("desk-main").append(this.node);
  }

  get isShown() {
    return byId("desk").classList.contains(ON);
  }

  /** Show the figures as they are now, or go back to the cases. */
  toggle() {
    if (this.isShown) {
      this.hide();
      return;
    }
    byId("desk").classList.add(ON);
    this.#load();
  }

  /** Show list and case again. */
  hide() {
    byId("desk").classList.remove(ON);
  }

  /** Draw anew: another language. */
  rebuild() {
    if (this.isShown) this.#draw();
  }

  get #query() {
    const query = new URLSearchParams({ period: this.period });
    if (this.period === "custom") {
      query.set("first", this.first);
      query.set("last", this.last);
    }
    return query;
  }

  async #load() {
    const query = this.#query, asked = ++this.asked;
    query.set("by", this.by);
    this.told = this.behind = this.found = null;
    this.problem = "";
    this.#draw();
    try {
      const told = await this.desk.server.ask(PATH + "?" + query);
      if (asked !== this.asked) return;
      this.told = told;
    } catch (error) {
      if (asked !== this.asked) return;
      this.problem = figureWord("failed", { why: wordsOf(error) });
    }
    this.#draw();
  }

  /** @param {Behind} behind a number that was clicked */
  async #open(behind) {
    this.behind = behind;
    this.found = null;
    this.#draw();
    try {
      const found = await this.desk.server.ask(PATH + "/cases?" + this.listQuery(behind));
      if (this.behind !== behind) return;
      this.found = found;
    } catch (error) {
      this.problem = figureWord("failed", { why: wordsOf(error) });
    }
    this.#draw();
    const isPhone = document.documentElement.classList.contains("dk-phone");
    if (isPhone) this.node.querySelector(".fg-list")?.scrollIntoView({ block: "start" });
  }

  /**
   * What the server is asked for the cases behind a number.
   * @param {Behind} behind it
   */
  listQuery({ words: _, ...asked }) {
    const query = this.#query;
    for (const [name, value] of Object.entries(asked)) query.set(name, value);
    return query;
  }

  /** @param {Behind} behind a number, whose cases are exported */
  #wanted(behind) {
    return { figure: Object.fromEntries(this.listQuery(behind)) };
  }

  #draw() {
    const { told } = this, parts = [this.#head()];
    if (this.problem) parts.push(element("p", "fg-problem", this.problem));
    if (!told) {
      if (!this.problem) parts.push(element("p", "fg-note", figureWord("loading")));
      this.node.replaceChildren(...parts);
      return;
    }
    const open = (/** @type {Behind} */ behind) => this.#open(behind);
    const order = (/** @type {string} */ figure) => {
      this.worst = figure;
      this.#draw();
    };
    const groups = told.groups.length
      ? groupTable(told, this.by, this.worst, open, order)
      : element("p", "fg-note", figureWord("none"));
    const few = element("p", "fg-note", figureWord("few", { n: told.fewest }));
    const stages = box("", element("h3", "", figureWord("stages")), stageTable(told, open));
    const tables = box("fg-tables", box("fg-wide", groups), few, box("fg-wide", stages));
    parts.push(figureTiles(told, open), box("fg-below", tables, this.#list()));
    this.node.replaceChildren(...parts);
  }

  #head() {
    const back = element("button", "", figureWord("close"));
    back.append(element("kbd", "", "Esc"));
    back.onclick = () => this.hide();
    const head = box("fg-head", back, element("h2", "", figureWord("figures")));
    head.append(this.#choice(PERIODS, "period"), this.#choice(GROUPS, "by"));
    if (this.period === "custom") head.append(this.#day("first"), this.#day("last"));
    const { told } = this;
    if (!told) return head;
    if (told.origin !== "live") {
      const what = originMark(told.origin);
      const mark = element("span", "tag " + told.origin, what);
      head.append(mark, element("span", "fg-made-up", figureWord("madeUp", { what })));
    }
    const at = (/** @type {number} */ ms) => date(ms).slice(2) + " " + minute(ms);
    const [a, b, c, d] = [...told.period, ...told.before].map(at);
    const words = [figureWord("period", { a, b, c, d })];
    if (this.desk.session.isPartial) words.push(figureWord("inScope"));
    if (told.beside.length) {
      const what = told.beside.map((origin) => originMark(origin)).join("、");
      words.push(figureWord("beside", { what }));
    }
    head.append(element("p", "fg-note", words.join(" · ")));
    return head;
  }

  /**
   * @param {string[]} names to choose from
   * @param {"period" | "by"} field that is chosen
   */
  #choice(names, field) {
    const buttons = names.map((name) => {
      const button = element("button", "dk-filter", figureWord(name));
      button.classList.toggle("on", this[field] === name);
      button.onclick = () => {
        this[field] = name;
        this.#load();
      };
      return button;
    });
    return box("fg-choice", ...buttons);
  }

  /** @param {"first" | "last"} field a day */
  #day(field) {
    const input = element("input");
    input.type = "date";
    input.value = this[field];
    input.onchange = () => {
      if (!input.value) return;
      this[field] = input.value;
      this.#load();
    };
    return input;
  }

  #list() {
    const { behind, found } = this;
    if (!behind) return box("fg-list", element("p", "fg-note", figureWord("pickNumber")));
    const head = element("h3", "", behind.words), list = box("fg-list", head);
    if (!found) return list;
    head.textContent = figureWord("behind", { what: behind.words, n: whole(found.count) });
    const isPart = found.rows.length < found.count;
    if (isPart) head.append(figureWord("newest", { n: whole(found.rows.length) }));
    if (found.count) list.append(exportButtons(this.desk, () => this.#wanted(behind)));
    list.append(box("fg-cases", ...found.rows.map((row) => this.#caseLine(row))));
    return list;
  }

  /** @param {CaseRow} row of a case */
  #caseLine(row) {
    const { session } = this.desk, button = element("button", "fg-case");
    const origin = row.origin === "live" ? "" : originMark(row.origin) + " · ";
    const where = [session.unit(row.handler || row.unit), placeOf(row.area), session.state(row)];
    button.append(element("b", "", origin + row.title));
    const said = element("span", "", row.number + " · " + where.filter(Boolean).join(" · "));
    button.append(said);
    button.onclick = () => {
      this.hide();
      this.desk.show(row.id);
    };
    return button;
  }
}
