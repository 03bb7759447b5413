/** What the duty desk's head says besides: what waits for this person. */
import { titleOf } from "../shared/city.js";
import { one, setText } from "../shared/dom.js";
import { DeskHead } from "../desks/desk_head.js";
import { deskWord } from "./words.js";
/** @import { DutyDesk } from "./duty_desk.js" */

/** The head of one duty desk. */
export class PageState extends DeskHead {
  /** @param {DutyDesk} desk whose state it shows */
  constructor(desk) {
    super({
      list: desk.list,
      sitter: () => desk.session.current,
      unitsOf: ({ departments }) =>
        departments.map((/** @type {string} */ id) => titleOf("departments", id)),
      hint: () => desk.sound.hint,
    });
    this.desk = desk;
  }

  /**
   * Draw all of it.
   * @override
   */
  draw() {
    super.draw();
    this.drawWaits();
  }

  /**
   * Show who sits here, and the way to the cases for who may see them.
   * @override
   */
  drawUser() {
    super.drawUser();
    const link = document.getElementById("to-cases");
    if (link) link.hidden = !this.desk.session.current?.cases;
  }

  /** How many silences wait for this person: of others, and only where the role may approve. */
  drawWaits() {
    const { session, list } = this.desk, tool = one('[data-tool="silences"]');
    const mayApprove = session.current?.actions.includes("approve_silence");
    const ofOthers = (list.waits || []).filter((creator) => creator !== session.user);
    const count = mayApprove ? ofOthers.length : 0;
    setText(one(".dk-badge", tool), count ? deskWord("waitCount", { n: count }) : "");
    tool.classList.toggle("warn", count > 0);
    tool.title = count ? deskWord("waitForYou", { n: count }) : "";
  }
}
