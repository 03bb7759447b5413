/** How old a screen is, in grades, and the words for each; pure but for the language. */
import { span, time } from "../shared/times.js";
import { wallWord } from "./words.js";
/** @import { Outage } from "../shared/types.d.ts" */

/** Seconds without a word of the server until a screen counts as old, as slow, as lost. */
const OLD_S = 3, SLOW_S = 5, LOST_S = 30;

/**
 * @typedef {object} Age
 * @property {"live" | "old" | "slow" | "lost"} grade values stay readable in all but the last
 * @property {number} seconds since what is shown was true
 * @property {string} words of the band, "" for none
 */

/**
 * Grade what is shown: a broken connection to the server goes before what the server says.
 * @param {number} quiet seconds since anything came
 * @param {Outage | null | undefined} outage of the store, as the server tells it
 * @param {number} at the server's instant of what is shown
 * @returns {Age}
 */
export function ageOf(quiet, outage, at) {
  if (quiet > SLOW_S) {
    const grade = quiet > LOST_S ? "lost" : "slow", t = time(at), s = span(quiet);
    const words = wallWord(grade === "lost" ? "linkLost" : "linkSlow", { t, s });
    return { grade, seconds: quiet, words };
  }
  if (outage && !outage.since) {
    return { grade: "slow", seconds: quiet, words: wallWord("storeWaiting") };
  }
  if (!outage) return { grade: quiet > OLD_S ? "old" : "live", seconds: quiet, words: "" };
  const since = outage.since || at, seconds = (at - since) / 1000 + quiet;
  const t = time(since), s = span(seconds);
  const words = outage.lost ? "storeLost" : outage.reached ? "storeSlow" : "storeUnreached";
  return { grade: outage.lost ? "lost" : "slow", seconds, words: wallWord(words, { t, s }) };
}
