import { refusalOf } from "../../dashboards/assets/desk/action_bar.js";
import {
  levelsReached,
  nearestPoint,
  reachedLevels,
  thresholdsOf,
} from "../../dashboards/assets/desk/alert_chart.js";
import { countReasons } from "../../dashboards/assets/desks/batch_words.js";
import { matchersFor } from "../../dashboards/assets/desk/matcher_fields.js";
import { expectEqual, speak } from "./speaking.js";
/** @import { AlertDetail, AlertRow } from "../../dashboards/assets/shared/types.d.ts" */

const AT = Date.UTC(2026, 10, 24, 4, 0);
const evidence = { threshold: 9, value: 10, clear: null, points: [], unit: "", above: true };
/** @type {AlertDetail} */
const DETAILS = Object.assign(JSON.parse("{}"), {
  alert: { id: "a", v: 3, level: 4, state: "firing", mutes: [], fired: AT, evidence },
  history: [
    { type: "change", what: "fired", at: AT, reached: { level: 2, threshold: 5, at: AT } },
    { type: "notice", at: AT, receipts: [] },
    { type: "change", what: "raised", at: AT, reached: { level: 4, threshold: 9, at: AT + 60000 } },
  ],
  actions: { resolve: { zh: "先受理", en: "acknowledge first" }, comment: "" },
});

Deno.test("levels are told with the data's own time, thresholds with the evidence's own", () => {
  const steps = reachedLevels(DETAILS);
  expectEqual(steps.map(({ what, level }) => [what, level]), [["fired", 2], ["raised", 4]]);
  expectEqual(Array.from(thresholdsOf(steps, DETAILS.alert)), [[2, 5], [4, 9]]);
  speak("zh");
  expectEqual(levelsReached(DETAILS), "触发 黄色 12:00 → 升为 红色 12:01");
  const silent = { ...DETAILS, history: [] };
  expectEqual([reachedLevels(silent)[0].what, levelsReached(silent)], ["fired", ""]);
});

Deno.test("the mark lies on the point of the level that was reached last", () => {
  const steps = reachedLevels(DETAILS);
  expectEqual(nearestPoint([[AT, 1], [AT + 50000, 2], [AT + 200000, 3]], steps), [AT + 50000, 2]);
});

Deno.test("an action is refused for its reason, in the page's language", () => {
  const rows = [DETAILS.alert], may = () => true;
  speak("en");
  expectEqual(refusalOf("resolve", rows, may, DETAILS), "acknowledge first");
  expectEqual(refusalOf("comment", rows, may, DETAILS), "");
  expectEqual(refusalOf("comment", rows, () => false, DETAILS), "your role may not do this");
  expectEqual(refusalOf("acknowledge", rows, may, null), "");
  const taken = [{ ...DETAILS.alert, state: "acknowledged" }];
  const nothing = "nothing to acknowledge (acknowledged)";
  expectEqual(refusalOf("acknowledge", taken, may, DETAILS), nothing);
  expectEqual(refusalOf("resolve", [{ ...DETAILS.alert, v: 4 }], may, DETAILS), "");
});

Deno.test("reasons that are alike are told once", () => {
  speak("zh");
  /** @type {Map<string, {zh: string, en: string} | string>} */
  const why = new Map([["b", "x"]]);
  why.set("a", { zh: "已变", en: "changed" });
  why.set("c", { zh: "已变", en: "changed" });
  expectEqual(Array.from(countReasons(why)), [["x", 1], ["已变", 2]]);
});

Deno.test("a silence begins with the alert's rule, and its device, street or district", () => {
  const row = /** @type {AlertRow} */ ({ ...DETAILS.alert, rule: "r", area: "150302001002" });
  const told = (/** @type {AlertRow | null} */ one) =>
    matchersFor(one).map(({ name, value }) => name + "=" + value).join();
  expectEqual(told(row), "rule=r,street=150302001");
  expectEqual(told({ ...row, area: "150302" }), "rule=r,district=150302");
  expectEqual([told({ ...row, area: "" }), told(null)], ["rule=r", "rule="]);
  expectEqual(told({ ...row, subject: "G-1" }), "rule=r,subject=G-1");
});
