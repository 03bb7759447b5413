/**
 * A list that lives: its records as the server tells them over a socket, what of them is to be
 * seen in which order, what is selected, marked, unfolded. It knows neither elements nor alerts:
 * a page makes one with options, `list_view.js` shows it.
 */
import { LiveSocket } from "../shared/live_socket.js";
import { foldedGroups } from "./folded_groups.js";
/** @import { ListItem, ListMessage, ListRow, Outage } from "../shared/types.d.ts" */
/** @import { StandingProcess } from "../shared/types.d.ts" */

const FIRST_WAIT_MS = 400, GROUP = "g:";

/**
 * @template {ListRow} Row
 * @template Filters
 * @typedef {object} ListOptions
 * @property {string} path of the socket
 * @property {Filters} filters as they are at first
 * @property {(filters: Filters) => (row: Row) => boolean} matcher which records are to be seen
 * @property {(one: Row, other: Row, filters: Filters) => number} compare for the order
 * @property {(rows: Row[]) => Row} face of a group: the record that stands for it
 * @property {(filters: Filters) => boolean} showsClosed whether closed records are asked for
 * @property {(filters: Filters) => boolean} isGrouped whether groups are folded
 * @property {(message: ListMessage<Row>, changed: string[], started: number) => void} onChange
 *   called after the records have changed
 * @property {(message: ListMessage<Row>) => void} onHear called with whatever comes
 * @property {() => boolean} onNewRelease whether the page leaves for a newer one
 * @property {() => void} onSignedOut called where the session is over
 */

/**
 * A live list of records, each with an id, a version, and perhaps an incident that groups it.
 * @template {ListRow} Row
 * @template Filters
 */
export class LiveList {
  /** @param {ListOptions<Row, Filters>} options of this list */
  constructor(options) {
    this.options = options;
    this.filters = options.filters;
    /** @type {Map<string, Row>} open records by id */
    this.rows = new Map();
    /** @type {Row[]} records that were closed last, where asked for */
    this.closed = [];
    /** @type {Set<string>} ids of records that are marked */
    this.marked = new Set();
    /** @type {Set<string>} groups that are unfolded */
    this.unfolded = new Set();
    /** Key of the selected item; "" for none. */
    this.selected = "";
    /** Where the selected item was last. */
    this.place = 0;
    /** @type {ListItem<Row>[]} */
    this.shown = [];
    this.isStale = true;
    this.isReady = false;
    /** @type {Outage | null} */
    this.outage = null;
    /** @type {StandingProcess[] | undefined} */
    this.alarm = undefined;
    /** @type {string[]} who made what waits for approval */
    this.waits = [];
    this.version = "";
    /** How many records there are where they are too many to be sent; 0: all were. */
    this.part = 0;
    /** The server's instant, and when it came. */
    this.at = 0;
    this.cameAt = 0;
    this.socket = new LiveSocket({
      onMessage: (message) => this.hear(message),
      onSignedOut: options.onSignedOut,
      firstWaitMs: FIRST_WAIT_MS,
    });
  }

  /** Follow the server from now on. */
  connect() {
    this.socket.follow(this.options.path);
  }

  /** The server's clock, running on between messages. */
  now() {
    return this.at ? this.at + (performance.now() - this.cameAt) : Date.now();
  }

  /**
   * Take a message of the socket.
   * @param {ListMessage<Row>} message of the server
   */
  hear(message) {
    const started = performance.now();
    const newer = this.version && this.version !== message.version;
    if (newer && this.options.onNewRelease()) return;
    this.version ||= message.version;
    this.at = message.at;
    this.cameAt = started;
    this.outage = message.outage;
    this.alarm = message.alarm;
    this.isReady = message.ready;
    this.waits = message.waits || [];
    this.options.onHear(message);
    if (message.type === "pulse") return;
    this.options.onChange(message, this.take(message), started);
  }

  /**
   * Take the records of a message.
   * @param {{type: string, rows: Row[], removed?: string[], part?: number}} message of the server
   * @returns {string[]} ids of what has changed
   */
  take(message) {
    if (message.type === "whole") {
      this.rows.clear();
      this.part = message.part || 0;
    }
    const isKnown = this.part > 0 && message.type !== "whole";
    for (const row of message.rows) {
      const before = this.rows.get(row.id);
      // Of a part, whether another record belongs to it is for the server to say.
      if (before ? before.v <= row.v : !isKnown) this.rows.set(row.id, row);
    }
    for (const id of message.removed || []) this.rows.delete(id);
    this.touch();
    return message.rows.map((row) => row.id).concat(message.removed || []);
  }

  /** @param {Row[]} rows that the server picked out of too many */
  takePage(rows) {
    const known = this.rows;
    this.rows = new Map(rows.map((row) => {
      const before = known.get(row.id);
      return [row.id, before && before.v > row.v ? before : row];
    }));
    this.touch();
  }

  /** @param {Row[]} rows that were closed last */
  takeClosed(rows) {
    this.closed = rows;
    this.touch();
  }

  /** What is shown has to be worked out anew: filters, words or marks have changed. */
  touch() {
    this.isStale = true;
  }

  /**
   * A record, open or closed.
   * @param {string} id of it
   */
  find(id) {
    return this.rows.get(id) || this.findClosed(id);
  }

  /** @param {string} id of a closed record */
  findClosed(id) {
    return this.closed.find((row) => row.id === id);
  }

  /**
   * What the list shows, in order.
   * @returns {ListItem<Row>[]}
   */
  items() {
    if (!this.isStale) return this.shown;
    const { matcher, compare, showsClosed, isGrouped } = this.options;
    const closed = showsClosed(this.filters);
    const found = (closed ? this.closed : Array.from(this.rows.values()))
      .filter(matcher(this.filters));
    found.sort((one, other) =>
      closed ? other.updated - one.updated : compare(one, other, this.filters)
    );
    const fold = isGrouped(this.filters) && !closed, { face } = this.options;
    this.shown = fold ? foldedGroups(found, face, this.unfolded) : found.map((row) => ({ row }));
    this.isStale = false;
    return this.shown;
  }

  /** @param {string} key of an item */
  listed(key) {
    return this.items().find((item) => keyOf(item) === key);
  }

  /** The selected item, null where it is not in the list. */
  current() {
    return this.listed(this.selected) || null;
  }

  /** The index of the selected item, -1 where it is not in the list. */
  currentIndex() {
    return this.items().findIndex((item) => keyOf(item) === this.selected);
  }

  /** What is selected stays selected when a group forms around it, or is left with one. */
  keepSelection() {
    if (!this.selected || this.current()) return;
    const row = this.rows.get(this.selected);
    const folded = this.selected.startsWith(GROUP) ? this.selected.slice(GROUP.length) : "";
    const group = row ? row.incident || "" : folded;
    if (row && this.listed(GROUP + group)) {
      this.unfolded.add(group);
      this.touch();
    } else if (!row && group) {
      const left = this.items().find((item) => item.row.incident === group);
      if (left) this.selected = keyOf(left);
    }
  }

  /**
   * Select an item.
   * @param {string} key of it
   * @returns {number} its index, -1 where it is not in the list
   */
  select(key) {
    this.selected = key;
    this.keepSelection();
    const index = this.currentIndex();
    if (index >= 0) this.place = index;
    return index;
  }

  /**
   * The key of the item that lies some steps from the selected one; "" in an empty list.
   *
   * The one that was selected may be gone by now: its neighbours have moved up to its place.
   * @param {number} step how far, downwards
   */
  neighbour(step) {
    const items = this.items(), at = this.currentIndex();
    if (!items.length) return "";
    const gone = this.selected ? this.place - (step > 0 ? 1 : 0) : -1;
    const from = at >= 0 ? at : gone;
    return keyOf(items[Math.max(0, Math.min(items.length - 1, from + step))]);
  }

  /**
   * Mark the records of an item, or unmark them.
   * @param {ListItem<Row>} item of the list
   */
  toggleMark(item) {
    for (const row of rowsOf(item)) if (!this.marked.delete(row.id)) this.marked.add(row.id);
  }

  /** The records that are marked, as they are now. */
  markedRows() {
    const found = [];
    for (const id of this.marked) {
      const row = this.find(id);
      if (row) found.push(row);
    }
    return found;
  }

  /**
   * Unfold or fold the group of an item.
   * @param {ListItem<Row>} item of the list
   * @param {boolean} [open] whether it is to be unfolded; the other way round where not given
   * @returns {boolean} whether that changed anything
   */
  unfold(item, open) {
    const group = item.group || item.child;
    if (!group) return false;
    const wanted = open ?? !this.unfolded.has(group);
    if (wanted === this.unfolded.has(group)) return false;
    if (wanted) this.unfolded.add(group);
    else {
      this.unfolded.delete(group);
      this.selected = GROUP + group;
    }
    this.touch();
    return true;
  }
}

/**
 * What an item is known by: the record's id, or its group.
 * @template {ListRow} Row
 * @param {ListItem<Row>} item of a list
 */
export const keyOf = (item) => item.group ? GROUP + item.group : item.row.id;

/**
 * The records that an item stands for.
 * @template {ListRow} Row
 * @param {ListItem<Row>} item of a list
 */
export const rowsOf = (item) => item.rows || [item.row];

/**
 * How many records no item of a list stands for.
 * @template {ListRow} Row
 * @param {Row[]} rows
 * @param {ListItem<Row>[]} items of the list
 */
export function countUnlisted(rows, items) {
  const listed = new Set(items.flatMap(rowsOf).map(({ id }) => id));
  return rows.filter(({ id }) => !listed.has(id)).length;
}
