/** The desk's words in both languages. */
import { actionWords, titleOf, toldOf } from "./actions.js";
import { HANDLING } from "./handling_words.js";
import { BatchWords } from "../desks/batch_words.js";
import { DESKS_WORDS } from "../desks/words.js";
import { makeWords, pick } from "../shared/language.js";

/** @type {Record<string, [string, string]>} */
const WORDS = {
  ...DESKS_WORDS,
  ...HANDLING,
  search: ["搜索标题、地点、对象、责任人", "search title, place, subject, owner"],
  allThemes: ["全部领域", "All themes"],
  newest: ["新的在前", "Newest first"],
  oldest: ["久的在前", "Oldest first"],
  shown: ["显示 {n} / {all} 条", "{n} of {all} shown"],
  shownClosed: ["最近关闭的 {n} / {all} 条", "{n} of the last {all} closed"],
  waiting: ["待受理 {n}", "{n} to acknowledge"],
  beside: ["另有 {what}", "beside: {what}"],
  selected: ["已选 {n} 条，按键对它们生效", "{n} selected: keys act on these"],
  unseen: ["（{n} 条不在列表中）", " ({n} not in the list)"],
  unmark: ["取消选中 Esc", "Unmark Esc"],
  keptQuiet: ["已静默", "muted"],
  escalatedTimes: ["已上报 {n} 级", "escalated {n} {n|time|times}"],
  closedAt: ["关闭于 {t}", "closed {t}"],
  wholeIncident: [
    "对同地事件的 {n} 条都生效；→ 展开后可逐条处理",
    "for all {n} of this place; → unfolds it to act on one",
  ],
  above: ["↑ {n} 条新告警", "↑ {n} new"],
  case: ["案件", "case"],
  caseMark: ["案", "case"],
  hasCase: ["已转为案件，尚未办结", "it became a case, which is open"],
  caseHidden: [
    "已成为其他单位的案件，不在您的权限内",
    "a case of another unit, outside what you may see",
  ],
  caseClosed: ["已结案", "closed"],
  caseClosedAt: ["结案于 {t}", "closed {t}"],
  alertStillOpen: ["预警仍未关闭", "the alert is still open"],
  caseStillOpen: [
    "这条预警转成的案件尚未办结；关闭预警不会结案",
    "the case that it became is still open; closing the alert does not close it",
  ],
  caseStillOpenMany: [
    "其中 {n} 条转成的案件尚未办结；关闭预警不会结案",
    "the cases of {n} of them are still open; closing the alerts does not close them",
  ],
  pending: ["待定", "pending"],
  firing: ["待受理", "firing"],
  acknowledged: ["已受理", "acknowledged"],
  resolved: ["已办结", "resolved"],
  ended: ["自动解除", "ended"],
  revised: ["已更正", "revised"],
  group: ["同地事件 · {n} 条", "One place · {n} alerts"],
  none: ["没有符合条件的告警", "no alert matches"],
  noneOpen: ["当前没有未关闭的告警", "no open alerts"],
  pickOne: ["选择一条告警\nj / k 移动，Enter 打开", "choose an alert\nj / k move, Enter opens"],
  silenceDo: ["静默", "Silence"],
  muted: ["静默", "muted"],
  silence: ["静默", "silence"],
  inhibition: ["抑制", "inhibited"],
  hours: ["时段", "hours"],
  grouping: ["归并", "grouped"],
  rate: ["限流", "rate"],
  age: ["过时", "late"],
  platform: ["平台", "platform"],
  opened: ["发生", "opened"],
  rule: ["规则", "rule"],
  version: ["版本", "version"],
  owner: ["责任人", "owner"],
  nobody: ["无人", "nobody"],
  subject: ["对象", "subject"],
  department: ["部门", "department"],
  until: ["受理有效至 {t}", "acknowledged until {t}"],
  evidence: ["依据", "Evidence"],
  value: ["触发值", "value"],
  threshold: ["阈值", "threshold"],
  clear: ["解除线", "clears at"],
  firedAt: ["触发 {level}", "fired {level}"],
  raisedAt: ["升为 {level}", "raised to {level}"],
  loweredAt: ["降为 {level}", "lowered to {level}"],
  asOf: ["数据截至 {t}", "data as of {t}"],
  noPoints: ["这条规则没有数值曲线", "this rule has no series"],
  events: ["相关事件 {n} 条", "{n} {n|event|events} behind it"],
  noPlace: ["没有坐标", "no coordinates"],
  onlyArea: ["只知到区划", "known by district only"],
  others: ["其他未关闭告警", "other open alerts"],
  response: ["处置要点", "What to do"],
  why: ["为何通知 / 未通知", "Why (not) notified"],
  noResponse: ["规则未写处置要点", "the rule names no response"],
  same: ["同地事件", "same place"],
  yes: ["已通知", "notified"],
  no: ["未通知", "not notified"],
  who: ["此刻会通知谁", "who would hear of it now"],
  nobodyHears: ["没有匹配的接收人", "no receiver matches"],
  approve_silence: ["批准静默", "Approve silence"],
  expire_silence: ["结束静默", "End silence"],
  assignee: ["指派给", "assign to"],
  hours_: ["受理有效（小时）", "hold for (hours)"],
  incident: ["并入哪个事件", "incident to merge into"],
  forMany: ["{what}：共 {n} 条告警", "{what}: {n} alerts"],
  sound: ["声音", "Sound"],
  soundOff: ["已静音", "muted"],
  locked: [
    "声音未开启 — 按任意键或点击页面启用",
    "sound is locked — press any key or click to enable it",
  ],
  ringing: ["{n} 条红色告警待受理", "{n} red {n|alert|alerts} to acknowledge"],
  notKnown: [
    "{why}，不知道是否已执行；请看告警的状态",
    "{why}; not known whether it was done — look at the alert",
  ],
  notKnownSilence: [
    "{why}，不知道是否已执行；请看静默清单",
    "{why}; not known whether it was done — look at the list of silences",
  ],
  nothingWaits: ["没有待受理的告警（{state}）", "nothing to acknowledge ({state})"],
  offList: [
    "不在列表中：按键对它无效，请用这些按钮",
    "not in the list: keys do not act on it, these buttons do",
  ],
  notListed: [
    "列表中没有选中告警；请先选一条，或用右侧按钮",
    "no alert is selected in the list; select one, or use the buttons beside it",
  ],
  notAllowed: ["您的角色不能这样做", "your role may not do this"],
  silences: ["静默清单", "Silences"],
  newSilence: ["新建静默", "New silence"],
  matchers: ["匹配条件（全部满足）", "Matchers (all must match)"],
  add: ["＋ 条件", "+ matcher"],
  lasts: ["时长", "Duration"],
  minutes: ["{n} 分钟", "{n} min"],
  hoursN: ["{n} 小时", "{n} h"],
  daysN: ["{n} 天", "{n} d"],
  recurrence: ["只在这些时段", "Only at these hours"],
  everyDay: ["每天", "every day"],
  from: ["从", "from"],
  to: ["到", "to"],
  reason: ["理由（必填）", "Reason (required)"],
  reasonShort: ["理由", "reason"],
  blast: [
    "过去 30 天会压下 {n} 条，其中红色 {red} 条",
    "in the last 30 days it would have hidden {n}, {red} of them red",
  ],
  needsSecond: ["→ 需要第二人批准", "→ needs a second approver"],
  noSecond: ["→ 立即生效", "→ takes effect at once"],
  noSecondButRed: [
    "→ 立即生效；红色预警仍会通知，除非第二人批准",
    "→ takes effect at once; red alerts are still told until a second person approves",
  ],
  sparesRed: ["不含红色", "except red"],
  nowHides: ["当前会压下未关闭告警 {n} 条", "it hides {n} open {n|alert|alerts} now"],
  counting: ["正在计算影响范围…", "counting the blast radius…"],
  save: ["保存静默", "Save silence"],
  topRules: ["影响最大的规则", "most affected rules"],
  savedWaits: [
    "静默已登记，待第二人批准后生效",
    "the silence is saved and waits for a second approver",
  ],
  active: ["生效中", "active"],
  waits: ["待批准", "waits for approval"],
  planned: ["未开始", "planned"],
  expired: ["已结束", "over"],
  ends: ["到期", "ends"],
  creator: ["创建", "by"],
  hides: ["正压下", "hides now"],
  hid: ["30 天", "30 days"],
  approve: ["批准", "Approve"],
  end: ["立即结束", "End now"],
  noSilences: ["没有静默", "no silences"],
  approver: ["批准人 {who}", "approved by {who}"],
  waitCount: ["待批 {n}", "{n} to approve"],
  waitForYou: ["{n} 条静默等您批准", "{n} {n|silence waits|silences wait} for your approval"],
  ownOne: ["须由他人批准", "somebody else must approve"],
  shift: ["交接班", "Shift hand-over"],
  since: ["最近 {n} 小时", "last {n} h"],
  stillOpen: ["仍未关闭", "still open"],
  stillWaiting: ["仍待受理", "to acknowledge"],
  came: ["新增", "opened"],
  closedN: ["关闭", "closed"],
  ackedN: ["受理", "acknowledged"],
  notifiedN: ["通知次数", "notified"],
  mutedN: ["被压下", "muted"],
  failedN: ["送达失败", "failed sends"],
  redList: ["本班红色与橙色告警", "red and orange alerts of this shift"],
  remarks: ["备注与处置记录", "remarks and actions"],
  refusedN: ["被拒操作", "refused"],
  more_: ["还有 {n} 条", "{n} more"],
  receivers: ["接收", "to"],
  attempt: ["第 {n} 次", "attempt {n}"],
  noReceipt: ["尚无回执", "no receipt yet"],
  toNobody: ["无", "none"],
  signedAs: ["{role}", "{role}"],
  fromSound: ["静音 M", "mute M"],
};

/** @type {Record<string, [string, string]>} What happened to an alert, by the name of the step. */
const STEPS = {
  pending: ["进入待定", "pending"],
  fired: ["触发告警", "fired"],
  raised: ["升级", "raised"],
  corrected: ["时间更正", "times corrected by late data"],
  lowered: ["降级", "lowered"],
  ended: ["条件解除，自动关闭", "ended by the data"],
  revised: ["数据更正，告警撤销", "revised: it never was"],
  assignment_overdue: ["指派逾期未答复，已退回", "assignment not answered in time"],
  acknowledgement_expired: ["受理到期", "acknowledgement expired"],
  grouped: ["归入同地事件", "grouped"],
  muted: ["转为静默", "muted"],
  unmuted: ["静默解除", "unmuted"],
  notified: ["发出通知", "notices sent"],
  escalated: ["上报升级", "escalated"],
  refused: ["操作被拒", "refused"],
};

/** @type {[string, string][]} */
const LEVELS = [["", ""], ["蓝色", "Blue"], ["黄色", "Yellow"], ["橙色", "Orange"], [
  "红色",
  "Red",
]];

/** The desk's word of a key, with the values put in; the key itself where there is none. */
export const deskWord = makeWords(WORDS);

/** What a step did, in words. */
export const stepWord = (/** @type {string} */ what) => toldOf(what) || wordOfStep(what);

const wordOfStep = makeWords(STEPS);

/**
 * The name of a level.
 * @param {number} rank of the level, from 1
 */
export const levelName = (rank) => pick(LEVELS[rank]);

/**
 * What an action is called.
 * @param {string} name of the action
 */
export const actionWord = (name) =>
  titleOf(name) || deskWord(name === "silence" ? "silenceDo" : name);

/**
 * An action with how many alerts it is for, where that is more than one.
 * @param {string} name of the action
 * @param {number} count of alerts
 */
export function actionFor(name, count) {
  return actionWord(name) + (count > 1 ? " " + deskWord("items", { n: count }) : "");
}

/** Says what became of commands on alerts. */
export const alertBatches = new BatchWords({ word: deskWord, actionFor });

/** All of the desk's words, for the font to load the letters of. */
export const allWords = () => JSON.stringify([WORDS, STEPS]) + actionWords();
