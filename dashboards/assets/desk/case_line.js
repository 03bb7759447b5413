/** The line of the case that an alert became: where it stands, its clock, the way to it. */
import { box, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { when } from "../shared/times.js";
import { dueClock } from "../desks/due_words.js";
import { deskWord } from "./words.js";
/** @import { AlertCase, AlertRow } from "../shared/types.d.ts" */

/** The line of one detail view. */
export class CaseLine {
  constructor() {
    this.link = element("a");
    this.said = element("span");
    this.clock = element("b", "age");
    this.node = box("dk-case", element("span", "", deskWord("case")), this.link, this.said);
    this.node.append(this.clock);
    this.node.hidden = true;
  }

  /**
   * @param {AlertRow} alert that is open on the page
   * @param {AlertCase | null | undefined} found the case that it became; nothing while not known
   * @param {number} now instant
   */
  draw(alert, found, now) {
    this.node.hidden = !found;
    if (!found) return;
    this.link.hidden = !!found.hidden;
    if (found.hidden) {
      setText(this.said, deskWord("caseHidden"));
      this.clock.hidden = true;
      return;
    }
    const href = "/cases?case=" + encodeURIComponent(found.id);
    if (this.link.getAttribute("href") !== href) this.link.href = href;
    setText(this.link, found.number);
    const clock = found.open ? dueClock(found, now) : { words: "", className: "" };
    const state = found.state ? pick(found.state) : deskWord("caseClosed");
    const closed = found.closed ? deskWord("caseClosedAt", { t: when(found.closed, now) }) : "";
    const still = !found.open && alert.open ? deskWord("alertStillOpen") : "";
    setText(this.said, [state, pick(found.unit), closed, still].filter(Boolean).join(" · "));
    this.clock.hidden = !clock.words;
    this.clock.className = "age" + clock.className;
    setText(this.clock, clock.words);
  }
}
