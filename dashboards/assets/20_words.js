/* Words and numbers: both languages, the city's time zone. */
window.wall = window.wall || {};
(function (wall) {
  "use strict";
  const WORDS = {
    asOf: ["截至", "as of"], simulated: ["模拟", "simulated"], replay: ["回放", "replay"], exercise: ["演练", "exercise"],
    yesterday: ["较昨日同时", "vs yesterday"], week: ["较近{n}日均值", "vs {n}-day mean"], rate: ["当前速率", "rate now"], perMinute: ["条/分", "/min"],
    severe: ["重大以上", "severe"], matters: ["其中事项", "matters"], readings: ["监测读数", "readings"], today: ["今日", "today"],
    unknown: ["无可比数据", "nothing to compare"], wasYesterday: ["昨日 {n}", "was {n}"], wasMean: ["均值 {n}", "mean {n}"], newcomers: ["对比不含新接入 {n} 路", "{n} new feeds not compared"],
    noData: ["尚无数据", "no data yet"], noDataHint: ["接入后自动显示", "appears once a feed delivers"],
    stale: ["无新数据 · 最后 {t}", "no fresh data · last {t}"], staleNever: ["无新数据", "no fresh data"],
    last24: ["近24小时", "last 24 h"], before24: ["前24小时", "24 h before"], peak: ["峰值", "peak"],
    live: ["在线", "live"], late: ["迟到", "late"], silent: ["静默", "silent"], never: ["未接入", "never"],
    online: ["路数据在线", "feeds online"], derived: ["状态由入库数据推断", "states judged from stored data"],
    unplaced: ["{n} 条未定位", "{n} without a place"], rest: ["其他", "other"], perSecond: ["每秒事件", "events per second"],
    delay: ["接入→上屏 中位", "door → screen, median"], ever: ["累计入库", "stored in all"], rejected: ["累计拒收", "refused in all"], ms: ["毫秒", "ms"], items: ["条", ""],
    severeToday: ["今日重大以上", "severe today"],
    hourMean: ["近1小时", "last hour"], dayMean: ["今日均值", "mean of today"], noReading: ["无读数", "no reading"],
    noIndex: ["无拥堵指数数据源接入\n不以车速推算", "no feed delivers an index;\nit is not guessed from speed"],
    mapScale: ["今日事件数", "events today"], mapKey: ["最新定位事件", "newest located events"],
    liveNow: ["实时", "live"], frozen: ["画面停更 {s} 秒", "frozen for {s} s"],
    lost: ["数据中断 · 与服务器失去连接 · 已 {s}", "DATA LOST · no connection to the server · for {s}"],
    storeLost: ["数据中断 · 数据库无应答 · 自 {t} 起 · 已 {s}", "DATA LOST · the store does not answer · since {t} · for {s}"],
    waiting: ["正在连接…", "connecting…"], ago: ["前", " ago"], second: ["秒", "s"], minute: ["分", "min"], hour: ["时", "h"], day: ["天", "d"],
    redWaits: ["红色 {n} 条待受理", "{n} RED waiting"], redTest: ["模拟红色 {n} 条待受理", "{n} simulated red"], waitingN: ["待受理 {n}", "{n} waiting"], quietN: ["静默 {n}", "{n} muted"], drillsN: ["另有演练 {n}", "drills: {n}"], unseenN: ["未列出 {n}", "not listed: {n}"],
    taken: ["已受理", "acknowledged"], quiet: ["静默", "muted"], platform: ["平台", "platform"], colours: ["蓝,黄,橙,红", "blue,yellow,orange,red"],
    forAction: ["待受理", "waiting"], noAlerts: ["当前无未关闭预警", "No open warnings"], alertsUnknown: ["预警未知\n数据库未给出预警", "warnings not known\nthe store has not told them"], alertsOld: ["预警停更 · 最后 {t}", "warnings are old · last {t}"],
    weekdays: ["日一二三四五六", "Su,Mo,Tu,We,Th,Fr,Sa"], levels: ["信息,一般,较大,重大,特别重大", "info,ordinary,larger,serious,extreme"],
    bands: ["畅通,基本畅通,轻度拥堵,中度拥堵,严重拥堵", "smooth,mostly smooth,light,moderate,severe"], mean: ["均值", "mean"], newest: ["暂无新事件", "no new events"], more: ["另有 {n} 路在线", "{n} more live"], others: ["另有 {n} 路", "{n} more"],
  };
  const UNITS = { "ug/m3": "μg/m³", "mg/m3": "mg/m³", "m3/h": "m³/h", Cel: "°C", persons: ["人", ""], points: ["分", "pts"], min: ["分钟", "min"], s: ["秒", "s"], "veh/h": ["辆/时", "veh/h"], TPI: "", AQI: "", M: ["级", "M"] };
  const SHORT = { simulated: ["模拟", "sim"], replay: ["回放", "replay"], exercise: ["演练", "drill"] };
  wall.mark = (origin) => wall.pick(SHORT[origin] || [origin, origin]);
  wall.SHAPES = ["○", "●", "▲", "◆", "■"];
  wall.FEED_SHAPES = { live: "●", late: "▲", silent: "■", stale: "■", never: "○", none: "○" };
  wall.english = () => document.documentElement.lang === "en";
  wall.pick = (pair) => (Array.isArray(pair) ? pair[wall.english() ? 1 : 0] : pair);
  wall.t = function (key, values) {
    let text = wall.pick(WORDS[key]);
    for (const name in values || {}) text = text.replace("{" + name + "}", values[name]);
    return text;
  };
  wall.list = (key) => { const text = wall.t(key); return text.includes(",") ? text.split(",") : Array.from(text); };
  /* The title of a record of the city; its bare id where the city does not know it. */
  wall.title = (table, id) => (wall.city && wall.city[table][id] ? wall.pick(wall.city[table][id]) : id);
  wall.unit = (kind) => { const unit = wall.city.units[kind] || ""; return unit in UNITS ? wall.pick(UNITS[unit]) : unit; };

  wall.int = (value) => Math.round(value).toLocaleString("en-US");
  wall.short = function (value) {
    if (value < 1e5) return wall.int(value);
    if (wall.english()) return value < 1e6 ? (value / 1e3).toFixed(0) + "k" : (value / 1e6).toFixed(value < 1e7 ? 2 : 1) + "M";
    return value < 1e8 ? (value / 1e4).toFixed(value < 1e6 ? 1 : 0) + "万" : (value / 1e8).toFixed(2) + "亿";
  };
  wall.decimal = (value) => (value === null ? "–" : Math.abs(value) >= 100 ? wall.int(value) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2));
  wall.rate = (value) => (value >= 100 ? wall.short(value) : value.toFixed(value >= 10 ? 0 : 1));
  wall.change = function (share) {
    if (share === null || share === undefined) return { text: "–", tone: "flat" };
    const percent = Math.abs(share * 100);
    const size = percent >= 1000 ? ">999%" : percent.toFixed(percent >= 100 ? 0 : 1) + "%";
    return percent < 0.05 ? { text: "→ 0%", tone: "flat" } : share > 0 ? { text: "↑ " + size, tone: "up" } : { text: "↓ " + size, tone: "down" };
  };
  wall.span = function (seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 60) return s + wall.t("second");
    if (s < 3600) return Math.floor(s / 60) + wall.t("minute") + (s % 60) + wall.t("second");
    if (s < 172800) return Math.floor(s / 3600) + wall.t("hour") + Math.floor((s % 3600) / 60) + wall.t("minute");
    return Math.floor(s / 86400) + wall.t("day");
  };
  wall.age = (seconds) => (seconds < 60 ? Math.max(0, Math.round(seconds)) + wall.t("second") : seconds < 3600 ? Math.floor(seconds / 60) + wall.t("minute") : seconds < 172800 ? Math.floor(seconds / 3600) + wall.t("hour") : Math.floor(seconds / 86400) + wall.t("day")) + wall.t("ago");

  const formats = {};
  function format(name, options) {
    const key = name + wall.city.zone;
    formats[key] = formats[key] || new Intl.DateTimeFormat("en-GB", { timeZone: wall.city.zone, hourCycle: "h23", ...options });
    return formats[key];
  }
  wall.time = (ms) => format("time", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);
  wall.minute = (ms) => format("minute", { hour: "2-digit", minute: "2-digit" }).format(ms);
  wall.date = (ms) => format("date", { year: "numeric", month: "2-digit", day: "2-digit" }).format(ms).split("/").reverse().join("-");
  wall.monthDay = (ms) => format("monthDay", { month: "2-digit", day: "2-digit" }).format(ms).split("/").reverse().join("-");
  wall.weekday = (ms) => wall.list("weekdays")[["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(format("weekday", { weekday: "short" }).format(ms))];
})(window.wall);
