/** The case desk's words in both languages. */
import { BatchWords } from "../desks/batch_words.js";
import { DESKS_WORDS } from "../desks/words.js";
import { makeWords, pick } from "../shared/language.js";
/** @import { CaseAction } from "../shared/types.d.ts" */

/** @type {Record<string, [string, string]>} */
const WORDS = {
  ...DESKS_WORDS,
  title: ["案件台", "Case desk"],
  search: ["搜索编号、地点、标题、单位、经办人", "search number, place, title, unit, person"],
  oldest: ["久的在前", "Oldest first"],
  newest: ["新的在前", "Newest first"],
  shown: ["显示 {n} / {all} 件", "{n} of {all} shown"],
  shownFirst: [
    "显示前 {n} / 符合 {found} / 共 {all} 件",
    "first {n} of {found} that fit, {all} in all",
  ],
  shownClosed: ["最近办结 {n} 件", "{n} closed lately"],
  mineN: ["我的 {n}", "{n} mine"],
  dispatchN: ["待派遣 {n}", "{n} to dispatch"],
  above: ["↑ {n} 件", "↑ {n}"],
  none: ["没有符合条件的案件", "no case matches"],
  noneOpen: ["当前没有未结案件", "no open cases"],
  lookClosed: ["按 Z 在已办结案件中查找", "press Z to search among closed ones"],
  pickOne: [
    "选择一件案件\nj / k 移动，Enter 打开，n 新建",
    "choose a case\nj / k move, Enter opens, n makes one",
  ],
  number: ["编号", "number"],
  unit: ["单位", "unit"],
  person: ["经办人", "person"],
  nobody: ["未指定", "nobody yet"],
  source: ["来源", "source"],
  opened: ["立案", "opened"],
  closedAt: ["办结于 {t}", "closed {t}"],
  kind: ["类型", "kind"],
  condition: ["情形", "condition"],
  workflow: ["流程", "workflow"],
  outside: ["外部编号", "id elsewhere"],
  leg: ["第 {n} 次办理", "run {n}"],
  text: ["内容", "Text"],
  noText: ["没有文字说明", "no text"],
  answer: ["答复", "answer"],
  rating: ["评价 {n} 星", "rated {n} of 5"],
  timeline: ["经过", "History"],
  historyAway: [
    "数据库无应答，经过暂不可见",
    "the store does not answer: the history is not to be seen",
  ],
  joint: ["协办", "Joint handling"],
  due: ["期限", "due"],
  doneBy: ["{t} 完成", "done {t}"],
  withdrawn: ["已撤销", "withdrawn"],
  open: ["未完成", "to be done"],
  supervision: ["督办", "Supervision"],
  alertOpen: ["来源预警仍未关闭", "the alert it came of is still open"],
  alertStays: [
    "来源预警仍未关闭；结案不会关闭预警",
    "the alert it came of is still open; closing the case does not close it",
  ],
  links: ["关联案件", "Linked cases"],
  into: ["已并入", "merged into"],
  children: ["并入本案", "merged into this"],
  split_from: ["拆分自", "split from"],
  split_into: ["拆出", "split off"],
  hiddenCase: ["不在您的权限内", "outside what you may see"],
  alike: ["附近同类，可能重复", "Near and alike: perhaps the same"],
  metres: ["{n} 米", "{n} m"],
  merge: ["并案", "Merge"],
  noPlace: ["没有坐标", "no coordinates"],
  onlyArea: ["只知到区划", "known by district only"],
  asksExtension: ["{who} 申请延期：{why}", "{who} asks for more time: {why}"],
  asksAppeal: ["有申诉待审核", "an appeal waits for review"],
  extension: ["待批延期", "more time?"],
  appeal: ["待审申诉", "appeal"],
  deferredUntil: ["挂账至 {t}", "put aside until {t}"],
  joinN: ["协办 {n}", "{n} joint"],
  notKnown: [
    "{why}，不知道是否已执行；请看案件的状态",
    "{why}; not known whether it was done — look at the case",
  ],
  offList: ["不在列表中", "not in the list"],
  notListed: ["列表中没有选中案件", "no case is selected in the list"],
  noActions: ["此刻没有您可以做的", "nothing that you can do now"],
  whyNot: ["此环节不可做的", "Not now, in this stage"],
  standsIn: ["在环节：{where}", "in: {where}"],
  elsewhere: ["其他环节的操作", "What other stages have"],
  noKey: ["此键现在没有可做的操作", "nothing can be done by this key now"],
  newCase: ["新建案件", "New case"],
  open_: ["登记", "Open"],
  area: ["地点", "place"],
  caseTitle: ["标题", "title"],
  autoTitle: ["不填则为：{t}", "if empty: {t}"],
  severity: ["紧急程度", "urgency"],
  details: ["内容", "text"],
  hint_type: ["可输汉字、拼音首字母或英文", "type letters of the name"],
  openedAs: ["已登记：{n}", "opened: {n}"],
  openedElsewhere: ["已登记，由受理中心办理", "opened: it is with the centre now"],
  notOpened: ["没有登记：{why}", "not opened: {why}"],
  openUnknown: [
    "{why}，不知道是否已登记；请先在列表中查找",
    "{why}; perhaps it was opened: look for it first",
  ],
  required: ["必填", "required"],
  suggested: ["建议：{what}", "suggested: {what}"],
  loadN: ["在办 {n}", "{n} open"],
  myTasks: ["我的任务", "My tasks"],
  noTasks: ["没有等您处理的案件", "nothing waits for you"],
  ofMine: ["我经办", "mine"],
  ofUnit: ["本单位待签收", "to be taken by my unit"],
  partOfUnit: ["协办待完成", "our part of it"],
  toDispatch: ["待派遣", "to dispatch"],
  toAnswer: ["待审批", "to answer"],
  openMap: ["未结案件分布", "Where open cases are"],
  stages: ["环节", "Stages"],
  clocks: ["时限", "Time limits"],
  dueAt: ["截止 {t}", "due {t}"],
  dueProvisional: [
    "暂定截止 {t}（跨未公布年历）",
    "due {t}, provisional: a year without a calendar",
  ],
  usedUp: ["{t} 用尽", "used up {t}"],
  by: ["依据：{what}", "by: {what}"],
  forecast: ["预计超期可能 {n}%", "likely to be late: {n}%"],
  forecastFrom: [
    "按近期 {n} 次、已用时长和在办数推算；Brier 技巧分 {skill}（1 从不出错，0 如平均）",
    "from {n} clocks, time used and queue; Brier skill {skill} (1 never wrong, 0 as the mean)",
  ],
  supervisedAs: ["督办：{what}", "supervised: {what}"],
  caseFollows: ["已并案", "merged"],
  loadMore: ["读取更多", "more"],
  days: ["最长 {n} 天", "at most {n} days"],
  exportList: ["导出列表", "Export the list"],
  exportN: ["按当前筛选，{n} 件", "as filtered: {n}"],
  exportAs: ["导出 {what}", "Export {what}"],
  exportPart: ["（在办共 {n} 件，只含已加载的）", "(those loaded, of {n} that are open)"],
  exportCut: ["（只含前 {n} 件）", "(only the first {n})"],
  exported: ["已导出 {n} 件，已记入审计", "exported {n}; noted in the audit log"],
  notExported: ["没有导出：{why}", "not exported: {why}"],
  mayNotExport: ["您的角色不能导出案件", "your role may not export cases"],
  sheet: ["办件单 PDF", "Case sheet PDF"],
  markedN: ["已选 {n} 件", "{n} selected"],
  unseenN: ["（{n} 件不在列表中）", " ({n} not in the list)"],
  unmark: ["取消选择", "Select none"],
  tooManyMarked: ["一次最多选 {n} 件", "at most {n} at once"],
  casesN: ["{n} 件案件", "{n} cases"],
  files: ["照片、附件", "Photos and papers"],
  addFiles: ["添加", "add"],
  chooseFiles: ["拍照或选文件", "photo or file"],
  uploading: ["文件正在上传，请稍候", "a file is under way: wait a moment"],
  notKept: ["{n}：{why}", "{n}: {why}"],
  dropFile: ["去掉", "leave it out"],
  fileGone: ["文件不可见", "not to be seen"],
  wordsFor: ["说明", "words"],
  fromTable: ["按职责表", "by the table"],
};

/** @type {[string, string][]} How urgent a case is, by its severity. */
const SEVERITIES = [
  ["低", "low"],
  ["一般", "normal"],
  ["较急", "soon"],
  ["紧急", "urgent"],
  ["特急", "now"],
];

/** The desk's word of a key, with the values put in; the key itself where there is none. */
export const caseWord = makeWords(WORDS);

/**
 * How urgent something is, in a word.
 * @param {number} severity 0 to 4
 */
export const severityName = (severity) => pick(SEVERITIES[severity] || SEVERITIES[0]);

/** How many degrees of urgency there are. */
export const SEVERITY_COUNT = SEVERITIES.length;

/** @type {Map<string, CaseAction>} what the last case that was read calls its actions */
const called = new Map();

/** @param {CaseAction[]} actions of a case */
export function learnActions(actions) {
  for (const action of actions) called.set(action.name, action);
}

/**
 * What an action is called.
 * @param {string} name of it
 */
export function actionTitle(name) {
  const action = called.get(name);
  return action ? pick(action.title) : name;
}

/** Says what became of commands on cases. */
export const caseBatches = new BatchWords({
  word: caseWord,
  actionFor: (name) => actionTitle(name),
});

/** All of the desk's words, for the font to load the letters of. */
export const allCaseWords = () => JSON.stringify([WORDS, SEVERITIES]);
