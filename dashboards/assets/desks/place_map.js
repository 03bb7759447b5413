/** Where a record is, with the other open ones of its district; or where all open ones are. */
import { makeChart } from "../shared/chart.js";
import { city, registerMap, titleOf } from "../shared/city.js";
import { middleOf } from "../shared/geometry.js";
import { scaled } from "./fit.js";
import { COLOURS } from "./levels.js";
/** @import { PlacedRow } from "../shared/types.d.ts" */

const MAP = "desk-city", DISTRICT_DIGITS = 6, MOST_NEAR = 400;

/**
 * How records look on a map.
 * @template {PlacedRow} Row
 * @typedef {object} PlaceLook
 * @property {(row: Row) => number} levelOf rank of its colour, from 1
 * @property {(one: Row, other: Row) => boolean} belong whether another is shown as clear as it
 * @property {(row: Row) => boolean} isLoud whether it is shown clearer than others
 */

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
 * Whether the exact place of a record is known.
 * @template {PlacedRow} Row
 * @param {Row} row of the record
 * @returns {row is Row & {lon: number, lat: number}}
 */
export const isPlaced = (row) => row.lon != null && row.lat != null;

/**
 * The other open records of the district, those that belong together clearer.
 * @template {PlacedRow} Row
 * @param {Row} row of the record
 * @param {Iterable<Row>} rows that are open
 * @param {PlaceLook<Row>} look of them
 */
export function nearRows(row, rows, look) {
  const district = row.area.slice(0, DISTRICT_DIGITS), near = [];
  for (const other of rows) {
    if (near.length >= MOST_NEAR) break;
    if (other.id === row.id || !isPlaced(other)) continue;
    if (other.area.slice(0, DISTRICT_DIGITS) !== district) continue;
    const opacity = look.belong(row, other) ? 1 : 0.28;
    const itemStyle = { color: COLOURS[look.levelOf(other)], opacity };
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

/**
 * One map of a desk.
 * @template {PlacedRow} Row
 */
export class PlaceMap {
  /**
   * @param {HTMLElement} canvas that it fills
   * @param {PlaceLook<Row>} look of the records
   */
  constructor(canvas, look) {
    this.canvas = canvas;
    this.look = look;
    /** @type {any} */
    this.chart = null;
    this.key = "";
  }

  /**
   * @param {Row} row of the record to show
   * @param {Iterable<Row>} rows that are open
   */
  draw(row, rows) {
    const level = this.look.levelOf(row);
    const key = [row.id, row.lon, row.lat, row.area, level].join();
    if (key === this.key) return;
    this.key = key;
    this.#begin();
    const district = (row.area || "").slice(0, DISTRICT_DIGITS), placed = isPlaced(row);
    const here = placed ? [[row.lon, row.lat]] : [], colour = COLOURS[level];
    const middle = placed ? here[0] : middleOf(city().geo.features, district);
    const areaColor = placed ? "#154494" : "#2a63c4";
    this.chart.setOption({
      geo: {
        center: middle,
        zoom: placed ? 2.6 : 1.4,
        regions: [{ name: district, itemStyle: { areaColor } }],
      },
      series: [
        points("near", 5, nearRows(row, rows, this.look)),
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
   * Show all open records, the loud ones clearer.
   * @param {Iterable<Row>} rows that are open
   */
  drawAll(rows) {
    const { levelOf, isLoud } = this.look;
    const placed = Array.from(rows).filter(isPlaced).slice(0, MOST_NEAR);
    const key = placed.map((row) => [row.id, levelOf(row), isLoud(row)].join()).join(";");
    if (this.chart && key === this.key) return;
    this.key = key;
    this.#begin();
    const data = placed.map((row) => ({
      value: [row.lon, row.lat],
      itemStyle: { color: COLOURS[levelOf(row)], opacity: isLoud(row) ? 1 : 0.4 },
    }));
    this.chart.setOption({ series: [points("near", 9, data)] });
  }

  #begin() {
    if (this.chart && !this.chart.isDisposed()) return;
    registerMap(MAP);
    this.chart = makeChart(this.canvas, baseOptions());
  }

  /** Take the map away. */
  dispose() {
    this.chart?.dispose();
    this.chart = null;
    this.key = "";
  }
}
