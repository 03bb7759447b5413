/** What the band says when no alarm can come, or rows do not get into the store. */
import { minute } from "./times.js";
import { sharedWord } from "./words.js";
/** @import { StandingProcess } from "./types.d.ts" */

/**
 * Say who stands since when; "" for nobody.
 * @param {StandingProcess[] | undefined} standing as the server tells them
 */
export function alarmWords(standing) {
  if (!standing?.length) return "";
  const silent = standing.filter((one) => one.process !== "sink");
  const told = silent.length ? silent : standing;
  const known = told.map((one) => one.since ?? 0).filter((since) => since > 0);
  const t = known.length ? minute(Math.min(...known)) : "–";
  if (!silent.length) return sharedWord("rowsAside", { t });
  if (silent.length > 1) return sharedWord("bothStand", { t });
  return sharedWord(silent[0].process === "ruler" ? "rulerStands" : "notifyStands", { t });
}
