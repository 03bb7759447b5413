/**
 * A row of the list: one alert, or a folded incident, which must not look calmer or less real
 * than any of its alerts.
 */
import { city, placeOf, titleOf } from "../shared/city.js";
import { element, setText } from "../shared/dom.js";
import { isEnglish, pick } from "../shared/language.js";
import { countingAge, when } from "../shared/times.js";
import { originMark, sharedWord } from "../shared/words.js";
import { standsAt } from "./alert_list.js";
import { rowsOf } from "../desks/live_list.js";
import { showTags } from "../desks/tags.js";
import { leftWords } from "./open_question.js";
import { NUMERALS } from "../desks/levels.js";
import { deskWord, levelName } from "./words.js";
/** @import { AlertRow, ListItem } from "../shared/types.d.ts" */
/** @import { SentMark } from "../desks/commands.js" */
/** @import { RowDrawing } from "../desks/list_view.js" */
/** @import { Tag } from "../desks/tags.js" */
/** @import { SessionStore } from "./session.js" */

const LATE_MS = 600000; // after that long somebody should have taken it

/** @typedef {ListItem<AlertRow>} Item */
/** @typedef {ReturnType<typeof make>["parts"]} RowParts */

/** @param {AlertRow} row of the alert */
const isStill = (row) => row.mutes.length > 0 || row.state === "pending";

/**
 * The marks of what is not live. Real ones are not marked by what is simulated beside them; that
 * there is some is said apart.
 * @param {AlertRow[]} rows of an item
 * @returns {Tag[]}
 */
export function originTags(rows) {
  const others = Array.from(new Set(rows.map((row) => row.origin)))
    .filter((origin) => origin !== "live");
  if (!others.length) return [];
  if (rows.some((row) => row.origin === "live")) {
    const what = others.map((origin) => sharedWord(origin)).join("/");
    return [{ name: "mixed", words: deskWord("some", { what }), title: "" }];
  }
  return others.map((name) => ({ name, words: originMark(name), title: "" }));
}

/**
 * @param {Item} item of the list
 * @param {number} now instant
 * @returns {Tag[]}
 */
function tagsOf(item, now) {
  const rows = rowsOf(item), tags = originTags(rows);
  const mutes = rows.every(isStill) ? item.row.mutes : [];
  if (mutes.length) {
    const title = mutes.map((mute) => mute[isEnglish() ? 3 : 2]).join("; ");
    tags.push({ name: "mute", words: deskWord(mutes[0][0]), title });
  }
  if (rows.some((one) => one.case)) {
    tags.push({ name: "case", words: deskWord("caseMark"), title: deskWord("hasCase") });
  }
  const asked = rows.find((one) => one.assigned), closing = rows.find((one) => one.closing);
  if (asked?.assigned) {
    const t = leftWords(asked.assigned[1], now);
    tags.push({ name: "asked", words: deskWord("toAnswer", { t }), title: "" });
  }
  if (closing) tags.push({ name: "asked", words: deskWord("toApprove"), title: "" });
  const { row } = item;
  if (standsAt(row) < row.opened) {
    const title = deskWord("knownAt", { t: when(row.opened, now) });
    tags.push({ name: "asked", words: deskWord("madeLate"), title });
  }
  const step = Math.max(...rows.map((row) => row.step));
  if (step) {
    const title = deskWord("escalatedTimes", { n: step });
    tags.push({ name: "step", words: "↑" + step, title });
  }
  return tags;
}

/**
 * What a row says of its state; what waits in an incident comes before what was taken.
 * @param {Item} item of the list
 * @param {Map<string, SentMark>} sent marks by alert
 * @returns {{name: string, words: string}} class and words
 */
export function stateOf(item, sent) {
  const row = item.row, rows = rowsOf(item), waiting = rows.filter((one) => one.waits).length;
  const marks = rows.flatMap((one) => sent.get(one.id) || []);
  const mark = marks.find((one) => one.state !== "sent") || marks[0];
  if (mark) {
    return { name: mark.state === "refused" ? "refused" : "sent", words: deskWord(mark.state) };
  }
  if (waiting) {
    return { name: "firing", words: deskWord("firing") + (item.group ? " " + waiting : "") };
  }
  if (row.state === "firing") return { name: "muted", words: deskWord("keptQuiet") };
  return { name: row.closed ? "closed" : row.state, words: deskWord(row.state) };
}

/**
 * The title of a theme; what is no theme of the city's is a word of the desk's.
 * @param {string} theme id
 */
const themeName = (theme) => city().themes[theme] ? titleOf("themes", theme) : deskWord(theme);

/**
 * How alerts are drawn in the list.
 * @param {object} options
 * @param {Map<string, SentMark>} options.sent marks by alert
 * @param {Set<string>} options.marked ids
 * @param {SessionStore} options.session that knows people's titles
 * @returns {RowDrawing<AlertRow, RowParts>}
 */
export function alertRowDrawing({ sent, marked, session }) {
  return {
    make,
    className(item, now) {
      const row = item.row, rows = rowsOf(item), loud = rows.filter((one) => one.waits);
      const classes = {
        loud: loud.length > 0,
        late: loud.some((one) => now - one.opened > LATE_MS),
        marked: marked.has(row.id) && !item.group,
        quiet: rows.every(isStill),
        held: rows.every((one) => one.state === "acknowledged"),
        group: !!item.group,
        open: !!item.group && !!item.open,
        child: !!item.child,
      };
      const names = Object.entries(classes).filter(([, on]) => on).map(([name]) => name);
      return ["dk-row", "lv" + row.level, ...names].join(" ");
    },
    fill(parts, item, now) {
      const row = item.row, state = stateOf(item, sent), level = levelName(row.level);
      setText(parts.level, NUMERALS[row.level]);
      if (parts.level.title !== level) parts.level.title = level;
      setText(parts.age, countingAge((row.closed || now) - standsAt(row)));
      const group = item.rows ? deskWord("group", { n: item.rows.length }) + " · " : "";
      setText(parts.title, group + pick(row.title));
      const closed = row.closed ? deskWord("closedAt", { t: when(row.closed, now) }) : "";
      const under = [
        closed,
        placeOf(row.area),
        pick(row.about || row.subject),
        themeName(row.theme),
      ];
      setText(parts.under, under.filter(Boolean).join(" · "));
      showTags(parts.marks, tagsOf(item, now));
      parts.state.className = "st " + state.name;
      setText(parts.state, state.words);
      setText(parts.who, row.owner ? session.person(row.owner) : "–");
    },
  };
}

function make() {
  const node = element("div", "dk-row"), what = element("span", "what");
  node.setAttribute("role", "option");
  const parts = {
    level: element("span", "lv"),
    age: element("span", "age"),
    title: element("b"),
    under: element("span"),
    marks: element("span", "marks"),
    state: element("span", "st"),
    who: element("span", "who"),
  };
  what.append(parts.title, parts.under);
  node.append(parts.level, parts.age, what, parts.marks, parts.state, parts.who);
  return { node, parts };
}
