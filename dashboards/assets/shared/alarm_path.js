/** What the band says when no alarm can come: who makes or sends them gives no sign of life. */
import { minute } from "./times.js";
import { sharedWord } from "./words.js";
/** @import { StandingProcess } from "./types.d.ts" */

/**
 * Say who stands since when; "" for nobody.
 * @param {StandingProcess[] | undefined} standing as the server tells them
 */
export function alarmWords(standing) {
  if (!standing?.length) return "";
  const known = standing.map((one) => one.since ?? 0).filter((since) => since > 0);
  const t = known.length ? minute(Math.min(...known)) : "–";
  const both = standing.length > 1;
  if (both) return sharedWord("bothStand", { t });
  return sharedWord(standing[0].process === "ruler" ? "rulerStands" : "notifyStands", { t });
}
