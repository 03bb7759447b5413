/* The district map: ECharts draws the districts, plain elements the newest events on top of them. */
(function (wall) {
  "use strict";
  const el = wall.el, set = wall.set;
  const RAMP = [[13, 40, 96], [18, 66, 140], [24, 98, 184], [36, 140, 214]];
  const KEPT = 36, NEW_MS = 4000, RINGS = 6;

  function colour(share) {
    const x = Math.max(0, Math.min(0.999, share)) * (RAMP.length - 1), low = Math.floor(x), part = x - low;
    return "rgb(" + RAMP[low].map((value, index) => Math.round(value + (RAMP[low + 1][index] - value) * part)).join() + ")";
  }
  /* The centre of the largest ring, by area. */
  function centre(geometry) {
    const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]);
    let best = [0, 0, 0];
    for (const ring of rings) {
      let area = 0, x = 0, y = 0;
      for (let i = 0; i + 1 < ring.length; i++) { const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]; area += cross; x += (ring[i][0] + ring[i + 1][0]) * cross; y += (ring[i][1] + ring[i + 1][1]) * cross; }
      if (Math.abs(area) > Math.abs(best[2])) best = [x / (3 * area), y / (3 * area), area];
    }
    return best.slice(0, 2);
  }
  function register() {
    if (wall.mapReady) return;
    const geo = JSON.parse(JSON.stringify(wall.city.geo));
    for (const feature of geo.features) feature.properties.name = feature.properties.code;
    echarts.registerMap("city", geo);
    wall.mapReady = true;
    wall.centres = {};
    for (const feature of geo.features) wall.centres[feature.properties.code] = centre(feature.geometry);
    wall.codes = geo.features.map((feature) => feature.properties.code);
  }
  const layer = (top, extra) => ({ map: "city", aspectScale: 0.77, roam: false, silent: true, left: "center", top: 40 + top, bottom: 26 - top, label: { show: false }, emphasis: { disabled: true }, ...extra });

  wall.kind("map", {
    mount(body) {
      register();
      const node = el("div", "chart"), points = el("div", "points"), scale = el("div", "scale"), key = el("div", "map-key");
      const ends = el("div"); ends.append(el("span", "", "0"), el("span")); scale.append(el("span", "", wall.t("mapScale")), el("u"), ends);
      const labels = el("div", "points"), plates = {};
      for (const code of wall.codes) { const plate = el("div", "plate"); plate.append(el("span"), el("b")); labels.append(plate); plates[code] = plate; }
      body.append(node, points, labels, scale, key);
      const chart = wall.chart(node, { geo: [
        layer(16, { z: 1, itemStyle: { areaColor: "#061a40", borderColor: "#0d3a86", borderWidth: 1, shadowColor: "rgba(30,120,255,.55)", shadowBlur: 36 } }),
        layer(8, { z: 2, itemStyle: { areaColor: "#0a2a63", borderColor: "#1450aa", borderWidth: 1 } }),
        layer(0, { z: 3, id: "top", itemStyle: { areaColor: "#0e2f6e", borderColor: "#7fe9ff", borderWidth: 1.6 } }),
      ] });
      return { chart, points, key, plates, top: ends.lastChild, state: "", shown: new Map() };
    },
    draw(tools, data, body, at) {
      const counts = wall.codes.map((code) => data.areas[code] || 0), most = Math.max(...counts, 1);
      const state = JSON.stringify([counts, document.documentElement.lang]);
      set(tools.top, wall.short(most)); set(tools.key, wall.t("mapKey") + (data.unplaced ? " · " + wall.t("unplaced", { n: wall.short(data.unplaced) }) : ""));
      if (state === tools.state || (tools.drawnAt && at - tools.drawnAt < 1900)) return;
      tools.state = state; tools.drawnAt = at;
      const regions = wall.codes.map((code, index) => ({ name: code, itemStyle: { areaColor: colour(counts[index] / most) } }));
      wall.codes.forEach(function (code, index) {
        const plate = tools.plates[code], at = tools.chart.convertToPixel({ geoIndex: 2 }, wall.centres[code]);
        set(plate.firstChild, wall.title("areas", code)); set(plate.lastChild, wall.short(counts[index]));
        plate.style.left = at[0] + "px"; plate.style.top = at[1] + "px";
      });
      tools.chart.setOption({ geo: [{}, {}, { regions }] });
    },
    pulse(tools, pulse) {
      if (!pulse.list) return;
      let rings = 0;
      for (const event of pulse.list.slice().reverse()) {
        if (event.lon === null || event.lat === null || tools.shown.has(event.id)) continue;
        const at = tools.chart.convertToPixel({ geoIndex: 2 }, [event.lon, event.lat]);
        if (!at || !isFinite(at[0])) continue;
        const fresh = tools.shown.size > 0 && pulse.at - event.received < NEW_MS && rings++ < RINGS;
        const point = el("div", "point sev" + event.severity + (fresh ? " new" : ""));
        point.append(el("i", "", wall.SHAPES[event.severity])); point.style.left = at[0] + "px"; point.style.top = at[1] + "px";
        tools.points.append(point); tools.shown.set(event.id, point);
      }
      for (const [id, point] of tools.shown) { if (tools.shown.size <= KEPT) break; point.remove(); tools.shown.delete(id); }
    },
  });
})(window.wall);
