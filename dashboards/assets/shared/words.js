/** Words that the wall and the desk share: origins, units of time, how live a page is. */
import { makeWords } from "./language.js";

const WORDS = {
  simulated: ["模拟", "simulated"],
  replay: ["回放", "replay"],
  exercise: ["演练", "exercise"],
  liveNow: ["实时", "live"],
  frozen: ["画面停更 {s} 秒", "frozen for {s} s"],
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
