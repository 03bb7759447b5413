/** What a rule measures, in words: rules say "count of fires in 4h", people do not. */
import { city, titleOf } from "../shared/city.js";
import { isEnglish, pick } from "../shared/language.js";
/** @import { Pair } from "../shared/types.d.ts" */

const SPAN = "((?:\\d+[dhms])+)", QUANTITY = "((?:[\\d.]+ )?[a-z]+)";
/** @type {Record<string, Pair>} */
const UNITS = { d: ["天", "d"], h: ["小时", "h"], m: ["分钟", "min"], s: ["秒", "s"] };
/** @type {Record<string, Pair>} */
const QUANTITIES = {
  count: ["条数", "count"],
  sum: ["合计", "sum"],
  mean: ["均值", "mean"],
  min: ["最小值", "minimum"],
  max: ["最大值", "maximum"],
  value: ["数值", "value"],
};
/** @type {Record<string, Pair>} */
const COLUMNS = {
  subject: ["对象", "subjects"],
  street: ["街道", "streets"],
  district: ["区", "districts"],
  area: ["区域", "areas"],
  feed: ["数据源", "feeds"],
  department: ["部门", "departments"],
};
/** @type {Record<string, Pair>} */
const CHANGES = { difference: ["差值", "difference"], ratio: ["倍数", "ratio"] };

/** @typedef {(rule: string) => string} RuleTitle the title of a rule, "" where it is not known */
/** @typedef {ReturnType<typeof speaker>} Speaker */

/** @param {RuleTitle} ruleTitle of rules that measure other rules */
function speaker(ruleTitle) {
  /** @param {string} id of a kind, a feed or a rule, perhaps after "no " */
  function name(id) {
    const bare = id.trim().replace(/^no /, "");
    const no = bare === id.trim() ? "" : say("未见", "no ");
    for (const table of /** @type {const} */ (["kinds", "feeds"])) {
      if (city()[table][bare]) return no + titleOf(table, bare);
    }
    return no + (ruleTitle(bare) || bare);
  }
  /** @param {string} text of several ids */
  const names = (text) =>
    text.split(/ \+ | or | and |, (?:then )?/).map(name).join(say("、", ", "));
  return { name, names, measure: (/** @type {string} */ text) => measureWords(text, ruleTitle) };
}

/**
 * @param {string} zh
 * @param {string} en
 */
const say = (zh, en) => pick([zh, en]);

/** @param {string} text of a duration, like 1h30m */
function span(text) {
  const gap = isEnglish() ? " " : "";
  return text.replace(/(\d+)([dhms])/g, (_, count, unit) => count + gap + pick(UNITS[unit]));
}

/** @param {string} text of what is worked out of the events */
function quantity(text) {
  const quantile = /^([\d.]+) quantile$/.exec(text);
  if (quantile) return say(quantile[1] + " 分位数", quantile[1] + " quantile");
  return pick(QUANTITIES[text] || text);
}

/** @param {string} text name of a column */
const column = (text) => pick(COLUMNS[text] || text);

/**
 * How rules say it, the longer forms first, and how people do.
 * @type {[string, (speak: Speaker, ...found: string[]) => string][]}
 */
const FORMS = [
  [
    `(difference|ratio) of (.+) to ${SPAN} before`,
    ({ measure }, change, of, back) =>
      say(
        `${measure(of)}较${span(back)}前的${CHANGES[change][0]}`,
        `${CHANGES[change][1]} of ${measure(of)} to ${span(back)} before`,
      ),
  ],
  [
    `strangeness of (\\S+) of (.+) every ${SPAN}`,
    ({ names }, of, kinds, every) =>
      say(
        `${names(kinds)}${quantity(of)}的异常程度（每${span(every)}）`,
        `strangeness of the ${quantity(of)} of ${names(kinds)} every ${span(every)}`,
      ),
  ],
  [
    `distinct of (\\S+) in (.+) in ${SPAN}`,
    ({ names }, of, kinds, wide) =>
      say(
        `${span(wide)}内${names(kinds)}涉及的${column(of)}数`,
        `different ${column(of)} of ${names(kinds)} in ${span(wide)}`,
      ),
  ],
  [
    `distinct of (\\S+) in (.+) without a pause of ${SPAN}`,
    ({ names }, of, kinds, gap) =>
      say(
        `间隔不超过${span(gap)}的${names(kinds)}涉及的${column(of)}数`,
        `different ${column(of)} of ${names(kinds)} without a pause of ${span(gap)}`,
      ),
  ],
  [
    `${QUANTITY} of (.+) in ${SPAN}`,
    ({ names }, of, kinds, wide) =>
      say(
        `${span(wide)}内${names(kinds)}${quantity(of)}`,
        `${quantity(of)} of ${names(kinds)} in ${span(wide)}`,
      ),
  ],
  [
    `${QUANTITY} of (.+) without a pause of ${SPAN}`,
    ({ names }, of, kinds, gap) =>
      say(
        `间隔不超过${span(gap)}的${names(kinds)}${quantity(of)}`,
        `${quantity(of)} of ${names(kinds)} without a pause of ${span(gap)}`,
      ),
  ],
  [
    `(.+) within ([\\d.e+]+) m and ${SPAN}`,
    ({ names }, kinds, far, wide) =>
      say(
        `${span(wide)}内、${far} 米范围内${names(kinds)}条数`,
        `${names(kinds)} within ${far} m and ${span(wide)}`,
      ),
  ],
  [
    `(\\d+) of (.+) within ${SPAN}`,
    ({ names }, count, steps, wide) =>
      say(
        `${span(wide)}内出现其中 ${count} 项：${names(steps)}`,
        `${count} of ${names(steps)} within ${span(wide)}`,
      ),
  ],
  [
    `(.+, then .+) within ${SPAN}`,
    ({ name }, steps, wide) => {
      const order = steps.split(", then ").map(name).join(say(" → ", ", then "));
      return say(`${span(wide)}内依次：${order}`, `${order} within ${span(wide)}`);
    },
  ],
  [
    "open records of (.+)",
    ({ names }, kinds) => say(`未办结的${names(kinds)}件数`, `open records of ${names(kinds)}`),
  ],
  [
    "time open of (.+)",
    ({ names }, kinds) => say(`${names(kinds)}未办结的时间`, `how long ${names(kinds)} are open`),
  ],
  [
    "time since the feed's last envelope",
    () => say("距数据源上次来数的时间", "time since the feed's last envelope"),
  ],
  [
    "time since the last (.+)",
    ({ names }, kinds) =>
      say(`距上一条${names(kinds)}的时间`, `time since the last ${names(kinds)}`),
  ],
  ["time since \\S+", () => say("超过期限的时间", "time since it was due")],
  ["rule", () => say("规则本身", "the rule itself")],
];

/**
 * Say what a rule measures.
 * @param {string} text as the rule says it
 * @param {RuleTitle} ruleTitle of rules that measure other rules
 * @returns {string} as people say it; with titles at least where the form is not known
 */
export function measureWords(text, ruleTitle) {
  const speak = speaker(ruleTitle);
  for (const [form, words] of FORMS) {
    const found = new RegExp(`^${form}$`).exec(text);
    if (found) return words(speak, ...found.slice(1));
  }
  return text ? speak.names(text.replace(/\bnot /g, "no ")) : "";
}
