/**
 * A live list on the page: only the rows that can be seen are elements, and what comes in above
 * them does not move them.
 */
import { element, setText } from "../shared/dom.js";
import { keyOf } from "./live_list.js";
/** @import { ListItem, ListRow } from "../shared/types.d.ts" */
/** @import { LiveList } from "./live_list.js" */

const ROW_REM = 3.5, BEYOND = 3;

/**
 * How one row is drawn.
 * @template {ListRow} Row
 * @template Parts
 * @typedef {object} RowDrawing
 * @property {() => {node: HTMLElement, parts: Parts}} make an element
 * @property {(item: ListItem<Row>, now: number) => string} className of the element
 * @property {(parts: Parts, item: ListItem<Row>, now: number) => void} fill it
 */

/**
 * @template {ListRow} Row
 * @template Filters
 * @template Parts
 * @typedef {object} ViewOptions
 * @property {LiveList<Row, Filters>} list to show
 * @property {HTMLElement} scroller that scrolls
 * @property {HTMLElement} space as high as all rows
 * @property {RowDrawing<Row, Parts>} drawing of a row
 * @property {() => string} emptyWords for a list without rows
 * @property {(items: ListItem<Row>[], above: number) => void} onDrawn what else shows the list
 * @property {(item: ListItem<Row>) => void} onClick called after a click has selected a row
 * @property {() => void} onSelect called after another item was selected
 */

/**
 * @template {ListRow} Row
 * @template Filters
 * @template Parts
 */
export class ListView {
  /** @param {ViewOptions<Row, Filters, Parts>} options of this view */
  constructor(options) {
    this.options = options;
    this.list = options.list;
    this.scroller = options.scroller;
    this.space = options.space;
    /** @type {{node: HTMLElement, parts: Parts, at: number, height: number}[]} */
    this.pool = [];
    this.height = 56;
    this.asked = 0;
    /** @type {{key: string, index: number} | null} the first row that can be seen */
    this.first = null;
    /** How many rows came in above what can be seen. */
    this.above = 0;
    this.empty = element("div", "empty");
    this.empty.append(element("b", "", "◌"), element("span"));
    this.scroller.append(this.empty);
    this.scroller.addEventListener("scroll", () => this.drawLater(), { passive: true });
    this.scroller.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Draw with the next frame. */
  drawLater() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
    });
  }

  /** Draw what can be seen. */
  draw() {
    this.list.keepSelection();
    const items = this.list.items(), now = this.list.now();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.height = Math.round(rem * ROW_REM);
    const full = items.length * this.height + "px";
    if (this.space.style.height !== full) this.space.style.height = full;
    this.#anchor(items);
    this.#drawRows(items, now);
    const top = this.scroller.scrollTop;
    const seen = Math.min(items.length - 1, Math.max(0, Math.floor(top / this.height)));
    this.first = items.length ? { key: keyOf(items[seen]), index: seen } : null;
    this.empty.hidden = items.length > 0;
    if (!items.length) setText(/** @type {Element} */ (this.empty.lastElementChild), this.words);
    this.options.onDrawn(items, top > this.height ? Math.round(this.above) : 0);
  }

  get words() {
    return this.options.emptyWords();
  }

  /**
   * @param {ListItem<Row>[]} items of the list
   * @param {number} now instant
   */
  #drawRows(items, now) {
    const top = this.scroller.scrollTop, bottom = top + this.scroller.clientHeight;
    const first = Math.max(0, Math.floor(top / this.height) - BEYOND);
    const last = Math.min(items.length, Math.ceil(bottom / this.height) + BEYOND);
    while (this.pool.length < last - first) this.pool.push(this.#makeSlot());
    for (const [index, slot] of this.pool.entries()) {
      const shown = index < last - first;
      if (slot.node.hidden === shown) slot.node.hidden = !shown;
      if (shown) this.#fill(slot, items[first + index], first + index, now);
    }
  }

  #makeSlot() {
    const { node, parts } = this.options.drawing.make();
    this.space.append(node);
    return { node, parts, at: -1, height: 0 };
  }

  /**
   * @param {{node: HTMLElement, parts: Parts, at: number, height: number}} slot to fill
   * @param {ListItem<Row>} item to show
   * @param {number} index of the item
   * @param {number} now instant
   */
  #fill(slot, item, index, now) {
    const { node } = slot, here = keyOf(item) === this.list.selected;
    const className = this.options.drawing.className(item, now) + (here ? " here" : "");
    if (node.className !== className) node.className = className;
    if (slot.at !== index || slot.height !== this.height) {
      node.style.transform = `translateY(${index * this.height}px)`;
      node.dataset.index = String(index);
      slot.at = index;
      slot.height = this.height;
    }
    node.dataset.id = item.row.id;
    node.setAttribute("aria-selected", String(here));
    this.options.drawing.fill(slot.parts, item, now);
  }

  /**
   * Put the first visible row back where it was after rows came or went above it.
   * @param {ListItem<Row>[]} items of the list
   */
  #anchor(items) {
    const first = this.first;
    if (!first || this.scroller.scrollTop < this.height) {
      this.above = 0;
      return;
    }
    const index = items.findIndex((item) => keyOf(item) === first.key);
    if (index < 0) return;
    const moved = (index - first.index) * this.height;
    if (moved) this.scroller.scrollTop += moved;
    if (moved > 0) this.above += moved / this.height;
  }

  /** @param {MouseEvent} event of the list */
  #click(event) {
    const node = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    const index = node instanceof HTMLElement ? Number(node.dataset.index) : -1;
    const item = this.list.items()[index];
    if (!item) return;
    if (event.ctrlKey || event.metaKey) {
      this.mark(item);
      return;
    }
    const again = keyOf(item) === this.list.selected;
    this.select(keyOf(item), false);
    if (item.group && again) this.unfold(item);
    this.options.onClick(item);
  }

  /**
   * Select an item.
   * @param {string} key of it
   * @param {boolean} [reveal] whether to scroll to it
   */
  select(key, reveal = true) {
    const index = this.list.select(key);
    if (reveal) this.#reveal(index);
    this.draw();
    this.options.onSelect();
  }

  /** @param {number} index of a row to scroll to */
  #reveal(index) {
    if (index < 0) return;
    const top = index * this.height, { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) {
      this.scroller.scrollTop = top + this.height - clientHeight;
    }
    this.first = null;
  }

  /** @param {number} step how far to move the selection, downwards */
  move(step) {
    const key = this.list.neighbour(step);
    if (key) this.select(key);
  }

  /** How many rows a page has. */
  get page() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1);
  }

  /** Scroll to the top. */
  toTop() {
    this.scroller.scrollTop = 0;
    this.draw();
  }

  /** @param {ListItem<Row>} item to mark or unmark */
  mark(item) {
    this.list.toggleMark(item);
    this.draw();
  }

  /** Mark nothing any more. */
  unmark() {
    this.list.marked.clear();
    this.draw();
  }

  /**
   * @param {ListItem<Row>} item to unfold or fold
   * @param {boolean} [open] whether to unfold it; the other way round where not given
   */
  unfold(item, open) {
    if (this.list.unfold(item, open)) this.draw();
  }
}
