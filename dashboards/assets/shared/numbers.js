/** Numbers as people read them; pure but for the language. */
import { isEnglish } from "./language.js";

/**
 * A whole number with commas.
 * @param {number} value to say
 */
export const whole = (value) => Math.round(value).toLocaleString("en-US");

/**
 * A number in few letters: 万 and 亿, or k and M.
 * @param {number} value to say
 */
export function short(value) {
  if (value < 1e5) return whole(value);
  if (isEnglish()) {
    if (value < 1e6) return (value / 1e3).toFixed(0) + "k";
    return (value / 1e6).toFixed(value < 1e7 ? 2 : 1) + "M";
  }
  if (value < 1e8) return (value / 1e4).toFixed(value < 1e6 ? 1 : 0) + "万";
  return (value / 1e8).toFixed(2) + "亿";
}

/**
 * A measured value with the digits that its size deserves.
 * @param {number | null} value to say
 */
export function decimal(value) {
  if (value === null) return "–";
  if (Math.abs(value) >= 100) return whole(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/**
 * A rate a minute.
 * @param {number} value to say
 */
export const rate = (value) => value >= 100 ? short(value) : value.toFixed(value >= 10 ? 0 : 1);

/**
 * A value with at most two digits behind the point.
 * @param {number | null | undefined} value to say
 */
export const rounded = (value) => value == null ? "–" : String(Math.round(value * 100) / 100);

/**
 * A change in percent, with an arrow, and the class that colours it.
 * @param {number | null | undefined} share by which it changed: 0.1 is 10 % more
 */
export function change(share) {
  if (share === null || share === undefined) return { text: "–", tone: "flat" };
  const percent = Math.abs(share * 100);
  if (percent < 0.05) return { text: "→ 0%", tone: "flat" };
  const size = percent >= 1000 ? ">999%" : percent.toFixed(percent >= 100 ? 0 : 1) + "%";
  return share > 0 ? { text: "↑ " + size, tone: "up" } : { text: "↓ " + size, tone: "down" };
}

/**
 * A share in percent, for the marks of a screen's head.
 * @param {number} share from 0 to 1
 */
export function percent(share) {
  if (share > 0.995) return "100%";
  return (share < 0.01 ? "<1" : Math.round(share * 100)) + "%";
}
