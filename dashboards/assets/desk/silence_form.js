/** A new silence: what it would hide is counted before it is saved. */
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { closeDialog, holdForm, isOnScreen, openDialog, sendingRow } from "../desks/dialog.js";
import { wordsOf } from "../desks/server.js";
import { MatcherFields, matchersFor } from "./matcher_fields.js";
import { DurationField, RecurrenceField } from "./silence_fields.js";
import { showToast } from "../desks/toasts.js";
import { actionWord, deskWord, levelName } from "./words.js";
/** @import { AlertRow, BlastRadius } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

const RED = 4;
const TYPING_MS = 250, LONGEST = 500, PLACE = "\u0001";

/**
 * What a silence would have hidden, in words.
 * @param {BlastRadius} found by the server
 */
function blastContent(found) {
  const parts = deskWord("blast", { n: PLACE, red: PLACE }).split(PLACE);
  const words = element("div");
  const atOnce = found.spares_red ? "noSecondButRed" : "noSecond";
  const approval = found.needs_approval ? "needsSecond" : atOnce;
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
