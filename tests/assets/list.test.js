import {
  alertMatcher,
  clearFilters,
  compareAlerts,
  countAlerts,
  faceOf,
  newFilters,
  ringingOf,
} from "../../dashboards/assets/desk/alert_list.js";
import { keyOf, LiveList } from "../../dashboards/assets/desks/live_list.js";
import { SessionStore } from "../../dashboards/assets/desk/session.js";
import { keyTargets, shownAlerts } from "../../dashboards/assets/desk/targets.js";
import { expectEqual, speak } from "./speaking.js";
/** @import { AlertRow, ListMessage } from "../../dashboards/assets/shared/types.d.ts" */
/** @import { AlertFilters } from "../../dashboards/assets/desk/alert_list.js" */

const ORIGINS = ["live", "replay", "simulated", "exercise"];

/**
 * A row as the server says it (`dashboards/lists/list_rows.py`).
 * @param {string} id
 * @param {Partial<AlertRow>} [fields]
 * @returns {AlertRow}
 */
function alert(id, fields) {
  const row = { ...plain(id), ...fields };
  const waits = row.state === "firing" && !row.mutes.length;
  const open = row.state === "firing" || row.state === "acknowledged";
  return { ...row, rank: ORIGINS.indexOf(row.origin), open, waits, red: waits && row.level === 4 };
}

/** @param {string} id */
const plain = (id) => /** @type {Omit<AlertRow, "rank" | "open" | "waits" | "red">} */ ({
  id,
  v: 1,
  state: "firing",
  level: 4,
  rule: "gas_leak",
  theme: "safety",
  area: "150302001",
  subject: "",
  departments: ["gas"],
  title: ["燃气泄漏", "Gas leak"],
  opened: 1000,
  updated: 1000,
  owner: "",
  incident: "",
  mutes: [],
  origin: "live",
  step: 0,
  lon: null,
  lat: null,
});

/** @typedef {{released: boolean, changed: string[][]}} Seen */

/** @param {AlertRow[]} rows */
function listOf(...rows) {
  const session = new SessionStore();
  session.take({
    user: "duty_a",
    title: "甲",
    role_title: ["值班员", "officer"],
    actions: ["acknowledge"],
    departments: [],
    areas: [],
    csrf: "",
    people: [{ name: "duty_a", title: "张三", role: ["值班员", "officer"] }],
  });
  /** @type {Seen} */
  const seen = { released: false, changed: [] };
  const list = /** @type {LiveList<AlertRow, AlertFilters>} */ (new LiveList({
    path: "/nowhere",
    filters: newFilters(),
    matcher: alertMatcher(session),
    compare: compareAlerts,
    face: faceOf,
    showsClosed: (filters) => filters.closed,
    isGrouped: (filters) => filters.grouped,
    onHear: () => {},
    onChange: (_message, changed) => seen.changed.push(changed),
    onNewRelease: () => seen.released = true,
    onSignedOut: () => {},
  }));
  list.take({ type: "whole", rows });
  return { list, seen };
}

/** @param {LiveList<AlertRow, AlertFilters>} list */
const keys = (list) => list.items().map(keyOf).join(" ");

Deno.test("two lists know nothing of each other", () => {
  const { list: one } = listOf(alert("a")), { list: other } = listOf(alert("b"));
  one.select("a");
  one.marked.add("a");
  one.filters.text = "x";
  expectEqual([other.selected, other.marked.size, other.filters.text, keys(other)], [
    "",
    0,
    "",
    "b",
  ]);
});

Deno.test("the list is ordered by level and age, and only the newest version counts", () => {
  const { list } = listOf(alert("old"), alert("new", { opened: 2000 }), alert("low", { level: 1 }));
  expectEqual(keys(list), "new old low");
  list.filters.oldest = true;
  list.touch();
  expectEqual(keys(list), "old new low");
  list.take({ type: "changes", rows: [alert("low", { v: 3, level: 3 })] });
  list.take({ type: "changes", rows: [alert("low", { v: 2, level: 1 })], removed: ["old"] });
  expectEqual([keys(list), list.rows.get("low")?.v], ["new low", 3]);
});

Deno.test("filters say what is to be seen, and search finds places and people", () => {
  speak("zh");
  const { list } = listOf(
    alert("mine", { owner: "duty_a", state: "acknowledged" }),
    alert("muted", { mutes: [["silence", "x", "", ""]] }),
    alert("pending", { state: "pending" }),
    alert("far", { area: "150999", level: 2 }),
  );
  /** @type {[Partial<AlertFilters>, string][]} */
  const cases = [
    [{}, "mine muted far"],
    [{ pending: true }, "mine muted pending far"],
    [{ muted: false }, "mine far"],
    [{ unacknowledged: true }, "far"],
    [{ mine: true }, "mine"],
    [{ levels: new Set([2]) }, "far"],
    [{ text: "新华街 泄漏" }, "mine muted"],
    [{ text: "张三" }, "mine"],
    [{ theme: "traffic" }, ""],
  ];
  for (const [given, expected] of cases) {
    clearFilters(list.filters);
    Object.assign(list.filters, given);
    list.touch();
    expectEqual([given, keys(list)], [given, expected]);
    list.filters.levels = new Set();
  }
});

Deno.test("an incident is folded under the worst real one, and stands for all its alerts", () => {
  const { list } = listOf(
    alert("sim", { incident: "i", origin: "simulated" }),
    alert("real", { incident: "i", level: 3 }),
    alert("alone", { incident: "j", level: 2 }),
  );
  expectEqual([keys(list), list.items()[0].row.id], ["g:i alone", "real"]);
  list.select("g:i");
  const looked = { current: list.current(), marked: [], find: list.find.bind(list) };
  expectEqual(keyTargets(looked).map((row) => row.id), ["real", "sim"]);
  expectEqual(shownAlerts(looked, "real", null).map((row) => row.id), ["real", "sim"]);
  expectEqual(shownAlerts(looked, "alone", null).map((row) => row.id), ["alone"]);
  expectEqual(list.unfold(list.items()[0], true), true);
  expectEqual(keys(list), "g:i real sim alone");
  expectEqual(list.unfold(list.items()[1], false), true);
  expectEqual([keys(list), list.selected], ["g:i alone", "g:i"]);
});

Deno.test("what is selected stays selected when an incident forms, or is left with one", () => {
  const { list } = listOf(alert("a"), alert("b", { incident: "i" }));
  list.select("a");
  list.take({ type: "changes", rows: [alert("a", { v: 2, incident: "i" })] });
  list.keepSelection();
  expectEqual([list.current()?.row.id, keys(list)], ["a", "g:i a b"]);
  list.select("g:i");
  list.take({ type: "changes", rows: [], removed: ["a"] });
  list.keepSelection();
  expectEqual(list.selected, "b");
});

Deno.test("where the selected one is gone, its neighbours have moved up to its place", () => {
  const { list } = listOf(alert("a"), alert("b"), alert("c"));
  expectEqual([list.neighbour(1), list.neighbour(-1)], ["a", "a"]);
  list.select("b");
  expectEqual([list.neighbour(1), list.neighbour(-1), list.neighbour(9)], ["c", "a", "c"]);
  list.take({ type: "changes", rows: [], removed: ["b"] });
  expectEqual([list.neighbour(1), list.neighbour(-1)], ["c", "a"]);
  expectEqual(listOf().list.neighbour(1), "");
});

Deno.test("marked ones are what a key is for, as they are now", () => {
  const { list } = listOf(alert("a"), alert("b"));
  list.toggleMark({ row: alert("a") });
  list.take({ type: "changes", rows: [alert("a", { v: 2 })] });
  const looked = { current: null, marked: list.markedRows(), find: list.find.bind(list) };
  expectEqual(keyTargets(looked).map((row) => row.v), [2]);
  list.toggleMark({ row: alert("a") });
  expectEqual(list.markedRows(), []);
});

Deno.test("who waits is counted without what is pending or kept quiet", () => {
  const rows = [
    alert("a"),
    alert("b", { state: "acknowledged" }),
    alert("c", { mutes: [["rate", "x", "", ""]] }),
    alert("d", { state: "pending" }),
  ];
  const sums = { levels: [0, 0, 0, 0, 3], waiting: 1, total: 4, beside: {} };
  expectEqual(countAlerts(rows), sums);
  expectEqual(ringingOf(rows).map((row) => row.id), ["a"]);
});

Deno.test("a page of another release is left, and takes nothing more", () => {
  const { list, seen } = listOf();
  /** @type {ListMessage<AlertRow>} */
  const message = {
    type: "whole",
    version: "1",
    at: 5,
    outage: null,
    ready: true,
    waits: [],
    rows: [alert("a")],
  };
  list.hear(message);
  list.hear({ ...message, type: "pulse", at: 6 });
  expectEqual([seen, list.isReady, list.at], [{ released: false, changed: [["a"]] }, true, 6]);
  list.hear({ ...message, version: "2", at: 7 });
  expectEqual([seen.released, list.at], [true, 6]);
});

for (const [better, one] of ORIGINS.entries()) {
  for (const [worse, other] of ORIGINS.entries()) {
    if (worse <= better) continue;
    Deno.test(`what is ${other} neither stands above, nor counts with, nor rings beside ${one}`, () => {
      const above = alert("a", { origin: one, level: 1 }), red = alert("b", { origin: other });
      const { list } = listOf(red, above);
      expectEqual(keys(list), "a b");
      const counted = one === "exercise" ? [0, 0, 0, 0, 0] : [0, 1, 0, 0, 0];
      expectEqual(countAlerts([red, above]).levels, counted);
      expectEqual(countAlerts([red, above]).beside[other], 1);
      const ringing = ringingOf([red, alert("c", { origin: one })]);
      expectEqual(ringing.map((row) => row.id), ["c"]);
      const folded = [alert("d", { origin: one, level: 1, incident: "i" })];
      folded.push(alert("e", { origin: other, incident: "i" }));
      expectEqual(listOf(...folded).list.items()[0].row.id, "d");
    });
  }
}

Deno.test("a folded incident carries the highest level that waits", () => {
  const { list } = listOf(
    alert("taken", { incident: "i", state: "acknowledged" }),
    alert("muted", { incident: "i", mutes: [["silence", "s", "", ""]] }),
    alert("waits", { incident: "i", level: 3 }),
    alert("low", { incident: "i", level: 1 }),
  );
  expectEqual(list.items()[0].row.id, "waits");
});

Deno.test("a drill alone is in no count", () => {
  const sums = countAlerts([alert("a", { origin: "exercise" })]);
  expectEqual([sums.levels, sums.waiting, sums.beside], [[0, 0, 0, 0, 0], 0, { exercise: 1 }]);
});
