/** A row of the list: one case. */
import { placeOf } from "../shared/city.js";
import { element, setText } from "../shared/dom.js";
import { when } from "../shared/times.js";
import { originMark, sharedWord } from "../shared/words.js";
import { showTags } from "../desks/tags.js";
import { rowClock } from "./case_clock.js";
import { caseWord, severityName } from "./case_words.js";
/** @import { CaseRow, ListItem } from "../shared/types.d.ts" */
/** @import { SentMark } from "../desks/commands.js" */
/** @import { RowDrawing } from "../desks/list_view.js" */
/** @import { Tag } from "../desks/tags.js" */
/** @import { CaseSessionStore } from "./case_session.js" */

/** @typedef {ReturnType<typeof make>["parts"]} CaseRowParts */

/**
 * The marks of a case.
 * @param {CaseRow} row of the case
 * @param {CaseSessionStore} session that knows what things are called
 * @returns {Tag[]}
 */
export function caseTags(row, session) {
  /** @type {Tag[]} */
  const tags = [];
  if (row.origin !== "live") {
    tags.push({ name: row.origin, words: originMark(row.origin), title: sharedWord(row.origin) });
  }
  if (row.level) {
    const title = caseWord("supervisedAs", { what: session.level(row) });
    tags.push({ name: "watch", words: session.level(row), title });
  }
  for (const flag of row.flags) {
    tags.push({ name: "flag", words: session.name("flags", flag), title: "" });
  }
  for (const ask of row.asks) tags.push({ name: "asked", words: caseWord(ask), title: "" });
  if (row.parts.length) {
    const title = row.parts.map((unit) => session.unit(unit)).join("、");
    tags.push({ name: "joint", words: caseWord("joinN", { n: row.parts.length }), title });
  }
  if (row.legs > 1) {
    tags.push({
      name: "step",
      words: "↺" + (row.legs - 1),
      title: caseWord("leg", { n: row.legs }),
    });
  }
  return tags;
}

/**
 * What a row says of its state, or of a command that is under way.
 * @param {CaseRow} row of the case
 * @param {Map<string, SentMark>} sent marks by case
 * @param {CaseSessionStore} session that knows what states are called
 */
function stateOf(row, sent, session) {
  const mark = sent.get(row.id);
  if (!mark) {
    return { name: row.state === row.stage ? "stage" : "still", words: session.state(row) };
  }
  return { name: mark.state === "refused" ? "refused" : "sent", words: caseWord(mark.state) };
}

/**
 * How cases are drawn in the list.
 * @param {object} options
 * @param {Map<string, SentMark>} options.sent marks by case
 * @param {Set<string>} options.marked ids
 * @param {CaseSessionStore} options.session that knows what things are called
 * @returns {RowDrawing<CaseRow, CaseRowParts>}
 */
export function caseRowDrawing({ sent, marked, session }) {
  return {
    make,
    className({ row }) {
      const classes = {
        mine: session.isMine(row),
        held: row.state !== row.stage,
        watched: !!row.level,
        marked: marked.has(row.id),
      };
      const names = Object.entries(classes).filter(([, on]) => on).map(([name]) => name);
      return ["dk-row", "cs-row", "lv" + Math.max(1, row.severity), ...names].join(" ");
    },
    fill(parts, { row }, now) {
      const state = stateOf(row, sent, session), clock = rowClock(row, now);
      setText(parts.level, severityName(row.severity));
      parts.age.className = "age" + clock.className;
      setText(parts.age, clock.words);
      setText(parts.title, row.title);
      const closed = row.closed ? caseWord("closedAt", { t: when(row.closed, now) }) : "";
      const under = [closed, placeOf(row.area), row.number, session.unit(row.unit)];
      setText(parts.under, under.filter(Boolean).join(" · "));
      showTags(parts.marks, caseTags(row, session));
      parts.state.className = "st " + state.name;
      setText(parts.state, state.words);
      setText(parts.who, row.who || "–");
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

/** @typedef {ListItem<CaseRow>} CaseItem */
