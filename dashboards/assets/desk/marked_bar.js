/** The bar over the list, for as long as alerts are marked: it says that keys act on these. */
import { element, setText } from "../shared/dom.js";
import { frequent } from "./actions.js";
import { isTakeable } from "./alert_list.js";
import { countUnlisted } from "../desks/live_list.js";
import { actionFor, actionWord, deskWord } from "./words.js";
/** @import { AlertRow, ListItem } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

/** The bar of one list. */
export class MarkedBar {
  /**
   * @param {DutyDesk} desk whose marked alerts it acts on
   * @param {HTMLElement} node of the bar
   */
  constructor(desk, node) {
    this.desk = desk;
    this.node = node;
    this.said = element("b");
    this.none = element("button", "none");
    this.none.onclick = () => desk.view.unmark();
    const actions = element("span", "acts");
    this.buttons = [...frequent().map(({ name }) => name), "more"].map((action) => {
      const button = element("button");
      button.dataset.act = action;
      button.onclick = () => desk.act(action, desk.list.markedRows());
      actions.append(button);
      return { action, button };
    });
    node.append(this.said, actions, this.none);
  }

  /** @param {ListItem<AlertRow>[]} items of the list */
  draw(items) {
    const rows = this.desk.list.markedRows();
    this.node.hidden = !rows.length;
    if (!rows.length) return;
    const unseen = countUnlisted(rows, items);
    const words = deskWord("selected", { n: rows.length });
    setText(this.said, words + (unseen ? deskWord("unseen", { n: unseen }) : ""));
    for (const { action, button } of this.buttons) {
      const count = action === "acknowledge" ? rows.filter(isTakeable).length : rows.length;
      setText(button, action === "more" ? actionWord(action) : actionFor(action, count));
      button.disabled = !count || (action !== "more" && !this.desk.session.allows(action));
    }
    setText(this.none, deskWord("unmark"));
  }
}
