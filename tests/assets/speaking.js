/** What unit tests of scripts need of a page: a language, and the names of a small city. */
import { setCity } from "../../dashboards/assets/shared/city.js";

const page = { documentElement: { lang: "zh-CN" } };
Object.defineProperty(globalThis, "document", { value: page, configurable: true });

/**
 * Speak a language from now on.
 * @param {"zh" | "en"} language
 */
export function speak(language) {
  page.documentElement.lang = language === "en" ? "en" : "zh-CN";
}

setCity({
  heading: ["某市", "A city"],
  zone: "Asia/Shanghai",
  screens: {},
  themes: { safety: ["安全", "Safety"] },
  departments: { gas: ["燃气", "Gas"] },
  kinds: { fire: ["火情", "fires"], smoke: ["烟雾", "smoke"], pm25: ["PM2.5", "PM2.5"] },
  areas: { 150302: ["海勃湾区", "Haibowan"], 150302001: ["新华街", "Xinhua Street"] },
  feeds: { gas_feed: ["燃气数据", "gas feed"] },
  units: { pm25: "ug/m3" },
  geo: { type: "FeatureCollection", features: [] },
});

/**
 * Say whether two values are alike, and show both where they are not.
 * @param {unknown} actual
 * @param {unknown} expected
 */
export function expectEqual(actual, expected) {
  const [one, other] = [actual, expected].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`expected ${other}, got ${one}`);
}
