/** The wall's words in both languages. */
import { makeWords } from "../shared/language.js";

const WORDS = {
  asOf: ["截至", "as of"],
  yesterday: ["较昨日同时", "vs yesterday"],
  week: ["较近{n}日均值", "vs {n}-day mean"],
  rate: ["当前速率", "rate now"],
  perMinute: ["条/分", "/min"],
  severe: ["紧急以上", "urgent"],
  readings: ["监测读数", "readings"],
  readingsBeside: ["另有监测读数 {n}", "beside {n} readings of sensors"],
  likeForLike: [
    "可比口径：两日均有数据的 {n}/{all} 路 · 截至 {t}",
    "like for like: the {n} of {all} feeds that delivered on both days, until {t}",
  ],
  fromTo: ["{a} → {b}", "{a} → {b}"],
  today: ["今日", "today"],
  unknown: ["无可比数据", "nothing to compare"],
  noData: ["尚无数据", "no data yet"],
  noDataHint: ["接入后自动显示", "appears once a feed delivers"],
  stale: ["无新数据 · 最后 {t}", "no fresh data · last {t}"],
  staleNever: ["无新数据", "no fresh data"],
  yesterdayLine: ["昨日", "yesterday"],
  yesterdayAlike: ["昨日可比", "yesterday, same feeds"],
  alikeToday: ["可比", "same feeds"],
  otherFeeds: ["新接入等不可比", "not comparable"],
  peak: ["峰值", "peak"],
  live: ["在线", "live"],
  late: ["迟到", "late"],
  silent: ["静默", "silent"],
  irregular: ["不定期", "irregular"],
  never: ["未接入", "never"],
  online: ["路数据在线", "feeds online"],
  derived: ["状态由入库数据推断", "states judged from stored data"],
  unplaced: ["{n} 条未定位", "{n} without a place"],
  rest: ["其他", "other"],
  perSecond: ["每秒入库（事项+读数）", "stored per second, all"],
  delay: ["接入→上屏 中位", "door → screen, median"],
  ever: ["累计入库", "stored in all"],
  rejected: ["累计拒收", "refused in all"],
  ms: ["毫秒", "ms"],
  items: ["条", ""],
  severeToday: ["今日紧急以上", "urgent today"],
  hourMean: ["近1小时", "last hour"],
  dayMean: ["今日均值", "mean of today"],
  noReading: ["无读数", "no reading"],
  noIndex: [
    "无拥堵指数数据源接入\n不以车速推算",
    "no feed delivers an index;\nit is not guessed from speed",
  ],
  mapScale: ["今日事项数", "matters today"],
  mapKey: ["最新定位事件", "newest located events"],
  linkSlow: [
    "与服务器的连接断了，正在重连 · 画面是 {t} 的，已 {s}",
    "connection to the server broken, trying again · the screen is of {t}, {s} old",
  ],
  storeWaiting: ["正在等数据库，还没有数值", "waiting for the store; no numbers yet"],
  storeSlow: [
    "数据库应答慢 · 数值是 {t} 的，已 {s}",
    "the store is slow · numbers are of {t}, {s} old",
  ],
  storeUnreached: [
    "数据库连不上，正在重试 · 数值是 {t} 的，已 {s}",
    "the store cannot be reached, trying again · numbers are of {t}, {s} old",
  ],
  linkLost: [
    "数据中断 · 与服务器失去连接 · 自 {t} 起 · 已 {s}",
    "DATA LOST · no connection to the server · since {t} · for {s}",
  ],
  storeLost: [
    "数据中断 · 数据库无应答 · 自 {t} 起 · 已 {s}",
    "DATA LOST · the store does not answer · since {t} · for {s}",
  ],
  redWaits: ["红色 {n} 条待受理", "{n} RED waiting"],
  redTest: ["模拟红色 {n} 条待受理", "{n} simulated red"],
  waitingN: ["待受理 {n}", "{n} waiting"],
  quietN: ["静默 {n}", "{n} muted"],
  besideN: ["另有{what} {n}", "{what}: {n}"],
  drillsN: ["另有演练 {n}", "drills: {n}"],
  unseenN: ["未列出 {n}", "not listed: {n}"],
  taken: ["已受理", "acknowledged"],
  quiet: ["静默", "muted"],
  platform: ["平台", "platform"],
  colours: ["蓝,黄,橙,红", "blue,yellow,orange,red"],
  forAction: ["待受理", "waiting"],
  noAlerts: ["当前无未关闭预警", "No open warnings"],
  alertsUnknown: ["预警未知\n数据库未给出预警", "warnings not known\nthe store has not told them"],
  alertsOld: ["预警停更 · 最后 {t}", "warnings are old · last {t}"],
  casesUnknown: ["案件未知\n尚未读到案件", "cases not known\nnobody has told them yet"],
  casesOld: ["案件停更 · 最后 {t}", "cases are old · last {t}"],
  caseUnit: ["件", "open"],
  casesLate: ["超期", "overdue"],
  caseSteps: ["受理,分流,化解,督办,回访,反馈", "intake,dispatch,handling,watched,revisit,reply"],
  latestCases: ["超期最久", "Overdue the longest"],
  lateBy: ["超 {t}", "{t} over"],
  noneLate: ["✓ 当前无超期案件", "✓ nothing is overdue"],
  casesIn: ["今日新立", "opened today"],
  casesOut: ["今日办结", "closed today"],
  casesNet: ["净增", "net"],
  inTimeToday: ["今日按时办结率", "closed in time, today"],
  inTimeWeek: ["近7日按时办结率", "closed in time, 7 days"],
  vsDay: ["较昨日同时", "vs yesterday"],
  vsWeek: ["较前7日", "vs the 7 before"],
  points: ["{n}点", "{n} pts"],
  noneClosed: ["尚无办结", "none closed"],
  noTurns: ["近两周无案件", "no cases in two weeks"],
  levels: ["信息,一般,较急,紧急,特急", "info,routine,pressing,urgent,most urgent"],
  bands: ["畅通,基本畅通,轻度拥堵,中度拥堵,严重拥堵", "smooth,mostly smooth,light,moderate,severe"],
  mean: ["均值", "mean"],
  newest: ["暂无新事件", "no new events"],
  more: ["另有 {n} 路在线", "{n} more live"],
  others: ["另有 {n} 路", "{n} more"],
};

/** The wall's word of a key, with the values put in. */
export const wallWord = makeWords(WORDS);

/**
 * A word that holds a list: parted by commas, or a letter each.
 * @param {string} key of the list
 * @returns {string[]}
 */
export function wallWords(key) {
  const text = wallWord(key);
  return text.includes(",") ? text.split(",") : Array.from(text);
}
