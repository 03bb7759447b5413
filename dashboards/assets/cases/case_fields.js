/** The fields of what is done with a case, by the names of its details. */
import { city } from "../shared/city.js";
import { element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { date, instantOf, minute } from "../shared/times.js";
import { choiceField } from "../desks/fields.js";
import { Picker } from "../desks/picker.js";
import { fileField } from "./case_files.js";
import { caseWord } from "./case_words.js";
/** @import { CaseDestination, CasePerson, CaseRow, Pair } from "../shared/types.d.ts" */
/** @import { Choice } from "../desks/picker.js" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const LONGEST = 2000, LONGEST_TITLE = 200, DAY_MS = 86400000, PART_DAYS = 3, EVENING = "18:00";
const RATINGS = ["5", "4", "3", "2", "1"];

/**
 * One field of a form: what is shown, what it says, and where the person begins.
 * @typedef {object} CaseFieldParts
 * @property {HTMLElement} node
 * @property {() => string} value of the detail, "" for none
 * @property {HTMLElement} focus
 */

/**
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
 * @returns {CaseFieldParts}
 */
const plain = (input) => ({ node: input, value: () => input.value.trim(), focus: input });

/** @param {Picker} picker @returns {CaseFieldParts} */
const picked = (picker) => ({ node: picker.node, value: () => picker.value, focus: picker.input });

/** @param {Record<string, Pair>} titles @returns {[string, string][]} */
const choicesOf = (titles) => Object.entries(titles).map(([id, title]) => [id, pick(title)]);

/**
 * @param {boolean} needed
 * @param {number} longest
 */
function textArea(needed, longest) {
  const area = element("textarea");
  area.required = needed;
  area.maxLength = longest;
  return area;
}

/**
 * @param {string} type of the field
 * @param {boolean} needed
 */
function inputOf(type, needed) {
  const input = element("input");
  input.type = type;
  input.required = needed;
  return input;
}

/**
 * @param {Record<string, Pair>} titles to choose from
 * @param {boolean} needed
 */
function chosen(titles, needed) {
  const field = choiceField(choicesOf(titles), "");
  field.required = needed;
  return plain(field);
}

/**
 * The units that a case can go to, each with how many open cases it has.
 * @param {CaseDeskPage} desk
 * @param {Record<string, number>} [load] of each
 * @returns {Choice[]}
 */
export function unitChoices({ session }, load) {
  return Array.from(session.units.values(), ({ id, title }) => ({
    value: id,
    title,
    note: load ? caseWord("loadN", { n: load[id] || 0 }) : "",
  }));
}

/**
 * A unit; of a dispatch the one that the table names comes first, with the reason.
 * @param {CaseDeskPage} desk
 * @param {CaseRow[]} rows of the cases; of several no table says where they all go
 * @param {string} action
 * @param {boolean} needed
 */
function unitField(desk, rows, action, needed) {
  const picker = new Picker({ name: "unit", choices: unitChoices(desk), required: needed });
  const hint = element("p", "dk-note");
  hint.hidden = true;
  const node = element("div");
  node.append(picker.node, hint);
  const [row, ...others] = rows;
  if (others.length) return { ...picked(picker), node };
  desk.server.ask("/cases/api/cases/" + encodeURIComponent(row.id) + "/destination").then(
    (/** @type {CaseDestination} */ found) => {
      const choices = unitChoices(desk, found.load);
      const first = choices.filter(({ value }) => value === found.unit);
      picker.offer([...first, ...choices.filter(({ value }) => value !== found.unit)]);
      if (action !== "dispatch") return;
      hint.textContent = pick(found.why);
      hint.hidden = false;
      if (found.unit && !picker.value && !picker.input.value) picker.set(found.unit);
    },
    () => {}, // the list without numbers does as well
  );
  return { ...picked(picker), node };
}

/**
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the case
 * @param {boolean} needed
 */
function personField(desk, row, needed) {
  const picker = new Picker({ name: "person", choices: [], required: needed });
  desk.server.ask("/cases/api/people?unit=" + encodeURIComponent(row.unit)).then(
    (/** @type {{people: CasePerson[]}} */ { people }) =>
      picker.offer(people.map(({ name, title, role }) => ({
        value: name,
        title: /** @type {Pair} */ ([title, title]),
        note: pick(role),
        also: name,
      }))),
    () => {},
  );
  return picked(picker);
}

/**
 * The open cases that a case can follow, those that are near and alike first.
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the case
 * @param {boolean} needed
 * @param {string} given id that is chosen at first
 */
function caseField(desk, row, needed, given) {
  const alike = (desk.detail.read?.near || []).map((one) => one.row);
  const known = new Set([row.id, ...alike.map(({ id }) => id)]);
  const others = Array.from(desk.list.rows.values()).filter(({ id, into }) =>
    !known.has(id) && !into
  );
  const choices = [...alike, ...others].map((one) => ({
    value: one.id,
    title: /** @type {Pair} */ ([one.number + " " + one.title, one.number + " " + one.title]),
    note: desk.session.unit(one.unit),
  }));
  const picker = new Picker({ name: "into", choices, required: needed });
  if (given) picker.set(given);
  return picked(picker);
}

/** The kinds of matters that the city knows, as choices. */
export const kindChoices = () =>
  Object.entries(city().kinds).map(([id, title]) => ({ value: id, title, note: "" }));

/**
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the case
 * @param {boolean} needed
 */
function untilField(desk, row, needed) {
  const input = inputOf("date", needed), now = desk.list.now();
  const days = desk.session.flow(row.flow)?.days || 0, most = now + days * DAY_MS;
  input.min = date(now + DAY_MS);
  if (days) input.max = date(most);
  const hint = element("p", "dk-note", days ? caseWord("days", { n: days }) : "");
  const node = element("div");
  node.append(input, hint);
  const value = () =>
    input.value ? new Date(Math.min(instantOf(input.value, EVENING), most)).toISOString() : "";
  return { node, value, focus: input };
}

/**
 * @param {CaseDeskPage} desk
 * @param {boolean} needed
 */
function dueField(desk, needed) {
  const input = inputOf("datetime-local", needed), now = desk.list.now();
  input.value = date(now + PART_DAYS * DAY_MS) + "T" + EVENING;
  input.min = date(now) + "T" + minute(now);
  const value = () => {
    const [day, clock] = input.value.split("T");
    return day && clock ? new Date(instantOf(day, clock.slice(0, 5))).toISOString() : "";
  };
  return { node: input, value, focus: input };
}

/**
 * The levels of supervision above the one that is reached.
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the case
 * @param {boolean} needed
 */
function levelField(desk, row, needed) {
  const levels = Object.entries(desk.session.flow(row.flow)?.levels || {});
  const reached = levels.findIndex(([id]) => id === row.level);
  const left = levels.slice(reached + 1);
  const field = choiceField(left.map(([id, title]) => [id, pick(title)]), left[0]?.[0] || "");
  field.required = needed;
  return plain(field);
}

/**
 * @param {CaseDeskPage} desk
 * @param {CaseRow} row of the case
 * @param {boolean} needed
 */
function conditionField(desk, row, needed) {
  const conditions = desk.session.flow(row.flow)?.conditions || {};
  if (Object.keys(conditions).length) return chosen(conditions, needed);
  const input = inputOf("text", needed);
  input.value = row.condition;
  return plain(input);
}

/**
 * The field of one detail.
 * @param {CaseDeskPage} desk
 * @param {CaseRow[]} rows of the cases that it is done with, one at least
 * @param {string} action kind of what is done
 * @param {{name: string, needed: boolean}} field
 * @param {string} given what it says at first, "" for nothing
 * @returns {CaseFieldParts}
 */
export function makeField(desk, rows, action, { name, needed }, given) {
  const { session } = desk, [row] = rows;
  if (name === "unit") return unitField(desk, rows, action, needed);
  if (name === "person") return personField(desk, row, needed);
  if (name === "into") return caseField(desk, row, needed, given);
  if (name === "files") return fileField(desk, needed);
  if (name === "kind") {
    return picked(new Picker({ name, choices: kindChoices(), required: needed }));
  }
  if (name === "until") return untilField(desk, row, needed);
  if (name === "due_at") return dueField(desk, needed);
  if (name === "level") return levelField(desk, row, needed);
  if (name === "condition") return conditionField(desk, row, needed);
  if (name === "result") return chosen(session.city?.results || {}, needed);
  if (name === "verdict") return chosen(session.city?.verdicts || {}, needed);
  if (name === "rating") {
    const field = choiceField(RATINGS.map((one) => [one, "★".repeat(Number(one))]), "");
    field.required = needed;
    return plain(field);
  }
  if (name === "title") {
    const input = inputOf("text", needed);
    input.maxLength = LONGEST_TITLE;
    return plain(input);
  }
  return plain(textArea(needed, LONGEST));
}
