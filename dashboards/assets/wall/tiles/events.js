/** The rolling list of the newest events. */
import { titleOf, unitOf } from "../../shared/city.js";
import { box, childrenOf, element, keepChildren, setText } from "../../shared/dom.js";
import { decimal } from "../../shared/numbers.js";
import { minute, monthDay, time } from "../../shared/times.js";
import { originMark } from "../../shared/words.js";
import { streetOf } from "../places.js";
import { isPhone } from "../stage.js";
import { SEVERITY_SHAPES, showEmpty } from "../tile_parts.js";
import { wallWord } from "../words.js";
/** @import { CityEvent, Drawing } from "../../shared/types.d.ts" */

const ROW_HEIGHT = 56, EDGE = 16, PHONE_ROWS = 10, OLD_MS = 20 * 3600 * 1000;

/**
 * @typedef {object} Tools
 * @property {HTMLElement} list
 * @property {string} ids of what is shown
 */

/** @param {CityEvent} event of the list */
function details(event) {
  if (event.value !== null) return decimal(event.value) + " " + unitOf(event.kind);
  return event.text;
}

/**
 * @param {HTMLElement} row of the list
 * @param {CityEvent} event to show
 * @param {number} at instant of the data
 * @param {boolean} known whether it was there before
 */
function showEvent(row, event, at, known) {
  row.className = "event" + (known ? "" : " new");
  const [shape, what, when, where] = childrenOf(row);
  shape.className = "shape sev" + event.severity;
  setText(shape, SEVERITY_SHAPES[event.severity]);
  what.replaceChildren();
  if (event.origin !== "live") {
    what.append(element("span", "tag " + event.origin, originMark(event.origin)));
  }
  what.append(titleOf("kinds", event.kind));
  const old = at - event.at > OLD_MS;
  setText(when, old ? monthDay(event.at) + " " + minute(event.at) : time(event.at));
  const department = titleOf("departments", event.department);
  setText(where, [streetOf(event), department, details(event)].filter(Boolean).join(" · "));
}

function makeRow() {
  const parts = ["shape", "what", "when", "where"].map((name) => element("span", name));
  return box("event", ...parts);
}

/**
 * Rows move with their event, so that only what is new flashes.
 * @param {Tools} tools of the tile
 * @param {CityEvent[]} list of events, the newest first
 * @param {HTMLElement} body of the tile
 * @param {number} at instant of the data
 */
function showList(tools, list, body, at) {
  const lines = Math.max(1, Math.floor((body.clientHeight - EDGE) / ROW_HEIGHT));
  const shown = list.slice(0, isPhone() ? PHONE_ROWS : lines);
  const ids = shown.map((event) => event.id).join();
  showEmpty(body, !shown.length, wallWord("newest"));
  if (ids === tools.ids) return;
  const before = new Set(tools.ids.split(",")), first = before.has("");
  tools.ids = ids;
  const rows = keepChildren(tools.list, shown.length, makeRow);
  const rowOf = new Map(rows.map((row) => [row.dataset.id, row]));
  const spare = rows.filter((row) => !shown.some((event) => event.id === row.dataset.id));
  tools.list.replaceChildren(...shown.map((event) => {
    const kept = rowOf.get(event.id);
    if (kept) {
      kept.className = "event";
      return kept;
    }
    const row = spare.pop() || makeRow();
    row.dataset.id = event.id;
    showEvent(row, event, at, first || before.has(event.id));
    return row;
  }));
}

/** @type {Drawing<Tools, {events: CityEvent[]}>} */
export const drawing = {
  mount(body) {
    const list = box("events");
    body.append(list);
    return { list, ids: "" };
  },
  draw(tools, data, body, at) {
    showList(tools, data.events, body, at);
  },
  pulse(tools, pulse, body) {
    if (pulse.list) showList(tools, pulse.list, body, pulse.at);
  },
};
