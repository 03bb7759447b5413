/* Tiles of numbers: counter, theme card, flow, completeness, feed strip, severity, measures. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;

  function pair(box, label) { const row = el("div", "pair"); const b = el("b"); row.append(el("span", "", label), b); box.append(row); return b; }
  function tone(node, change) { set(node, change.text); node.className = change.tone; }

  /* The hero: digits on strips, the only thing on a screen that moves by itself. */
  function digits(box, value) {
    const text = String(value).padStart(7, "0"), first = text.search(/[1-9]/);
    const marks = Array.from(text), wanted = [];
    marks.forEach((mark, index) => { wanted.push(mark); const left = marks.length - 1 - index; if (left && left % 3 === 0) wanted.push(","); });
    if (box.children.length !== wanted.length) {
      box.replaceChildren(...wanted.map(function (mark) {
        if (mark === ",") return el("div", "comma", ",");
        const digit = el("div", "digit"), strip = el("span");
        for (let n = 0; n < 10; n++) strip.append(el("em", "", n));
        digit.append(strip); return digit;
      }));
    }
    let position = 0;
    wanted.forEach(function (mark, index) {
      const node = box.children[index];
      const lead = first < 0 ? position < text.length - 1 : position < first || (mark === "," && position <= first);
      node.classList.toggle("lead", lead);
      if (mark === ",") return;
      position += 1;
      node.firstChild.style.transform = "translateY(-" + mark * 10 + "%)";
    });
  }

  wall.kind("counter", {
    mount(body) {
      const hero = el("div", "hero"), strip = el("div", "digits"), under = el("div", "under"), kpis = el("div", "kpis");
      const cells = ["yesterday", "week", "rate", "severe"].map(function () {
        const cell = el("div", "kpi"); cell.append(el("span"), el("b"), el("small")); kpis.append(cell); return cell;
      });
      hero.append(strip, under); body.append(hero, kpis);
      return { strip, under, cells, top: 0 };
    },
    draw(tools, data) {
      digits(tools.strip, data.events);
      const [yesterday, week, rate, severe] = tools.cells;
      const put = (cell, label, value, note) => { set(cell.children[0], label); set(cell.children[1], value); set(cell.children[2], note); };
      const one = wall.change(data.yesterday), seven = wall.change(data.week);
      put(yesterday, wall.t("yesterday"), one.text, data.yesterday === null ? wall.t("unknown") : wall.t("wasYesterday", { n: wall.short(data.before) })); yesterday.children[1].className = one.tone;
      put(week, wall.t("week", { n: data.days || 7 }), seven.text, data.week === null ? wall.t("unknown") : wall.t("wasMean", { n: wall.short(data.mean) })); week.children[1].className = seven.tone;
      put(rate, wall.t("rate"), wall.rate(data.rate), wall.t("perMinute"));
      put(severe, wall.t("severe"), wall.short(data.severe), wall.t("today") + " ◆■"); severe.children[1].className = data.severe ? "sev3" : "flat";
      set(tools.under, wall.t("matters") + " " + wall.int(data.matters) + "　" + wall.t("readings") + " " + wall.int(Math.max(0, data.events - data.matters)) + (data.newcomers ? "　" + wall.t("newcomers", { n: data.newcomers }) : ""));
    },
    pulse(tools, pulse) { digits(tools.strip, pulse.events); },
  });

  wall.kind("theme", {
    mount(body) {
      const card = el("div", "card"), count = el("div", "count"), rows = el("div"), spark = wall.sparkline(true);
      const tools = { count, spark, card };
      for (const name of ["yesterday", "week", "rate", "severe"]) tools[name] = pair(rows, name === "severe" ? wall.t("severe") : name === "week" ? wall.t("week", { n: 7 }) : wall.t(name));
      card.append(count, spark, rows); body.append(card);
      return tools;
    },
    draw(tools, data) {
      tools.card.onclick = () => wall.show(data.screen);
      tools.theme = data.theme;
      set(tools.count, wall.int(data.events));
      tone(tools.yesterday, wall.change(data.yesterday)); tone(tools.week, wall.change(data.week));
      set(tools.week.previousSibling, wall.t("week", { n: data.days || 7 }));
      set(tools.rate, wall.rate(data.rate) + " " + wall.t("perMinute")); set(tools.severe, wall.int(data.severe));
      wall.spark(tools.spark, data.line);
    },
    pulse(tools, pulse) { if (tools.theme in pulse.counts) set(tools.count, wall.int(pulse.counts[tools.theme])); },
  });

  wall.kind("flow", {
    mount(body) {
      const box = el("div", "figures"), tools = {};
      for (const name of ["perSecond", "delay", "ever", "rejected"]) {
        const figure = el("div", "figure"), b = el("b"), unit = el("small"), line = el("div");
        line.append(b, unit); figure.append(el("span", "", wall.t(name)), line); box.append(figure); tools[name] = { b, unit };
      }
      body.append(box); return tools;
    },
    draw(tools, data) {
      set(tools.perSecond.b, wall.rate(data.per_second)); set(tools.perSecond.unit, wall.t("items"));
      set(tools.delay.b, data.delay_ms === null ? "–" : wall.int(data.delay_ms)); set(tools.delay.unit, data.delay_ms === null ? "" : wall.t("ms"));
      set(tools.ever.b, wall.short(data.ever)); set(tools.rejected.b, data.rejected === null ? "–" : wall.short(data.rejected));
    },
  });

  const STATES = ["live", "late", "silent", "never"];
  function legend(box, counts) {
    const items = wall.fill(box, STATES.length, function () { const item = el("span"); item.append(el("i"), el("span"), el("b")); return item; });
    STATES.forEach(function (state, index) {
      const item = items[index]; item.className = "f-" + state;
      set(item.children[0], wall.FEED_SHAPES[state]); set(item.children[1], " " + wall.t(state)); set(item.children[2], counts[state] || 0);
    });
  }
  wall.kind("completeness", {
    mount(body) {
      const box = el("div", "complete"), big = el("div", "big"), cells = el("div", "cells"), key = el("div", "legend");
      const live = el("b"), all = el("b"), label = el("span");
      big.append(live, all, label); box.append(big, cells, key); body.append(box);
      return { live, all, label, cells, key };
    },
    draw(tools, data) {
      set(tools.live, data.counts.live || 0); set(tools.all, " / " + data.rows.length); set(tools.label, " " + wall.t("online"));
      const rows = data.rows.slice().reverse();
      const cells = wall.fill(tools.cells, rows.length, () => el("div"));
      rows.forEach(function (row, index) {
        cells[index].className = "cell f-" + row[1];
        if (!cells[index].firstChild) cells[index].append(el("i"));
        set(cells[index].firstChild, wall.FEED_SHAPES[row[1]]);
      });
      legend(tools.key, data.counts);
    },
  });
  wall.kind("feeds", {
    mount(body) { const chips = el("div", "chips"); body.append(chips); return { chips }; },
    draw(tools, data, body, at) {
      const width = body.clientWidth - 28, columns = Math.max(1, Math.floor((width + 14) / 250));
      const room = document.documentElement.classList.contains("phone") ? data.rows.length : columns * Math.max(1, Math.floor((body.clientHeight - 14) / 34));
      const over = data.rows.length > room, shown = over ? room - 1 : data.rows.length;
      const chips = wall.fill(tools.chips, shown + (over ? 1 : 0), function () { const chip = el("div"); chip.append(el("i"), el("span"), el("small")); return chip; });
      data.rows.slice(0, shown).forEach(function (row, index) {
        const chip = chips[index]; chip.className = "chip f-" + row[1];
        set(chip.children[0], wall.FEED_SHAPES[row[1]]); set(chip.children[1], wall.title("feeds", row[0]));
        set(chip.children[2], row[2] === null ? wall.t("never") : row[1] === "live" ? wall.age((at - row[2]) / 1000) : wall.t(row[1]) + " " + wall.age((at - row[2]) / 1000));
      });
      if (over) { const chip = chips[shown], worst = data.rows[shown][1]; chip.className = "chip f-" + worst; set(chip.children[0], "…"); set(chip.children[1], wall.t(worst === "live" ? "more" : "others", { n: data.rows.length - shown })); set(chip.children[2], ""); }
      wall.empty(body, !data.rows.length);
    },
  });

  wall.kind("severity", {
    mount(body) {
      const box = el("div", "levels"); body.append(box);
      const rows = [4, 3, 2, 1, 0].map(function (level) {
        const row = el("div", "level sev" + level), n = el("span", "n"), track = wall.track();
        n.append(el("span"), el("small")); row.append(el("span", "shape", wall.SHAPES[level]), el("span", "name", wall.list("levels")[level]), n, track);
        box.append(row); return { level, n, track };
      });
      const foot = el("div", "foot"), b = el("b"), label = el("span"); foot.append(label, b); box.append(foot);
      return { rows, label, b };
    },
    draw(tools, data) {
      const sum = data.levels.reduce((a, b) => a + b, 0), most = Math.max(...data.levels, 1);
      for (const row of tools.rows) {
        const n = data.levels[row.level];
        set(row.n.firstChild, wall.short(n)); set(row.n.lastChild, sum ? ((n / sum) * 100).toFixed(n / sum < 0.1 && n ? 1 : 0) + "%" : "");
        wall.bar(row.track, n / most);
      }
      set(tools.label, wall.t("severeToday")); set(tools.b, wall.short(data.severe));
    },
  });

  wall.kind("measures", {
    mount(body) { const box = el("div", "rows"); body.append(box); return { box }; },
    draw(tools, data, body) {
      const rows = wall.fill(tools.box, data.rows.length, function () {
        const row = el("div", "measure"), name = el("div", "name"), line = el("div");
        name.append(el("span"), el("em")); line.append(el("b"), el("small")); row.append(name, line, wall.sparkline(false)); return row;
      });
      data.rows.forEach(function (reading, index) {
        const row = rows[index], none = reading.over === "none";
        row.classList.toggle("away", none);
        set(row.children[0].children[0], wall.title("kinds", reading.kind));
        set(row.children[0].children[1], reading.over === "now" ? "" : wall.t(none ? "noReading" : reading.over === "hour" ? "hourMean" : "dayMean"));
        set(row.children[1].children[0], wall.decimal(reading.value)); set(row.children[1].children[1], none ? "" : wall.unit(reading.kind));
        row.children[2].style.display = reading.line.length ? "" : "none"; wall.spark(row.children[2], reading.line);
      });
      wall.empty(body, !data.rows.length);
    },
  });
})(window.wall);
