/** A field that finds one of many by a few letters: of its name, its pinyin, its English. */
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { initialsOf } from "./initials.js";
import { desksWord } from "./words.js";
/** @import { Pair } from "../shared/types.d.ts" */

const MOST = 8;
/** @type {WeakMap<Choice, string>} what each is found by, worked out once */
const found = new WeakMap();

/**
 * @typedef {object} Choice
 * @property {string} value that is sent
 * @property {Pair} title of it
 * @property {string} [note] beside it
 * @property {string} [also] what else it is found by
 */

/** One such field; its `value` is "" while nothing is chosen. */
export class Picker {
  /**
   * @param {object} options
   * @param {string} options.name of the field
   * @param {Choice[]} options.choices in the order in which they are offered
   * @param {boolean} [options.required]
   * @param {(choice: Choice | null) => void} [options.onPick] called after one was chosen, or none
   */
  constructor({ name, choices, required = false, onPick = () => {} }) {
    this.choices = choices;
    this.onPick = onPick;
    /** @type {Choice | null} */
    this.chosen = null;
    /** @type {Choice[]} */
    this.offered = [];
    this.at = 0;
    this.input = element("input");
    this.input.name = name;
    this.input.autocomplete = "off";
    this.input.spellcheck = false;
    this.input.required = required;
    this.input.setAttribute("role", "combobox");
    this.list = element("ul", "dk-choices");
    this.list.hidden = true;
    this.node = box("dk-picker", this.input, this.list);
    this.input.oninput = () => this.#typed();
    this.input.onfocus = () => this.#offer();
    this.input.onblur = () => this.#leave();
    this.input.onkeydown = (event) => this.#key(event);
    this.list.onpointerdown = (event) => this.#touch(event);
  }

  get value() {
    return this.chosen?.value || "";
  }

  /** @param {string} value to choose; "" for nothing */
  set(value) {
    this.#choose(this.choices.find((choice) => choice.value === value) || null);
  }

  /** @param {Choice[]} choices to offer from now on; what was chosen stays if it is among them */
  offer(choices) {
    this.choices = choices;
    this.set(this.value);
    if (document.activeElement === this.input) this.#offer();
  }

  #typed() {
    this.chosen = null;
    this.#offer();
    this.onPick(null);
    this.#judge();
  }

  #offer() {
    const typed = this.chosen ? "" : this.input.value.toLowerCase().trim();
    this.offered = typed ? bestOf(this.choices, typed) : this.choices.slice(0, MOST);
    this.at = 0;
    this.#draw();
  }

  #draw() {
    const lines = this.offered.map((choice, index) => {
      const line = element("li", index === this.at ? "here" : "");
      line.dataset.index = String(index);
      line.append(element("span", "", pick(choice.title)), element("small", "", choice.note || ""));
      return line;
    });
    const none = element("li", "none", desksWord("nothingFits"));
    this.list.replaceChildren(...(lines.length ? lines : [none]));
    this.list.hidden = document.activeElement !== this.input;
  }

  /** @param {Choice | null} choice */
  #choose(choice) {
    this.chosen = choice;
    this.input.value = choice ? pick(choice.title) : "";
    this.list.hidden = true;
    this.#judge();
    this.onPick(choice);
  }

  /** What was typed and is no choice must not be sent as if it were one. */
  #judge() {
    const wrong = !this.chosen && this.input.value.trim() !== "";
    this.input.setCustomValidity(wrong ? desksWord("chooseOne") : "");
  }

  #leave() {
    const typed = this.input.value.trim();
    if (!this.chosen && typed && this.offered.length) this.#choose(this.offered[this.at]);
    this.list.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.offered.length) {
      event.preventDefault();
      this.at = (this.at + step + this.offered.length) % this.offered.length;
      this.#draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const one = this.chosen && !this.list.hidden && this.at === 0 && this.chosen;
      if (this.offered.length) this.#choose(one || this.offered[this.at]);
      focusNext(this.input);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // the dialog stays
      this.list.hidden = true;
    }
  }

  /** @param {PointerEvent} event */
  #touch(event) {
    const line = event.target instanceof Element ? event.target.closest("[data-index]") : null;
    if (!(line instanceof HTMLElement)) return;
    event.preventDefault();
    this.#choose(this.offered[Number(line.dataset.index)]);
    focusNext(this.input);
  }
}

/**
 * The choices that fit best what was typed: those that begin with it come first.
 * @param {Choice[]} choices
 * @param {string} typed in lower case
 */
function bestOf(choices, typed) {
  /** @type {[number, Choice][]} */
  const fitting = [];
  for (const choice of choices) {
    const at = findableOf(choice).split("\n").reduce((best, part) => {
      const place = part.indexOf(typed);
      return place < 0 ? best : Math.min(best, place);
    }, Infinity);
    if (at < Infinity) fitting.push([at, choice]);
  }
  return fitting.sort((one, other) => one[0] - other[0]).slice(0, MOST).map(([, choice]) => choice);
}

/** @param {Choice} choice */
function findableOf(choice) {
  let text = found.get(choice);
  if (text === undefined) {
    const [zh, en] = choice.title;
    text = [zh, initialsOf(zh), en, choice.value, choice.also || ""].join("\n").toLowerCase();
    found.set(choice, text);
  }
  return text;
}

/**
 * Go to the next field of a form.
 * @param {HTMLElement} field that is left
 */
export function focusNext(field) {
  const form = field.closest("form");
  if (!form) return;
  const fields = Array.from(form.elements).filter((one) =>
    one instanceof HTMLElement && !one.hasAttribute("disabled") && one.offsetParent !== null
  );
  const next = fields[fields.indexOf(field) + 1];
  if (next instanceof HTMLElement) next.focus();
}

/**
 * A field with what it is called.
 * @param {string} words of it
 * @param {HTMLElement} field
 * @param {string} [className]
 */
export function labelled(words, field, className = "") {
  const label = element("label", className), said = element("span");
  setText(said, words);
  label.append(said, field);
  return label;
}
