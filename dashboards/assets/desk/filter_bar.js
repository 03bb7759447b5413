/** What the person wants to see of the list: filters, order, search. */
import { city, titleOf } from "../shared/city.js";
import { all, byId, element } from "../shared/dom.js";
import { clearFilters, SWITCHES } from "./alert_list.js";
import { makeSearchField } from "../desks/search_field.js";
import { showToast } from "../desks/toasts.js";
import { wordsOf } from "../desks/server.js";
import { deskWord } from "./words.js";
/** @import { DutyDesk } from "./duty_desk.js" */

/** The filters of one desk's list. */
export class FilterBar {
  /** @param {DutyDesk} desk whose list it filters */
  constructor(desk) {
    this.desk = desk;
    this.input = makeSearchField(() => this.search());
    for (const node of all("[data-filter]")) {
      node.onclick = () => this.toggle(node.dataset.filter || "");
    }
    for (const node of all(".dk-level")) {
      node.onclick = () => this.toggleLevel(Number(node.dataset.level));
    }
    byId("desk-theme").onclick = () => this.nextTheme();
    byId("desk-order").onclick = () => this.toggle("oldest");
  }

  get filters() {
    return this.desk.list.filters;
  }

  /** @param {string} name of a filter that can be switched */
  toggle(name) {
    const known = SWITCHES.find((one) => one === name);
    if (!known) return;
    this.filters[known] = !this.filters[known];
    if (known === "closed" && this.filters.closed) this.#loadClosed();
    this.#changed();
  }

  /** @param {number} rank of the level to see only, or no more */
  toggleLevel(rank) {
    const { levels } = this.filters;
    if (!levels.delete(rank)) levels.add(rank);
    this.#changed();
  }

  /** See the next theme only; after the last, all. */
  nextTheme() {
    const names = ["", ...Object.keys(city().themes)];
    this.filters.theme = names[(names.indexOf(this.filters.theme) + 1) % names.length];
    this.#changed();
  }

  /** Take all filters away. */
  clear() {
    clearFilters(this.filters);
    this.input.value = "";
    this.#changed();
  }

  /** Find what is in the search field. */
  search() {
    if (this.filters.text === this.input.value) return;
    this.filters.text = this.input.value;
    this.#changed();
  }

  #changed() {
    this.desk.list.touch();
    this.draw();
    this.desk.view.toTop();
    this.desk.dropHidden();
  }

  async #loadClosed() {
    try {
      this.desk.list.takeClosed((await this.desk.server.ask("/desk/api/closed")).rows);
      this.desk.view.draw();
    } catch (error) {
      showToast(deskWord("loadFailed", { why: wordsOf(error) }), true);
    }
  }

  /** Show which filters are on, in the page's language. */
  draw() {
    const { filters } = this, theme = byId("desk-theme"), order = byId("desk-order");
    this.input.placeholder = deskWord("search");
    for (const node of all("[data-filter]")) {
      const name = SWITCHES.find((one) => one === node.dataset.filter);
      node.classList.toggle("on", !!name && filters[name]);
    }
    const title = filters.theme ? titleOf("themes", filters.theme) : deskWord("allThemes");
    theme.replaceChildren(element("span", "", title), element("kbd", "", "T"));
    theme.classList.toggle("on", !!filters.theme);
    const age = deskWord(filters.oldest ? "oldest" : "newest");
    order.replaceChildren(element("span", "", age), element("kbd", "", "O"));
  }
}
