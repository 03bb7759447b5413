import { centreOf, middleOf } from "../../dashboards/assets/shared/geometry.js";
import { ageOf } from "../../dashboards/assets/wall/age.js";
import { stageFor } from "../../dashboards/assets/wall/stage.js";
import { sparklinePaths } from "../../dashboards/assets/wall/tile_parts.js";
import { sumsOf } from "../../dashboards/assets/wall/tiles/alerts.js";
import { digitsOf } from "../../dashboards/assets/wall/tiles/counter.js";
import { layoutOf } from "../../dashboards/assets/wall/district_layout.js";
import { colourOf } from "../../dashboards/assets/wall/tiles/map.js";
import { expectEqual, speak } from "./speaking.js";
/** @import { Geometry } from "../../dashboards/assets/shared/types.d.ts" */

/** @type {(west: number, south: number, size: number) => [number, number][]} */
const square = (west, south, size) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];

Deno.test("every drawing has what a wall calls", async () => {
  const folder = new URL("../../dashboards/assets/wall/tiles/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const { drawing } = await import(new URL(name, folder).href);
    expectEqual([name, typeof drawing?.mount, typeof drawing?.draw], [
      name,
      "function",
      "function",
    ]);
  }
});

Deno.test("leading zeros and their commas do not count", () => {
  const told = (/** @type {number} */ value) =>
    digitsOf(value).map(({ mark, lead }) => lead ? "" : mark).join("");
  expectEqual([0, 7, 1234, 1234567, 12345678].map(told), [
    ...["0", "7", "1,234", "1,234,567", "12,345,678"],
  ]);
});

Deno.test("the stage fits what it is shown on", () => {
  const classes = (/** @type {number[]} */ [width, height]) => {
    const fit = stageFor(width, height);
    return Object.entries(fit.classes).filter(([, on]) => on).map(([name]) => name).join();
  };
  expectEqual([[1920, 1080], [390, 844], [1080, 1920], [6656, 1792], [3200, 1080]].map(classes), [
    ...["", "phone", "phone,broad", "wide,ultra", "wide"],
  ]);
  expectEqual([[844, 390], [667, 375], [360, 800], [1366, 768]].map(classes), [
    ...["phone,broad", "phone,broad", "phone", ""],
  ]);
  expectEqual([stageFor(3840, 2160).scale, stageFor(3840, 2160).width], [2, "1920px"]);
});

Deno.test("a sparkline has gaps where nothing is known, and no area without zero", () => {
  expectEqual(sparklinePaths([], true), { line: "", area: "" });
  expectEqual(sparklinePaths([null], false), { line: "", area: "" });
  expectEqual(sparklinePaths([0, null, 10], true), {
    line: "M0.0 30.0L100.0 2.0",
    area: "M0.0 30.0L100.0 2.0L100.0 32L0.0 32Z",
  });
  expectEqual(sparklinePaths([5, 10], false).area, "");
});

Deno.test("districts are coloured by their share, from none to the most", () => {
  expectEqual([0, 1, 5].map(colourOf)[0], "rgb(13,40,96)");
  expectEqual(colourOf(1), colourOf(5));
});

Deno.test("a label lies in the largest part of a district", () => {
  /** @type {Geometry} */
  const geometry = { type: "MultiPolygon", coordinates: [[square(0, 0, 1)], [square(10, 10, 4)]] };
  expectEqual(centreOf(geometry), [12, 12]);
  const features = [{ properties: { code: "1" }, geometry }];
  expectEqual([middleOf(features, "1"), middleOf(features, "2")], [[7, 7], [7, 7]]);
});

Deno.test("the tile of warnings says what it has no line for", () => {
  speak("zh");
  const data = { levels: [0, 0, 0, 0], rows: [], open: 3, red: 0, red_tests: 0, beside: {} };
  expectEqual(sumsOf({ ...data, waiting: 2, quiet: 0, exercises: 0 }, 0), ["待受理 2"]);
  expectEqual(sumsOf({ ...data, waiting: 2, quiet: 1, exercises: 1 }, 4), [
    ...["待受理 2", "静默 1", "另有演练 1", "未列出 4"],
  ]);
  const beside = { ...data, waiting: 2, quiet: 0, exercises: 0, beside: { simulated: 7 } };
  expectEqual(sumsOf(beside, 0), ["待受理 2", "另有模拟 7"]);
});

Deno.test("a screen grows old in grades, and slow is told from lost", () => {
  speak("zh");
  const at = Date.UTC(2026, 10, 29, 4, 30, 20), since = at - 12000;
  /** @type {(quiet: number, outage: any) => string[]} */
  const told = (quiet, outage) => {
    const { grade, words } = ageOf(quiet, outage, at);
    return [grade, words];
  };
  const slow = { since, reached: true, lost: false };
  expectEqual(
    [
      told(0, null),
      told(4, null),
      told(6, null),
      told(31, slow),
      told(0, slow),
      told(0, { ...slow, reached: false }),
      told(0, { since: at - 42000, reached: true, lost: true }),
      told(1, { ...slow, since: null }),
    ],
    [
      ["live", ""],
      ["old", ""],
      ["slow", "与服务器的连接断了，正在重连 · 画面是 12:30:20 的，已 6秒"],
      ["lost", "数据中断 · 与服务器失去连接 · 自 12:30:20 起 · 已 31秒"],
      ["slow", "数据库应答慢 · 数值是 12:30:08 的，已 12秒"],
      ["slow", "数据库连不上，正在重试 · 数值是 12:30:08 的，已 12秒"],
      ["lost", "数据中断 · 数据库无应答 · 自 12:29:38 起 · 已 42秒"],
      ["slow", "正在等数据库，还没有数值"],
    ],
  );
  speak("en");
  expectEqual([told(6, null)[1], told(31, null)[1], told(0, slow)[1]], [
    "connection to the server broken, trying again · the screen is of 12:30:20, 6s old",
    "DATA LOST · no connection to the server · since 12:30:20 · for 31s",
    "the store is slow · numbers are of 12:30:08, 12s old",
  ]);
  expectEqual(
    [
      told(0, { ...slow, reached: false })[1],
      told(0, { ...slow, lost: true })[1],
      told(0, { ...slow, since: null })[1],
    ],
    [
      "the store cannot be reached, trying again · numbers are of 12:30:08, 12s old",
      "DATA LOST · the store does not answer · since 12:30:08 · for 12s",
      "waiting for the store; no numbers yet",
    ],
  );
});

Deno.test("the map is as large as height and width allow, its sides lower by their depth", () => {
  const told = (/** @type {[number, number, number]} */ [width, height, shape]) =>
    layoutOf(width, height, shape).map(({ layoutCenter, layoutSize }) => [
      layoutCenter[1],
      layoutSize,
    ]);
  expectEqual(told([460, 666, 0.5]), [[356, 600], [348, 600], [340, 600]]);
  expectEqual(told([292, 666, 0.5])[2], [340, 400]);
  expectEqual(told([492, 666, 2])[2], [340, 400]);
});
