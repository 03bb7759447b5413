/** Keys of the case desk, and what the help says of them. */
import { box, byId, element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { closingRow, openDialog } from "../desks/dialog.js";
import { listenToKeyboard, movingKeys, toggleFullScreen } from "../desks/keyboard.js";
import { openActionMenu } from "./case_form.js";
import { openExport, openSheet } from "./case_export.js";
import { caseWord } from "./case_words.js";
import { openNewCase } from "./new_case.js";
/** @import { Pair } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */

const FAR = 1e9, ACTION_KEYS = Array.from("adegbtirvycswA");

/** @type {[string, Pair][]} */
const KEYS = [
  ["j ↓ / k ↑", ["下一件 / 上一件", "next / previous"]],
  ["PgDn / PgUp", ["翻页", "page"]],
  ["Home / End", ["最上 / 最下", "top / bottom"]],
  ["Enter", ["打开", "open"]],
  ["Space", ["选择，一次处理多件", "select several, to act on them at once"]],
  ["n", ["新建案件", "new case"]],
  ["h", ["我的任务", "my tasks"]],
  ["Shift F", ["统计", "figures"]],
  ["Shift E", ["导出列表", "export the list"]],
  ["Shift P", ["打印办件单", "print the case sheet"]],
  ["a", ["受理、签收", "accept, sign for"]],
  ["e", ["转下一环节（立案、研判 …）", "move on (file, study …)"]],
  ["d", ["派遣", "dispatch"]],
  ["g", ["指定经办人", "assign"]],
  ["r", ["处置完成、答复、结案", "resolve, answer, close"]],
  ["v", ["回访、核查", "revisit, check"]],
  ["y", ["发回重办", "send back to be redone"]],
  ["b", ["退回", "return"]],
  ["t", ["转办", "transfer"]],
  ["i", ["增加协办单位", "ask another unit to join"]],
  ["s", ["督办", "supervise"]],
  ["w", ["回复督办", "answer the supervision"]],
  ["c", ["备注", "comment"]],
  ["Shift A", ["添加照片、附件", "attach photos, papers"]],
  ["x", ["所有操作，及为何不可做", "all actions, and why not"]],
  ["/", ["搜索编号、地点、文字", "search number, place, words"]],
  ["m", ["只看我的", "only mine"]],
  ["u", ["只看本单位", "only my unit's"]],
  ["p", ["只看待派遣", "only to dispatch"]],
  ["Shift K", ["只看待审批", "only to approve"]],
  ["q", ["只看督办", "only supervised"]],
  ["z", ["近期办结", "closed lately"]],
  ["o", ["新旧次序", "order by age"]],
  ["0", ["清除全部筛选", "clear all filters"]],
  ["Ctrl ↵", ["发送表单", "send the form"]],
  ["l", ["中文 / English", "中文 / English"]],
  ["f", ["全屏", "full screen"]],
  ["?", ["本说明", "this help"]],
  ["Esc", ["返回列表", "back to the list"]],
];

/** Show what each key does. */
export function openCaseKeyHelp() {
  const dialog = openDialog(caseWord("keys")), keys = box("dk-keys");
  for (const [key, words] of KEYS) {
    keys.append(box("", element("kbd", "", key), element("span", "", pick(words))));
  }
  dialog.append(box("pane", keys, closingRow().row));
}

/**
 * What each key does.
 * @param {CaseDeskPage} desk
 * @returns {Record<string, () => void>}
 */
function keysOf(desk) {
  const { filterBar, list, view } = desk;
  const toggle = (/** @type {string} */ name) => () => filterBar.toggle(name);
  return {
    ...Object.fromEntries(ACTION_KEYS.map((key) => [key, () => desk.actByKey(key)])),
    ...movingKeys(view),
    Enter: () => {
      if (!list.current()) view.move(1);
      document.documentElement.classList.add("dk-open");
      desk.detail.openSelected();
    },
    " ": () => {
      const item = list.current();
      if (!item) return;
      desk.markedBar.toggle(item);
      view.move(1);
    },
    n: () => openNewCase(desk),
    h: () => desk.showTasks(),
    E: () => openExport(desk),
    P: () => openSheet(desk),
    F: () => desk.figurePanel.toggle(),
    x: () => openActionMenu(desk, desk.detail.read?.actions || []),
    "/": () => filterBar.input.focus(),
    0: () => filterBar.clear(),
    m: toggle("mine"),
    u: toggle("unit"),
    p: toggle("dispatch"),
    K: toggle("asks"),
    q: toggle("supervised"),
    z: toggle("closed"),
    o: toggle("newest"),
    l: () => desk.changeLanguage(),
    f: toggleFullScreen,
    "?": openCaseKeyHelp,
    Escape: () => {
      view.unmark();
      desk.figurePanel.hide();
      document.documentElement.classList.remove("dk-open");
      byId("desk-list").focus();
    },
  };
}

/**
 * Listen to the keys of the page.
 * @param {CaseDeskPage} desk
 */
export function listenToCaseKeys(desk) {
  listenToKeyboard({
    keys: keysOf(desk),
    search: desk.filterBar.input,
    onSearched(found) {
      desk.filterBar.search();
      if (found) desk.view.move(-FAR);
    },
  });
}
