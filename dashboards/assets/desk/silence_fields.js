/** The fields of a new silence: what it is about, how long it lasts, at which hours it holds. */
import { box, childrenOf, element, setText } from "../shared/dom.js";
import { weekdayName } from "../shared/times.js";
import { LABEL_NAMES } from "./labels.js";
import { deskWord } from "./words.js";
/** @import { AlertRow, Matcher, Recurrence } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const OPERATORS = ["=", "!=", "=~", "!~"], WEEK = [1, 2, 3, 4, 5, 6, 7];
const STREET_DIGITS = 9, DISTRICT_DIGITS = 6, HOUR_S = 3600;
/** @type {[string, number, number][]} word, its number, seconds */
const DURATIONS = [
  ["minutes", 30, 1800],
  ["hoursN", 1, HOUR_S],
  ["hoursN", 4, 14400],
  ["hoursN", 12, 43200],
  ["daysN", 1, 86400],
  ["daysN", 7, 604800],
];

/**
 * What a silence of an alert begins with: its rule and its street, or its district; what is not
 * live has its origin beside, so that what is real is not silenced with it.
 * @param {AlertRow | null} alert that it is made from
 * @returns {Matcher[]}
 */
export function matchersFor(alert) {
  if (!alert) return [{ name: "rule", op: "=", value: "" }];
  const found = [{ name: "rule", op: "=", value: alert.rule }], { area } = alert;
  if (area.length >= STREET_DIGITS) {
    found.push({ name: "street", op: "=", value: area.slice(0, STREET_DIGITS) });
  } else if (area.length >= DISTRICT_DIGITS) {
    found.push({ name: "district", op: "=", value: area.slice(0, DISTRICT_DIGITS) });
  }
  if (alert.rank > 0) found.push({ name: "origin", op: "=", value: alert.origin });
  return found;
}

/** @param {string} chosen operator */
function operatorSelect(chosen) {
  const select = element("select");
  for (const operator of OPERATORS) {
    const option = element("option", "", operator);
    option.value = operator;
    select.append(option);
  }
  select.value = chosen;
  return select;
}

/** Lines of label, operator and value. */
export class MatcherFields {
  /**
   * @param {DutyDesk} desk that knows what values stand for
   * @param {Matcher[]} given at first
   * @param {() => void} onChange called when any has changed
   */
  constructor(desk, given, onChange) {
    this.desk = desk;
    this.onChange = onChange;
    /** @type {Map<HTMLElement, () => Matcher>} */
    this.readers = new Map();
    this.node = box("dk-matchers");
    this.add = element("button", "", deskWord("add"));
    this.add.type = "button";
    this.add.onclick = () => this.#addLine({ name: "", op: "=", value: "" }).focus();
    for (const matcher of given) this.#addLine(matcher);
  }

  /** What the person has chosen. */
  read() {
    return Array.from(this.readers.values(), (read) => read());
  }

  /**
   * @param {Matcher} given at first
   * @returns {HTMLElement} where the person begins
   */
  #addLine(given) {
    const name = element("input"), op = operatorSelect(given.op), value = element("input");
    const away = element("button", "", "✕"), meaning = element("span");
    const line = box("", name, op, value, meaning, away);
    const read = () => ({ name: name.value.trim(), op: op.value, value: value.value.trim() });
    const say = () => setText(meaning, this.desk.meanings.of(read().name, read().value));
    name.setAttribute("list", "desk-labels");
    name.value = given.name;
    value.value = given.value;
    name.required = value.required = true;
    away.type = "button";
    name.oninput = value.oninput = op.onchange = () => {
      say();
      this.onChange();
    };
    away.onclick = () => {
      line.remove();
      this.readers.delete(line);
      this.onChange();
    };
    say();
    this.readers.set(line, read);
    this.node.append(line);
    return name;
  }
}

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

/** The labels that a matcher can have, for its field to suggest. */
export function labelsList() {
  const labels = element("datalist");
  labels.id = "desk-labels";
  for (const name of LABEL_NAMES) {
    const option = element("option");
    option.value = name;
    labels.append(option);
  }
  return labels;
}
