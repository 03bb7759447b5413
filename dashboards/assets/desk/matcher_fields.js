/** What a new silence is about: lines of label, comparison and value, in the reader's language. */
import { box, element } from "../shared/dom.js";
import { LABEL_NAMES, labelWord, operatorWord } from "./labels.js";
import { deskWord } from "./words.js";
/** @import { AlertRow, Matcher } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const OPERATORS = ["=", "!=", "=~", "!~"], EXACT = new Set(["=", "!="]), OTHER = "";
const STREET_DIGITS = 9, DISTRICT_DIGITS = 6;

/**
 * What a silence of an alert begins with: its rule and its device alone; where it is about none,
 * its street, or its district. What is not live has its origin beside, so that what is real is
 * not silenced with it.
 * @param {AlertRow | null} alert that it is made from
 * @returns {Matcher[]}
 */
export function matchersFor(alert) {
  if (!alert) return [{ name: "rule", op: "=", value: "" }];
  const found = [{ name: "rule", op: "=", value: alert.rule }], { area, subject } = alert;
  if (subject) {
    found.push({ name: "subject", op: "=", value: subject });
  } else if (area.length >= STREET_DIGITS) {
    found.push({ name: "street", op: "=", value: area.slice(0, STREET_DIGITS) });
  } else if (area.length >= DISTRICT_DIGITS) {
    found.push({ name: "district", op: "=", value: area.slice(0, DISTRICT_DIGITS) });
  }
  if (alert.rank > 0) found.push({ name: "origin", op: "=", value: alert.origin });
  return found;
}

/**
 * @param {[string, string][]} options value and words
 * @param {string} chosen at first; one that is not among them stands as it is
 */
function pickerOf(options, chosen) {
  const select = element("select"), known = new Set(options.map(([value]) => value));
  const all = known.has(chosen) ? options : [/** @type {const} */ ([chosen, chosen]), ...options];
  for (const [value, words] of all) {
    const option = element("option", "", words);
    option.value = value;
    select.append(option);
  }
  select.value = chosen;
  return select;
}

/** One line: label, comparison, value; each a picker where what can stand there is known. */
class MatcherLine {
  /**
   * @param {DutyDesk} desk that knows what values stand for
   * @param {Matcher} given at first
   * @param {() => void} onChange called when it has changed
   * @param {() => void} onAway called when it was taken away
   */
  constructor(desk, given, onChange, onAway) {
    this.desk = desk;
    this.onChange = onChange;
    const known = LABEL_NAMES.includes(given.name) || given.name === OTHER;
    /** @type {[string, string][]} */
    const labels = LABEL_NAMES.map((name) => [name, labelWord(name)]);
    labels.push([OTHER, deskWord("otherLabel")]);
    this.label = pickerOf(labels, known ? given.name : OTHER);
    this.other = element("input");
    this.other.placeholder = deskWord("labelName");
    this.other.value = known ? "" : given.name;
    this.op = pickerOf(OPERATORS.map((op) => [op, operatorWord(op)]), given.op);
    const away = element("button", "", "✕");
    away.type = "button";
    away.onclick = onAway;
    this.slot = box("value");
    this.node = box("", this.label, this.other, this.op, this.slot, away);
    this.value = this.#showValue(given.value);
    this.label.onchange = () => this.#changed("");
    this.op.onchange = () => this.#changed(this.value.value);
    this.other.oninput = onChange;
  }

  /** The label's name. */
  get name() {
    return this.label.value || this.other.value.trim();
  }

  /** @returns {Matcher} */
  read() {
    return { name: this.name, op: this.op.value, value: this.value.value.trim() };
  }

  /** @param {string} value to go on with */
  #changed(value) {
    this.value = this.#showValue(value);
    this.onChange();
  }

  /**
   * Show the field of the value: a picker of what is known, else words.
   * @param {string} value at first
   */
  #showValue(value) {
    const choices = EXACT.has(this.op.value) ? this.desk.meanings.choices(this.name) : [];
    /** @type {HTMLSelectElement | HTMLInputElement} */
    let field;
    if (choices.length) {
      const said = this.desk.meanings.of(this.name, value);
      const has = !value || choices.some(([known]) => known === value);
      /** @type {[string, string][]} */
      const all = [["", deskWord("choose")], ...choices];
      field = pickerOf(has ? all : [...all, [value, said || value]], value);
      field.onchange = this.onChange;
    } else {
      field = element("input");
      field.value = value;
      field.oninput = this.onChange;
    }
    field.required = true;
    this.other.hidden = this.label.value !== OTHER;
    this.other.required = !this.other.hidden;
    this.slot.replaceChildren(field);
    return field;
  }
}

/** The lines of a silence; all of them must hold. */
export class MatcherFields {
  /**
   * @param {DutyDesk} desk that knows what values stand for
   * @param {Matcher[]} given at first
   * @param {() => void} onChange called when any has changed
   */
  constructor(desk, given, onChange) {
    /** @type {DutyDesk} */
    this.desk = desk;
    this.onChange = onChange;
    /** @type {Set<MatcherLine>} */
    this.lines = new Set();
    this.node = box("dk-matchers");
    this.add = element("button", "", deskWord("add"));
    this.add.type = "button";
    this.add.onclick = () => {
      this.#addLine({ name: "district", op: "=", value: "" }).label.focus();
      onChange();
    };
    for (const matcher of given) this.#addLine(matcher);
  }

  /** What the person has chosen. */
  read() {
    return Array.from(this.lines, (line) => line.read());
  }

  /** @param {Matcher} given at first */
  #addLine(given) {
    /** @type {MatcherLine} */
    const line = new MatcherLine(this.desk, given, this.onChange, () => {
      this.lines.delete(line);
      line.node.remove();
      this.onChange();
    });
    this.lines.add(line);
    this.node.append(line.node);
    return line;
  }
}
