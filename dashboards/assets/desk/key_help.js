/** What each key does, for the help; what it calls is in `keys.js`. */
import { box, element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { actionKeys } from "./actions.js";
import { closingRow, openDialog } from "../desks/dialog.js";
import { actionWord, deskWord } from "./words.js";
/** @import { Pair } from "../shared/types.d.ts" */

/** @type {[string, Pair][]} */
const KEYS = [
  ["j ↓ / k ↑", ["下一条 / 上一条", "next / previous"]],
  ["PgDn / PgUp", ["翻页", "page"]],
  ["Home / End", ["最上 / 最下", "top / bottom"]],
  ["Enter", ["打开；展开同地事件", "open; unfold an incident"]],
  ["→ / ←", ["展开 / 收起同地事件", "unfold / fold an incident"]],
  ["Space", ["选中多条", "mark several"]],
];
/** @type {[string, Pair][]} */
const MORE_KEYS = [
  ["/", ["搜索", "search"]],
  ["1 2 3 4", ["只看 Ⅰ Ⅱ Ⅲ Ⅳ 级", "only level Ⅰ Ⅱ Ⅲ Ⅳ"]],
  ["0", ["清除全部筛选", "clear all filters"]],
  ["u", ["只看待受理", "only to acknowledge"]],
  ["n", ["只看我的", "only mine"]],
  ["t", ["切换领域", "next theme"]],
  ["q", ["显示 / 隐藏静默", "with / without muted"]],
  ["p", ["显示 / 隐藏待定", "with / without pending"]],
  ["i", ["同地归并", "group by incident"]],
  ["o", ["新旧次序", "order by age"]],
  ["z", ["已关闭的告警", "closed alerts"]],
  ["w", ["为何通知 / 未通知", "why (not) notified"]],
  ["Shift S", ["静默清单与批准", "silences, approvals"]],
  ["h", ["交接班", "shift hand-over"]],
  ["m", ["声音开关", "sound on / off"]],
  ["l", ["中文 / English", "中文 / English"]],
  ["f", ["全屏", "full screen"]],
  ["?", ["本说明", "this help"]],
  ["Esc", ["关闭、取消选中", "close, unmark"]],
];

/** Show what each key does. */
export function openKeyHelp() {
  const dialog = openDialog(deskWord("keys")), keys = box("dk-keys");
  const tell = (/** @type {string} */ key, /** @type {string} */ words) =>
    keys.append(box("", element("kbd", "", key), element("span", "", words)));
  for (const [key, words] of KEYS) tell(key, pick(words));
  for (const [key, action] of actionKeys()) tell(key, actionWord(action));
  for (const [key, words] of MORE_KEYS) tell(key, pick(words));
  dialog.append(box("pane", keys, closingRow().row));
}
