/** The words that all desks share: sending, refusals, outages, the ends of dialogs. */
import { makeWords } from "../shared/language.js";

/** @type {Record<string, [string, string]>} */
export const DESKS_WORDS = {
  sent: ["已发送…", "sent…"],
  unsure: ["未见结果", "no answer yet"],
  refused: ["被拒绝", "refused"],
  loading: ["正在读取…", "loading…"],
  inScope: ["（您的范围内）", " (within what you may see)"],
  items: ["{n} 条", "{n}"],
  manyDone: ["{what}：完成 {n} 条", "{what}: {n} done"],
  some: ["含{what}", "some {what}"],
  exercise: ["演练", "drill"],
  chooseOne: ["请从列表中选择", "choose one of the list"],
  nothingFits: ["没有匹配的", "nothing fits"],
  send: ["发送", "Send"],
  cancel: ["取消 Esc", "Cancel Esc"],
  close: ["关闭 Esc", "Close Esc"],
  words: ["说明", "words"],
  wordsNeeded: ["说明（必填）", "words (required)"],
  choose: ["请选择", "choose"],
  lost: [
    "数据中断 · 与服务器失去连接 · 已 {s} · 列表停在断开时",
    "DATA LOST · no connection to the server · for {s} · the list is old",
  ],
  storeLost: [
    "数据中断 · 数据库无应答 · 自 {t} 起 · 列表不再更新",
    "DATA LOST · the store does not answer · since {t} · the list is old",
  ],
  signIn: ["登录已失效，请重新登录", "you are signed out; sign in again"],
  back: ["← 列表", "← list"],
  noConnection: ["连接中断", "connection lost"],
  sending: ["正在发送…", "sending…"],
  again: ["再次发送", "Send again"],
  meanwhile: [
    "这期间发生的（再次发送将以最新版本为准）",
    "What happened meanwhile (sending again goes by the newest version)",
  ],
  refusedWhy: ["{what} 被拒绝：{why}", "{what} refused: {why}"],
  done: ["{what}：完成", "{what}: done"],
  keys: ["按键", "Keys"],
  loadFailed: ["读取失败：{why}", "cannot be read: {why}"],
  history: ["经过", "History"],
  map: ["位置", "Position"],
  place: ["地点", "place"],
  more: ["更多", "More"],
  overdue: ["超 {t}", "{t} over"],
  left: ["剩 {t}", "{t} left"],
};

/** The word of a key, with the values put in; the key itself where there is none. */
export const desksWord = makeWords(DESKS_WORDS);
