/** The fields of a new silence: how long it lasts, at which hours it holds. */
import { box, childrenOf, element } from "../shared/dom.js";
import { weekdayName } from "../shared/times.js";
import { deskWord } from "./words.js";
/** @import { Recurrence } from "../shared/types.d.ts" */

const WEEK = [1, 2, 3, 4, 5, 6, 7], HOUR_S = 3600;
/** @type {[string, number, number][]} word, its number, seconds */
const DURATIONS = [
  ["minutes", 30, 1800],
  ["hoursN", 1, HOUR_S],
  ["hoursN", 4, 14400],
  ["hoursN", 12, 43200],
  ["daysN", 1, 86400],
  ["daysN", 7, 604800],
];

/** How long a silence lasts. */
export class DurationField {
  /** @param {() => void} onChange called when another was chosen */
  constructor(onChange) {
    this.seconds = HOUR_S;
    this.node = box("dk-presets");
    for (const [word, n, seconds] of DURATIONS) {
      const button = element("button", seconds === HOUR_S ? "on" : "", deskWord(word, { n }));
      button.type = "button";
      button.onclick = () => {
        this.seconds = seconds;
        for (const other of childrenOf(this.node)) other.classList.toggle("on", other === button);
        onChange();
      };
      this.node.append(button);
    }
  }
}

/** At which hours of the week a silence holds. */
export class RecurrenceField {
  /** @param {() => void} onChange called when it has changed */
  constructor(onChange) {
    this.check = element("input");
    this.check.type = "checkbox";
    this.from = timeInput("22:00", onChange);
    this.to = timeInput("06:00", onChange);
    /** @type {Set<number>} */
    this.days = new Set();
    const label = element("label", "line"), buttons = element("span", "dk-presets");
    label.append(this.check, element("span", "", deskWord("recurrence")));
    buttons.append(...WEEK.map((day) => this.#dayButton(day, onChange)));
    const hours = element("span", "dk-presets");
    hours.append(buttons, element("span", "", deskWord("from")), this.from);
    hours.append(element("span", "", deskWord("to")), this.to);
    hours.hidden = true;
    this.check.onchange = () => {
      hours.hidden = !this.check.checked;
      onChange();
    };
    this.node = box("dk-presets", label, hours);
  }

  /** @returns {Recurrence | null} */
  read() {
    if (!this.check.checked) return null;
    const weekdays = Array.from(this.days).sort();
    return { weekdays, start: this.from.value, end: this.to.value };
  }

  /**
   * @param {number} day of the week, from Monday
   * @param {() => void} onChange called when it was chosen or not
   */
  #dayButton(day, onChange) {
    const button = element("button", "", weekdayName(day));
    button.type = "button";
    button.onclick = () => {
      if (!this.days.delete(day)) this.days.add(day);
      button.classList.toggle("on", this.days.has(day));
      onChange();
    };
    return button;
  }
}

/**
 * @param {string} value at first
 * @param {() => void} onChange called when it has changed
 */
function timeInput(value, onChange) {
  const input = element("input");
  input.type = "time";
  input.value = value;
  input.onchange = onChange;
  return input;
}
