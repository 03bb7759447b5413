/** What people do with alerts, as the server declares it: buttons, keys, menus and words follow. */
import { pick } from "../shared/language.js";
/** @import { Pair } from "../shared/types.d.ts" */

/**
 * @typedef {object} Action
 * @property {string} name as commands name it
 * @property {string} key that does it; "": it stands in the menu of what is rare
 * @property {Pair} title what a button says
 * @property {string} done what the step is called
 * @property {Pair} told what the step says
 * @property {string[]} needs details that it cannot do without
 */

/** The keys of what is no alert's own action, but stands among them. */
const BESIDE = [["silence", "s"], ["more", "b"]];
/** @type {Action[]} */
let declared = [];

/**
 * Take the actions over.
 * @param {Action[]} actions of the workflow
 */
export function setActions(actions) {
  declared = actions;
}

/** Take over what the page declares. */
export function readActions() {
  setActions(JSON.parse(document.getElementById("desk")?.dataset.actions || "[]"));
}

/** @param {string} name of an action */
const actionOf = (name) => declared.find((action) => action.name === name);

/** What has a key of its own. */
export const frequent = () => declared.filter((action) => action.key);

/** What answers a question that an alert asks; its buttons stand with the question. */
const ANSWERS = [
  "accept_assignment",
  "decline_assignment",
  "ask_closing",
  "approve_closing",
  "decline_closing",
];

/** @param {string} name of an action */
export const isAnswer = (name) => ANSWERS.includes(name);

/** What stands in the menu of what is rare. */
export const rare = () => declared.filter((action) => !action.key);

/**
 * The buttons of the bar with their keys: silence stands before what ends an alert, the menu last.
 * @returns {[string, string][]}
 */
export function barButtons() {
  /** @type {[string, string][]} */
  const buttons = frequent().map(({ name, key }) => [name, key]);
  buttons.splice(-1, 0, ["silence", "s"]);
  return [...buttons, ["more", "b"]];
}

/**
 * What each key does, by the name of the action.
 * @returns {[string, string][]}
 */
export const actionKeys = () => [
  ...frequent().map(({ name, key }) => /** @type {[string, string]} */ ([key, name])),
  ...BESIDE.map(([name, key]) => /** @type {[string, string]} */ ([key, name])),
];

/**
 * @param {string} name of an action
 * @returns {string} what a button says; "" where it is none of an alert's
 */
export function titleOf(name) {
  const found = actionOf(name);
  return found ? pick(found.title) : "";
}

/**
 * @param {string} what a step is called
 * @returns {string} what it says; "" where no person makes such a step
 */
export function toldOf(what) {
  const found = declared.find((action) => action.done === what);
  return found ? pick(found.told) : "";
}

/** @param {string} what a step is called */
export const isOfPeople = (what) => declared.some((action) => action.done === what);

/**
 * @param {string} name of an action
 * @param {string} detail that it may need
 */
export const needs = (name, detail) => actionOf(name)?.needs.includes(detail) ?? false;

/** All words of the actions, for the font to load the letters of. */
export const actionWords = () => JSON.stringify(declared);
