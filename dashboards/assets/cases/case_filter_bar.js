/** What the person wants to see of the list: filters, order, search. */
import { all, byId, element, keepChildren, setText } from "../shared/dom.js";
import { whole } from "../shared/numbers.js";
import { makeSearchField } from "../desks/search_field.js";
import { wordsOf } from "../desks/server.js";
import { clearFilters, SWITCHES } from "./case_list.js";
import { caseWord } from "./case_words.js";
/** @import { CaseRow, ListItem } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

/** The filters of one desk's list. */
export class CaseFilterBar {
  /** @param {CaseDeskPage} desk whose list it filters */
  constructor(desk) {
    this.desk = desk;
    this.input = makeSearchField(() => this.search());
    for (const node of all("[data-filter]")) {
      node.onclick = () => this.toggle(node.dataset.filter || "");
    }
    byId("desk-order").onclick = () => this.toggle("newest");
  }

  get filters() {
    return this.desk.list.filters;
  }

  /** @param {string} name of a filter that can be switched */
  toggle(name) {
    const known = SWITCHES.find((one) => one === name);
    if (!known) return;
    this.filters[known] = !this.filters[known];
    if (this.filters.closed) this.#loadClosed();
    this.#changed();
  }

  /** Take all filters away. */
  clear() {
    clearFilters(this.filters);
    this.input.value = "";
    this.#changed();
  }

  /** Find what is in the search field; among closed cases the server does. */
  search() {
    if (this.filters.text === this.input.value) return;
    this.filters.text = this.input.value;
    if (this.filters.closed) this.#loadClosed();
    this.#changed();
  }

  #changed() {
    this.desk.list.touch();
    this.desk.pages.begin();
    this.draw();
    this.desk.view.toTop();
    this.desk.dropHidden();
  }

  async #loadClosed() {
    const { list, server, view } = this.desk, words = this.filters.text;
    try {
      const found = await server.ask("/cases/api/closed?words=" + encodeURIComponent(words));
      if (words !== this.filters.text) return;
      list.takeClosed(found.rows);
      view.draw();
    } catch (error) {
      this.desk.say(caseWord("loadFailed", { why: wordsOf(error) }), true);
    }
  }

  /** Show which filters are on, in the page's language. */
  draw() {
    const { filters, desk } = this, order = byId("desk-order");
    this.input.placeholder = caseWord("search");
    for (const node of all("[data-filter]")) {
      const name = SWITCHES.find((one) => one === node.dataset.filter);
      node.classList.toggle("on", !!name && filters[name]);
      if (name === "unit") node.hidden = !desk.session.own.size;
      if (name === "dispatch") node.hidden = !desk.session.current?.dispatches;
    }
    const age = caseWord(filters.newest ? "newest" : "oldest");
    order.replaceChildren(element("span", "", age), element("kbd", "", "O"));
  }

  /** How many cases there are: of a list that was sent whole by itself, else as the server says. */
  #counts() {
    const { list, session, pages } = this.desk, { newest } = pages;
    if (pages.isOn) {
      const { all, mine, dispatch: waiting, found } = newest ||
        { all: list.part, mine: 0, dispatch: 0, found: list.part };
      return { all, mine, waiting, found };
    }
    const alone = Array.from(list.rows.values()).filter(({ into }) => !into);
    const mine = alone.filter((row) => session.isMine(row)).length;
    const waiting = alone.filter((row) => row.dispatch).length;
    return { all: alone.length, mine, waiting, found: null };
  }

  /**
   * Show how many cases there are.
   * @param {ListItem<CaseRow>[]} items of the list
   * @param {number} above how many came in above what can be seen
   */
  drawCounts(items, above) {
    const { list, session } = this.desk, { all, mine, waiting, found } = this.#counts();
    const scope = session.isPartial ? caseWord("inScope") : "";
    const n = whole(items.length), isCut = found !== null && found > items.length;
    const open = isCut
      ? caseWord("shownFirst", { n, found: whole(found), all: whole(all) })
      : caseWord("shown", { n, all: whole(all) });
    const shown = list.filters.closed ? caseWord("shownClosed", { n }) : open;
    const words = [shown + scope, caseWord("mineN", { n: whole(mine) })];
    if (waiting && session.current?.dispatches) {
      words.push(caseWord("dispatchN", { n: whole(waiting) }));
    }
    if (above) words.push(caseWord("above", { n: above }));
    const nodes = keepChildren(byId("desk-count"), words.length, () => element("span"));
    for (const [index, text] of words.entries()) {
      setText(nodes[index], text);
      nodes[index].className = above && index === words.length - 1 ? "new" : "";
    }
  }
}
