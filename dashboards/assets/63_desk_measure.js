/* What a rule measures, in words: "count of manhole_cover_missing in 4h" is how rules say it, not how people do. */
(function (wall) {
  "use strict";
  const desk = wall.desk;
  const UNITS = { d: ["天", "d"], h: ["小时", "h"], m: ["分钟", "min"], s: ["秒", "s"] };
  const SPAN = "((?:\\d+[dhms])+)";
  const WHATS = { count: ["条数", "count"], sum: ["合计", "sum"], mean: ["均值", "mean"], min: ["最小值", "minimum"], max: ["最大值", "maximum"], value: ["数值", "value"] };
  const COLUMNS = { subject: ["对象", "subjects"], street: ["街道", "streets"], district: ["区", "districts"], area: ["区域", "areas"], feed: ["数据源", "feeds"], department: ["部门", "departments"] };
  const CHANGES = { difference: ["差值", "difference"], ratio: ["倍数", "ratio"] };

  const span = (text) => text.replace(/(\d+)([dhms])/g, (_, count, unit) => count + (wall.english() ? " " : "") + wall.pick(UNITS[unit]));
  const say = (zh, en) => wall.pick([zh, en]);
  function name(id) {
    const bare = id.trim().replace(/^no /, ""), no = bare === id.trim() ? "" : say("未见", "no ");
    for (const table of ["kinds", "feeds"]) if (wall.city[table][bare]) return no + wall.title(table, bare);
    return no + (desk.meaning("rule", bare) || bare);
  }
  const names = (text) => text.split(/ \+ | or | and |, (?:then )?/).map(name).join(say("、", ", "));
  function what(text) {
    const quantile = /^([\d.]+) quantile$/.exec(text);
    if (quantile) return say(quantile[1] + " 分位数", quantile[1] + " quantile");
    return wall.pick(WHATS[text] || [text, text]);
  }
  const column = (text) => wall.pick(COLUMNS[text] || [text, text]);
  /* How rules say it, the longer forms first, and how people do. */
  const FORMS = [
    ["(difference|ratio) of (.+) to " + SPAN + " before", (kind, of, back) => say(desk.measure(of) + "较" + span(back) + "前的" + CHANGES[kind][0], CHANGES[kind][1] + " of " + desk.measure(of) + " to " + span(back) + " before")],
    ["strangeness of (\\S+) of (.+) every " + SPAN, (of, kinds, every) => say(names(kinds) + what(of) + "的异常程度（每" + span(every) + "）", "strangeness of the " + what(of) + " of " + names(kinds) + " every " + span(every))],
    ["distinct of (\\S+) in (.+) in " + SPAN, (of, kinds, wide) => say(span(wide) + "内" + names(kinds) + "涉及的" + column(of) + "数", "different " + column(of) + " of " + names(kinds) + " in " + span(wide))],
    ["distinct of (\\S+) in (.+) without a pause of " + SPAN, (of, kinds, gap) => say("间隔不超过" + span(gap) + "的" + names(kinds) + "涉及的" + column(of) + "数", "different " + column(of) + " of " + names(kinds) + " without a pause of " + span(gap))],
    ["((?:[\\d.]+ )?[a-z]+) of (.+) in " + SPAN, (of, kinds, wide) => say(span(wide) + "内" + names(kinds) + what(of), what(of) + " of " + names(kinds) + " in " + span(wide))],
    ["((?:[\\d.]+ )?[a-z]+) of (.+) without a pause of " + SPAN, (of, kinds, gap) => say("间隔不超过" + span(gap) + "的" + names(kinds) + what(of), what(of) + " of " + names(kinds) + " without a pause of " + span(gap))],
    ["(.+) within ([\\d.e+]+) m and " + SPAN, (kinds, far, wide) => say(span(wide) + "内、" + far + " 米范围内" + names(kinds) + "条数", names(kinds) + " within " + far + " m and " + span(wide))],
    ["(\\d+) of (.+) within " + SPAN, (count, steps, wide) => say(span(wide) + "内出现其中 " + count + " 项：" + names(steps), count + " of " + names(steps) + " within " + span(wide))],
    ["(.+, then .+) within " + SPAN, (steps, wide) => say(span(wide) + "内依次：", "") + steps.split(", then ").map(name).join(say(" → ", ", then ")) + say("", " within " + span(wide))],
    ["time since the feed's last envelope", () => say("距数据源上次来数的时间", "time since the feed's last envelope")],
    ["time since the last (.+)", (kinds) => say("距上一条" + names(kinds) + "的时间", "time since the last " + names(kinds))],
    ["time since \\S+", () => say("超过期限的时间", "time since it was due")],
    ["rule", () => say("规则本身", "the rule itself")],
  ].map(([form, words]) => [new RegExp("^" + form + "$"), words]);

  desk.measure = function (text) {
    for (const [form, words] of FORMS) { const found = form.exec(text); if (found) return words(...found.slice(1)); }
    return text ? names(text.replace(/\bnot /g, "no ")) : "";
  };
})(window.wall);
