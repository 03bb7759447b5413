/** Instants and durations as people read them, in the city's time zone. */
import { city } from "./city.js";
import { isEnglish } from "./language.js";
import { sharedWord } from "./words.js";

const MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, TWO_DAYS_S = 172800, COUNTED_S = 600;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMS = {
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  monthDay: { month: "2-digit", day: "2-digit" },
  weekday: { weekday: "short" },
};
/** @type {Map<string, Intl.DateTimeFormat>} Made once each: it is slow. */
const made = new Map();

/**
 * @param {string} name of the form
 * @param {number} ms instant
 */
function format(name, ms) {
  const key = name + city().zone;
  let form = made.get(key);
  if (!form) {
    form = new Intl.DateTimeFormat("en-GB", {
      timeZone: city().zone,
      hourCycle: "h23",
      ...FORMS[name],
    });
    made.set(key, form);
  }
  return form.format(ms);
}

/**
 * Hours, minutes, seconds.
 * @param {number} ms instant
 */
export const time = (ms) => format("time", ms);

/**
 * Hours and minutes.
 * @param {number} ms instant
 */
export const minute = (ms) => format("minute", ms);

/**
 * Year, month, day.
 * @param {number} ms instant
 */
export const date = (ms) => format("date", ms).split("/").reverse().join("-");

/**
 * Month and day.
 * @param {number} ms instant
 */
export const monthDay = (ms) => format("monthDay", ms).split("/").reverse().join("-");

/**
 * The name of a day of the week.
 * @param {number} index of the day, 0 and 7 for Sunday
 */
export function weekdayName(index) {
  const names = sharedWord("weekdays");
  return (names.includes(",") ? names.split(",") : Array.from(names))[index % 7];
}

/**
 * The day of the week of an instant.
 * @param {number} ms instant
 */
export const weekday = (ms) => weekdayName(WEEKDAYS.indexOf(format("weekday", ms)));

/**
 * The time of an instant of today, with its day where it is of another; for lists.
 * @param {number} ms instant
 * @param {number} now instant
 */
export function when(ms, now) {
  const today = now - ms < DAY_S * 1000 && date(ms) === date(now);
  return today ? time(ms) : monthDay(ms) + " " + minute(ms);
}

/**
 * A duration in its two largest units.
 * @param {number} seconds of it
 */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < MINUTE_S) return s + sharedWord("second");
  if (s < HOUR_S) {
    return Math.floor(s / MINUTE_S) + sharedWord("minute") + (s % MINUTE_S) + sharedWord("second");
  }
  if (s < TWO_DAYS_S) {
    const minutes = Math.floor((s % HOUR_S) / MINUTE_S);
    return Math.floor(s / HOUR_S) + sharedWord("hour") + minutes + sharedWord("minute");
  }
  return Math.floor(s / DAY_S) + sharedWord("day");
}

/**
 * How long ago something was, in its largest unit.
 * @param {number} seconds since
 */
export function ago(seconds) {
  /** @type {[number, number, string][]} below which, divided by what, in which unit */
  const units = [
    [HOUR_S, MINUTE_S, "minute"],
    [TWO_DAYS_S, HOUR_S, "hour"],
    [Infinity, DAY_S, "day"],
  ];
  if (seconds < MINUTE_S) {
    return Math.max(0, Math.round(seconds)) + sharedWord("second") + sharedWord("ago");
  }
  const [, size, unit] = units.find(([below]) => seconds < below) || units[2];
  return Math.floor(seconds / size) + sharedWord(unit) + sharedWord("ago");
}

/**
 * An age that counts up: seconds in the first ten minutes only, so that a long list need not
 * change each second.
 * @param {number} ms of the age
 */
export function countingAge(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (s < COUNTED_S) return Math.floor(s / MINUTE_S) + ":" + two(s % MINUTE_S);
  if (s < HOUR_S) return Math.floor(s / MINUTE_S) + sharedWord("minute");
  if (s < TWO_DAYS_S) {
    const minutes = two(Math.floor((s % HOUR_S) / MINUTE_S));
    return Math.floor(s / HOUR_S) + sharedWord("hour") + minutes + (isEnglish() ? "m" : "分");
  }
  return Math.floor(s / DAY_S) + sharedWord("day");
}

/**
 * The instant at which clocks of the city show a day and a time.
 * @param {string} day year, month and day, with dashes
 * @param {string} [clock] hours and minutes
 */
export function instantOf(day, clock = "00:00") {
  const wanted = Date.parse(day + "T" + clock + ":00Z");
  const shown = Date.parse(date(wanted) + "T" + time(wanted) + "Z");
  return wanted - (shown - wanted);
}
