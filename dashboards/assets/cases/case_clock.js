/** The clocks of a case: what a row says of its time, and the card that counts it all. */
import { makeCard } from "../desks/cards.js";
import { dueClock } from "../desks/due_words.js";
import { element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { countingAge, date, minute, when } from "../shared/times.js";
import { caseWord } from "./case_words.js";
/** @import { CaseClock, CaseDetails, CaseRow } from "../shared/types.d.ts" */

const MINUTE_S = 60, HOUR_S = 3600, WHOLE = 100, PROBABLE = 0.5;

/**
 * What a row says of its time.
 * @param {CaseRow} row of the case
 * @param {number} now instant
 * @returns {{words: string, className: string}}
 */
export function rowClock(row, now) {
  if (row.closed) return { words: countingAge(row.closed - row.opened), className: "" };
  if (row.due === null) return { words: countingAge(now - row.opened), className: "" };
  return dueClock(row, now);
}

/**
 * Hours, minutes and seconds of a counted time, which can be added up by hand.
 * @param {number} seconds
 */
export function counted(seconds) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  return Math.floor(seconds / HOUR_S) + ":" + two(minutes) + ":" + two(seconds % MINUTE_S);
}

/**
 * The card that explains a case's clocks; null where no limit applies.
 * @param {CaseDetails} details of the case
 * @param {number} now instant
 * @returns {HTMLElement | null}
 */
export function clockCard(details, now) {
  if (!details.clocks.length) return null;
  const card = makeCard(caseWord("clocks"));
  card.body.className = "dk-scroll cs-clocks";
  card.body.append(...details.clocks.map((clock) => clockOf(clock, now)));
  return card.node;
}

/**
 * @param {CaseClock} clock
 * @param {number} now instant
 */
function clockOf(clock, now) {
  const late = clock.breached !== null, node = element("details", late ? "over" : clock.state);
  const head = element("summary"), bar = element("i"), share = clock.used_s / clock.allowed_s;
  bar.style.width = Math.min(WHOLE, share * WHOLE).toFixed(1) + "%";
  const meter = element("span", "cs-meter");
  meter.append(bar);
  const used = counted(clock.used_s) + " / " + counted(clock.allowed_s);
  const words = [clock.allowed ? pick(clock.allowed) : "", pick(clock.state_title)];
  head.append(
    element("b", "", pick(clock.title)),
    element("em", "", words.filter(Boolean).join(" · ")),
    meter,
    element("span", "cs-used", used),
    element("span", "cs-due", dueWords(clock, now)),
  );
  if (clock.forecast) head.append(forecastOf(clock.forecast));
  node.append(head, spansOf(clock, now));
  if (clock.source) node.append(element("p", "dk-note", caseWord("by", { what: clock.source })));
  return node;
}

/** @param {NonNullable<CaseClock["forecast"]>} forecast */
function forecastOf({ chance, clocks, skill }) {
  const percent = Math.round(chance * WHOLE);
  const line = element("span", "cs-forecast", caseWord("forecast", { n: percent }));
  if (chance >= PROBABLE) line.classList.add("probable");
  line.title = caseWord("forecastFrom", { n: clocks, skill: skill.toFixed(2) });
  return line;
}

/**
 * @param {CaseClock} clock
 * @param {number} now instant
 */
function dueWords(clock, now) {
  if (clock.breached !== null) return caseWord("usedUp", { t: when(clock.breached, now) });
  if (clock.due === null) return "";
  const at = date(clock.due) + " " + minute(clock.due);
  return caseWord(clock.provisional ? "dueProvisional" : "dueAt", { t: at });
}

/**
 * @param {CaseClock} clock
 * @param {number} now instant
 */
function spansOf(clock, now) {
  const table = element("table", "cs-spans");
  for (const one of clock.spans) {
    const row = element("tr", one.counted_s ? "counts" : "");
    const why = pick(one.why) + (one.given ? "：" + pick(one.given) : "");
    for (const text of [when(one.from, now), when(one.until, now), counted(one.counted_s), why]) {
      row.append(element("td", "", text));
    }
    table.append(row);
  }
  return table;
}
