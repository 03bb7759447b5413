import { measureWords } from "../../dashboards/assets/desk/measure.js";
import { expectEqual, speak } from "./speaking.js";

/** @type {[string, string, string][]} as the rule says it, and as people do */
const SAID = [
  ["count of fire in 4h", "4小时内火情条数", "count of fires in 4 h"],
  ["0.9 quantile of smoke in 1h30m", "1小时30分钟内烟雾0.9 分位数", ""],
  [
    "ratio of count of fire in 1h to 1d before",
    "1小时内火情条数较1天前的倍数",
    "ratio of count of fires in 1 h to 1 d before",
  ],
  [
    "distinct of street in fire in 1h",
    "1小时内火情涉及的街道数",
    "different streets of fires in 1 h",
  ],
  ["fire + smoke within 500 m and 10m", "10分钟内、500 米范围内火情、烟雾条数", ""],
  ["fire, then smoke within 5m", "5分钟内依次：火情 → 烟雾", "fires, then smoke within 5 min"],
  ["time since the feed's last envelope", "距数据源上次来数的时间", ""],
  ["time since the last fire", "距上一条火情的时间", "time since the last fires"],
  ["no such_rule", "未见某规则", "no a rule"],
  ["something new", "something new", "something new"],
  ["", "", ""],
];
const ruleTitle = (/** @type {string} */ rule) => rule === "such_rule" ? "某规则" : "";

Deno.test("measures are said as people say them", () => {
  speak("zh");
  for (const [text, zh] of SAID) expectEqual([text, measureWords(text, ruleTitle)], [text, zh]);
  speak("en");
  for (const [text, , en] of SAID) {
    if (en) {
      expectEqual([text, measureWords(text, (rule) => ruleTitle(rule) && "a rule")], [text, en]);
    }
  }
});
