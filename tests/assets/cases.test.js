import { actionOfKey, shownActions } from "../../dashboards/assets/cases/case_bar.js";
import { caseMatcher, compareCases, newFilters } from "../../dashboards/assets/cases/case_list.js";
import { CaseSessionStore } from "../../dashboards/assets/cases/case_session.js";
import { stagesShown } from "../../dashboards/assets/cases/stage_bar.js";
import { initialsOf } from "../../dashboards/assets/desks/initials.js";
import { instantOf } from "../../dashboards/assets/shared/times.js";
import { expectEqual, speak } from "./speaking.js";
/** @import { CaseAction, CaseFlow, CaseRow } from "../../dashboards/assets/shared/types.d.ts" */

speak("zh");

/**
 * A row as the server says it (`dashboards/lists/case_rows.py`).
 * @param {string} id
 * @param {Partial<CaseRow>} [fields]
 * @returns {CaseRow}
 */
const row = (id, fields) => ({
  ...{ id, v: 1, number: "WH-20261130-" + id, state: "handling", stage: "handling" },
  ...{ flow: "leads-1", kind: "fire", condition: "", title: "火情", area: "150302001" },
  ...{ unit: "gas", handler: "gas", person: "", who: "", source: "clerk", origin: "live", rank: 0 },
  ...{ severity: 1, opened: 1000, updated: 1000, legs: 1, dispatch: false, asks: [], level: "" },
  ...{ parts: [], flags: [], into: "", lon: null, lat: null, limit: "", due: null, soon: null },
  ...fields,
});

const session = new CaseSessionStore();
session.take({
  ...{ user: "wang", title: "王", role: "clerk", role_title: ["经办员", "clerk"], units: ["gas"] },
  ...{
    areas: [],
    csrf: "t",
    opens: true,
    dispatches: false,
    exports: true,
    desk: false,
    walls: false,
  },
  city: {
    ...{ flows: {}, states: {}, sources: {}, flags: {}, details: {}, results: {}, verdicts: {} },
    units: [{ id: "gas", title: ["燃气公司", "Gas Co."], in: "", level: "city", area: "" }],
  },
});
const matcher = caseMatcher(session);

/** @param {CaseRow[]} rows @param {Partial<ReturnType<typeof newFilters>>} filters */
const seen = (rows, filters) =>
  rows.filter(matcher({ ...newFilters(), ...filters })).map(({ id }) => id);

Deno.test("filters: mine, of the unit or with a part of it, to dispatch, to answer, watched", () => {
  const rows = [
    row("1", { person: "wang" }),
    row("2", { unit: "water" }),
    row("3", { unit: "water", parts: ["gas"] }),
    row("4", { unit: "water", dispatch: true }),
    row("5", { unit: "water", asks: ["extension"], level: "notice" }),
    row("6", { into: "1" }),
  ];
  expectEqual(seen(rows, {}), ["1", "2", "3", "4", "5"]);
  expectEqual(seen(rows, { mine: true }), ["1"]);
  expectEqual(seen(rows, { unit: true }), ["1", "3"]);
  expectEqual(seen(rows, { dispatch: true }), ["4"]);
  expectEqual(seen(rows, { asks: true, supervised: true }), ["5"]);
  expectEqual(seen(rows, { text: "wh-20261130-6" }), ["6"]);
  expectEqual(seen(rows, { text: "海勃湾 燃气公司" }), ["1", "6"]);
  expectEqual(seen(rows, { closed: true, mine: true, unit: true }), ["1", "2", "3", "4", "5", "6"]);
});

Deno.test("order: real, due, watched, urgent, old; nothing that is not due before what is", () => {
  const rows = [
    row("old", { opened: 1 }),
    row("urgent", { severity: 4 }),
    row("watched", { level: "notice" }),
    row("due", { due: 9000, soon: 8000 }),
    row("drill", { severity: 4, rank: 3, due: 1, soon: 1 }),
  ];
  const filters = newFilters();
  const order = rows.sort((one, other) => compareCases(one, other, filters)).map(({ id }) => id);
  expectEqual(order, ["due", "watched", "urgent", "old", "drill"]);
});

/** @type {CaseFlow} */
const flow = {
  ...{ title: ["线索", "Lead"], levels: {}, conditions: {}, days: 365 },
  stages: [
    ...[["taking"], ["handling"], ["waiting", "aside"], ["closed", "ends"], ["dropped", "ends"]]
      .map(([id, what]) => ({
        id,
        title: /** @type {[string, string]} */ ([id, id]),
        ends: what === "ends",
        aside: what === "aside",
      })),
  ],
};

Deno.test("stages: the usual way, and whatever else it went through", () => {
  const states = (/** @type {string} */ stage, /** @type {string[]} */ been) =>
    stagesShown(flow, row("1", { stage }), been).map(({ id, state }) => id + " " + state);
  expectEqual(states("handling", ["taking"]), ["taking past", "handling now", "closed ahead"]);
  expectEqual(states("dropped", ["taking"]), ["taking past", "handling passed", "dropped now"]);
  expectEqual(states("waiting", []), [
    ...["taking passed", "handling passed", "waiting now", "closed ahead"],
  ]);
});

/**
 * @param {string} name
 * @param {Partial<CaseAction>} [fields]
 * @returns {CaseAction}
 */
const action = (name, fields) => ({
  ...{ name, kind: name, title: [name, name], key: "", here: true, why: null, others: false },
  ...{ stages: [], fields: [], ...fields },
});

Deno.test("buttons: what brings a case on comes first, what is for others not at all", () => {
  const no = /** @type {[string, string]} */ (["不", "no"]);
  const actions = [
    action("return"),
    action("comment"),
    action("accept"),
    action("resolve", { why: no, key: "r" }),
    action("close", { here: false, why: no, key: "r" }),
    action("supervise", { why: no, others: true }),
    action("defer", { why: no }),
  ];
  const names = (/** @type {boolean} */ taken) => shownActions(actions, taken).map((a) => a.name);
  expectEqual(names(false), ["accept", "resolve", "comment", "return", "defer"]);
  expectEqual(names(true), ["resolve", "comment", "return", "accept", "defer"]);
  expectEqual(actionOfKey(actions, "r")?.name, "resolve");
  expectEqual(actionOfKey(actions, "z"), undefined);
});

Deno.test("initials: the first letters of pinyin, and what is no Chinese as it is", () => {
  expectEqual(initialsOf("井盖缺失"), "jgqs");
  expectEqual(initialsOf("新华街道 A1"), "xhjd a1");
});

Deno.test("instants: a day and a time on clocks of the city", () => {
  expectEqual(new Date(instantOf("2026-12-03", "18:00")).toISOString(), "2026-12-03T10:00:00.000Z");
});
