/* Tiles of rows: rankings and the rolling list of events. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;
  const TABLES = { department: "departments", area: "areas", kind: "kinds" };

  wall.kind("ranking", {
    mount(body) { const box = el("div", "rows"), note = el("div", "note"); body.append(box, note); return { box, note }; },
    draw(tools, data, body) {
      const rows = wall.fill(tools.box, data.rows.length, function () {
        const row = el("div", "rank"); row.append(el("span", "no"), el("span", "name"), wall.track(), el("span", "n")); return row;
      });
      const most = data.rows.length ? data.rows[0][1] : 1;
      data.rows.forEach(function (item, index) {
        const row = rows[index];
        set(row.children[0], index + 1); set(row.children[1], wall.title(TABLES[data.by], item[0]));
        wall.bar(row.children[2], item[1] / most); set(row.children[3], wall.short(item[1]));
      });
      const noted = data.by === "area" && data.unplaced > 0;
      body.classList.toggle("noted", noted); set(tools.note, noted ? wall.t("unplaced", { n: wall.short(data.unplaced) }) : "");
      wall.empty(body, !data.rows.length);
    },
  });

  function place(event) {
    const street = wall.title("areas", event.area.slice(0, 9)), district = wall.title("areas", event.area.slice(0, 6));
    return event.area.length >= 9 && street !== event.area.slice(0, 9) ? (wall.english() ? street : district + street) : district;
  }
  wall.place = place;
  function detail(event) {
    if (event.value !== null) return wall.decimal(event.value) + " " + wall.unit(event.kind);
    return event.text;
  }
  wall.eventRow = function (row, event, at, seen) {
    row.className = "event" + (seen ? "" : " new");
    const [shape, what, when, where] = row.children;
    shape.className = "shape sev" + event.severity; set(shape, wall.SHAPES[event.severity]);
    what.replaceChildren();
    if (event.origin !== "live") what.append(el("span", "tag " + event.origin, wall.mark(event.origin)));
    what.append(wall.title("kinds", event.kind));
    set(when, at - event.at > 72000000 ? wall.monthDay(event.at) + " " + wall.minute(event.at) : wall.time(event.at));
    set(where, [place(event), wall.title("departments", event.department), detail(event)].filter(Boolean).join(" · "));
  };
  function draw(tools, list, body, at) {
    const phone = document.documentElement.classList.contains("phone");
    const room = phone ? 10 : Math.max(1, Math.floor((body.clientHeight - 16) / 56));
    const shown = list.slice(0, room), ids = shown.map((event) => event.id).join();
    wall.empty(body, !shown.length, wall.t("newest"));
    if (ids === tools.ids) return;
    const known = new Set((tools.ids || "").split(","));
    tools.ids = ids;
    const rows = wall.fill(tools.box, shown.length, function () {
      const row = el("div", "event"); row.append(el("span", "shape"), el("span", "what"), el("span", "when"), el("span", "where")); return row;
    });
    /* Rows move with their event, so that only what is new flashes. */
    const have = {};
    for (const row of Array.from(rows)) have[row.dataset.id] = row;
    const spare = Array.from(rows).filter((row) => !shown.some((event) => event.id === row.dataset.id));
    const order = shown.map(function (event) {
      const row = have[event.id] || spare.pop();
      if (row.dataset.id !== event.id) { row.dataset.id = event.id; wall.eventRow(row, event, at, !known.size || known.has(event.id) || known.has("")); }
      else row.className = "event";
      return row;
    });
    tools.box.replaceChildren(...order);
  }
  wall.kind("events", {
    mount(body) { const box = el("div", "events"); body.append(box); return { box }; },
    draw(tools, data, body, at) { draw(tools, data.events, body, at); },
    pulse(tools, pulse, body) { if (pulse.list) draw(tools, pulse.list, body, pulse.at); },
  });
})(window.wall);
