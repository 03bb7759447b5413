/** Where the open alert is, with the other open alerts of its district. */
import { makeChart } from "../shared/chart.js";
import { city, registerMap, titleOf } from "../shared/city.js";
import { middleOf } from "../shared/geometry.js";
import { scaled } from "./alert_chart.js";
import { COLOURS } from "./words.js";
/** @import { AlertRow } from "../shared/types.d.ts" */

const MAP = "desk-city", DISTRICT_DIGITS = 6, MOST_NEAR = 400;

function baseOptions() {
  return {
    geo: {
      map: MAP,
      aspectScale: 0.77,
      roam: true,
      scaleLimit: { min: 1, max: 30 },
      top: 8,
      bottom: 8,
      label: {
        show: true,
        color: "#a9c6f5",
        fontSize: scaled(11.5),
        formatter: (/** @type {{name: string}} */ region) => titleOf("areas", region.name),
      },
      emphasis: { disabled: true },
      itemStyle: { areaColor: "#0d2f6c", borderColor: "#5fb4ea", borderWidth: 1 },
    },
  };
}

/**
 * Whether the exact place of an alert is known.
 * @param {AlertRow} alert
 * @returns {alert is AlertRow & {lon: number, lat: number}}
 */
export const isPlaced = (alert) => alert.lon != null && alert.lat != null;

/**
 * The other open alerts of the district, those of the same incident clearer.
 * @param {AlertRow} alert
 * @param {Iterable<AlertRow>} rows that are open
 */
export function nearAlerts(alert, rows) {
  const district = alert.area.slice(0, DISTRICT_DIGITS), near = [];
  for (const other of rows) {
    if (near.length >= MOST_NEAR) break;
    if (other.id === alert.id || other.lon === null) continue;
    if (other.area.slice(0, DISTRICT_DIGITS) !== district) continue;
    const same = other.incident && other.incident === alert.incident;
    const itemStyle = { color: COLOURS[other.level], opacity: same ? 1 : 0.28 };
    near.push({ value: [other.lon, other.lat], itemStyle });
  }
  return near;
}

/**
 * @param {string} id of the series
 * @param {number} size of its points
 * @param {unknown[]} data of it
 * @param {Record<string, unknown>} [look] of it
 */
const points = (id, size, data, look) => ({
  id,
  type: "scatter",
  coordinateSystem: "geo",
  symbolSize: scaled(size),
  silent: true,
  data,
  ...look,
});

/** The map of one detail view. */
export class AlertMap {
  /** @param {HTMLElement} canvas that it fills */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {any} */
    this.chart = null;
    this.key = "";
  }

  /**
   * @param {AlertRow} alert to show
   * @param {Iterable<AlertRow>} rows that are open
   */
  draw(alert, rows) {
    const key = [alert.id, alert.lon, alert.lat, alert.area, alert.level].join();
    if (key === this.key) return;
    this.key = key;
    if (!this.chart || this.chart.isDisposed()) {
      registerMap(MAP);
      this.chart = makeChart(this.canvas, baseOptions());
    }
    const district = (alert.area || "").slice(0, DISTRICT_DIGITS), placed = isPlaced(alert);
    const here = placed ? [[alert.lon, alert.lat]] : [], colour = COLOURS[alert.level];
    const middle = placed ? here[0] : middleOf(city().geo.features, district);
    const areaColor = placed ? "#154494" : "#2a63c4";
    this.chart.setOption({
      geo: {
        center: middle,
        zoom: placed ? 2.6 : 1.4,
        regions: [{ name: district, itemStyle: { areaColor } }],
      },
      series: [
        points("near", 5, nearAlerts(alert, rows)),
        points("ring", 34, here, {
          z: 4,
          itemStyle: { color: "transparent", borderColor: colour, borderWidth: 2 },
        }),
        points("here", 14, here, {
          z: 5,
          itemStyle: { color: colour, borderColor: "#fff", borderWidth: 2 },
        }),
      ],
    });
  }

  /**
   * Show all open alerts, those that wait clearer.
   * @param {Iterable<AlertRow>} rows that are open
   */
  drawAll(rows) {
    const placed = Array.from(rows).filter((row) => row.open && isPlaced(row)).slice(0, MOST_NEAR);
    const key = placed.map((row) => row.id + row.level + row.waits).join();
    if (this.chart && key === this.key) return;
    this.key = key;
    if (!this.chart || this.chart.isDisposed()) {
      registerMap(MAP);
      this.chart = makeChart(this.canvas, baseOptions());
    }
    const data = placed.map(({ lon, lat, level, waits }) => ({
      value: [lon, lat],
      itemStyle: { color: COLOURS[level], opacity: waits ? 1 : 0.4 },
    }));
    this.chart.setOption({ series: [points("near", 9, data)] });
  }

  /** Take the map away. */
  dispose() {
    this.chart?.dispose();
    this.chart = null;
    this.key = "";
  }
}
