/** A new silence: what it would hide is counted before it is saved. */
import { box, childrenOf, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { weekdayName } from "../shared/times.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "./dialog.js";
import { LABEL_NAMES } from "./labels.js";
import { wordsOf } from "./server.js";
import { showToast } from "./toasts.js";
import { actionWord, deskWord, levelName } from "./words.js";
/** @import { AlertRow, BlastRadius, Matcher, Recurrence } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const OPERATORS = ["=", "!=", "=~", "!~"], WEEK = [1, 2, 3, 4, 5, 6, 7];
const STREET_DIGITS = 9, DISTRICT_DIGITS = 6, HOUR_S = 3600, RED = 4;
const TYPING_MS = 250, LONGEST = 500, PLACE = "\u0001";
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
 * What a silence of an alert begins with: its rule and its street, or its district.
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
class MatcherFields {
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
class DurationField {
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
class RecurrenceField {
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

/**
 * What a silence would have hidden, in words.
 * @param {BlastRadius} found by the server
 */
function blastContent(found) {
  const parts = deskWord("blast", { n: PLACE, red: PLACE }).split(PLACE);
  const words = element("div"), approval = found.needs_approval ? "needsSecond" : "noSecond";
  words.append(
    parts[0],
    element("b", "", whole(found.count)),
    parts[1],
    element("b", found.red ? "hot" : "", whole(found.red)),
    parts[2] + " ",
    element("b", found.needs_approval ? "hot" : "", deskWord(approval)),
  );
  const list = element("ul");
  for (const rule of found.rules) {
    const red = rule.red ? " (" + levelName(RED) + " " + rule.red + ")" : "";
    list.append(element("li", "", pick(rule.title) + " × " + whole(rule.count) + red));
  }
  return [words, element("div", "", deskWord("nowHides", { n: whole(found.open) })), list];
}

function labelsList() {
  const labels = element("datalist");
  labels.id = "desk-labels";
  for (const name of LABEL_NAMES) {
    const option = element("option");
    option.value = name;
    labels.append(option);
  }
  return labels;
}

/** The form of a new silence. */
class SilenceForm {
  /**
   * @param {DutyDesk} desk
   * @param {AlertRow | null} alert that it is made from
   */
  constructor(desk, alert) {
    this.desk = desk;
    this.timer = 0;
    this.asked = 0;
    /** @type {BlastRadius | null} what was counted for what the form says now */
    this.counted = null;
    const changed = () => this.#changed();
    this.matchers = new MatcherFields(desk, matchersFor(alert), changed);
    this.duration = new DurationField(changed);
    this.recurrence = new RecurrenceField(changed);
    this.reason = element("textarea");
    this.reason.required = true;
    this.reason.maxLength = LONGEST;
    this.reason.name = "reason";
    this.blast = box("dk-blast");
    this.ends = sendingRow(deskWord("save"));
    this.form = element("form");
    this.form.id = "desk-silence";
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#save();
    };
    const part = (/** @type {string} */ word, /** @type {HTMLElement[]} */ ...nodes) =>
      box("", element("label", "", deskWord(word)), ...nodes);
    this.form.append(
      labelsList(),
      part("matchers", this.matchers.node, this.matchers.add),
      part("lasts", this.duration.node),
      this.recurrence.node,
      part("reason", this.reason),
      this.blast,
      this.ends.row,
    );
    this.#changed();
  }

  /** What the person has chosen. */
  read() {
    return {
      matchers: this.matchers.read(),
      lasts_s: this.duration.seconds,
      recurrence: this.recurrence.read(),
      reason: this.reason.value.trim(),
    };
  }

  #changed() {
    this.counted = null;
    this.ends.send.disabled = true;
    this.#showBlast(false, element("span", "", deskWord("counting")));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#count(), TYPING_MS);
  }

  /**
   * @param {boolean} red whether red ones are among it, or something is wrong
   * @param {...HTMLElement} content to show
   */
  #showBlast(red, ...content) {
    this.blast.className = "dk-blast" + (red ? " red" : "");
    this.blast.replaceChildren(...content);
  }

  async #count() {
    const mine = ++this.asked;
    try {
      const found = await this.desk.server.post("/desk/api/silences/preview", this.read());
      if (mine !== this.asked) return;
      this.counted = found;
      this.#showBlast(found.red > 0, ...blastContent(found));
      this.ends.send.disabled = false;
    } catch (error) {
      if (mine === this.asked) this.#showBlast(true, element("span", "", wordsOf(error)));
    }
  }

  async #save() {
    if (!this.counted || this.ends.send.disabled) return;
    const { desk, form, ends } = this, waits = this.counted.needs_approval, what = this.read();
    holdForm(form, ends, true);
    const send = () => desk.server.post("/desk/api/silences", what);
    const problem = await desk.commands.follow(send, "silence");
    if (!problem) {
      if (isOnScreen(form)) closeDialog();
      showToast(deskWord(waits ? "savedWaits" : "done", { what: actionWord("silence") }));
    } else if (!isOnScreen(form)) {
      showToast(problem, true);
    } else {
      holdForm(form, ends, false);
      setText(ends.label, deskWord("again"));
      setText(ends.said, problem);
    }
  }
}

/**
 * Open the form of a new silence.
 * @param {DutyDesk} desk
 * @param {AlertRow | null | undefined} alert that it is made from
 */
export function openSilenceForm(desk, alert) {
  if (!desk.session.allows("silence")) {
    showToast(deskWord("notAllowed"), true);
    return;
  }
  const dialog = openDialog(deskWord("newSilence"), true);
  const form = new SilenceForm(desk, alert || null);
  dialog.append(form.form);
  form.reason.focus();
}
