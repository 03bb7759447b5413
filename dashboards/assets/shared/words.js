/** Words that the wall and the desk share: origins, units of time, how live a page is. */
import { makeWords } from "./language.js";

const WORDS = {
  simulated: ["模拟", "simulated"],
  replay: ["回放", "replay"],
  exercise: ["演练", "exercise"],
  liveNow: ["实时", "live"],
  frozen: ["画面停更 {s} 秒", "frozen for {s} s"],
  rulerStands: [
    "自 {t} 起不会有新告警 · 预警进程停了",
    "NO ALARM CAN COME since {t} · the ruler stands",
  ],
  notifyStands: [
    "自 {t} 起告警不会通知到人 · 通知进程停了 · 请盯住值班台",
    "NOBODY IS NOTIFIED since {t} · the notifier stands · watch the desk",
  ],
  bothStand: [
    "自 {t} 起不会有新告警，也不会通知到人 · 预警和通知进程都停了",
    "NO ALARM CAN COME since {t} · the ruler and the notifier stand",
  ],
  rowsAside: [
    "自 {t} 起有数据未能入库，其余照常 · 详见 ./city status",
    "SOME ROWS DO NOT GET INTO THE STORE since {t}, all others do · see ./city status",
  ],
  connecting: ["正在连接…", "connecting…"],
  ago: ["前", " ago"],
  second: ["秒", "s"],
  minute: ["分", "min"],
  hour: ["时", "h"],
  day: ["天", "d"],
  weekdays: ["日一二三四五六", "Su,Mo,Tu,We,Th,Fr,Sa"],
};

const SHORT_ORIGINS = {
  simulated: ["模拟", "sim"],
  replay: ["回放", "replay"],
  exercise: ["演练", "drill"],
};

/** The shared word of a key, with the values put in. */
export const sharedWord = makeWords(WORDS);

/** The short mark of an origin other than live, as a tag has room for it. */
export const originMark = makeWords(SHORT_ORIGINS);
