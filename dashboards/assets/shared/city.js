/** The city's names: titles, units and the map, which the page carries and all parts look up. */
import { isEnglish, pick } from "./language.js";
/** @import { CityNames, TitleTable } from "./types.d.ts" */

/** @type {Record<string, string | [string, string]>} */
const UNITS = {
  "ug/m3": "μg/m³",
  "mg/m3": "mg/m³",
  "m3/h": "m³/h",
  Cel: "°C",
  persons: ["人", ""],
  points: ["分", "pts"],
  min: ["分钟", "min"],
  s: ["秒", "s"],
  "veh/h": ["辆/时", "veh/h"],
  TPI: "",
  AQI: "",
  M: ["级", "M"],
};
const AREA_DIGITS = [6, 9, 12, 15];

/** @type {CityNames | null} Set once, when the page has its layout. */
let known = null;

/**
 * Take the names that the page carries.
 * @param {CityNames} names of the city
 */
export function setCity(names) {
  known = names;
}

/** Whether the names have come. */
export const knowsCity = () => known !== null;

/**
 * The city's names.
 * @returns {CityNames}
 * @throws {Error} where they are asked for before the page has its layout
 */
export function city() {
  if (!known) throw new Error("shared/city.js: no names yet; call setCity first");
  return known;
}

/**
 * The title of a record of the city; its bare id where the city does not know it.
 * @param {TitleTable} table of the record
 * @param {string} id of the record
 */
export function titleOf(table, id) {
  const title = city()[table][id];
  return title ? pick(title) : id;
}

/**
 * The unit of a kind's values, as people write it.
 * @param {string} kind of event
 */
export function unitOf(kind) {
  const unit = city().units[kind] || "";
  return unit in UNITS ? pick(UNITS[unit]) : unit;
}

/**
 * The names of the areas that a code lies in, largest first; the code where none is known.
 * @param {string} code of the area
 */
export function placeOf(code) {
  const parts = AREA_DIGITS.map((digits) => code.slice(0, digits))
    .filter((part, index) => part.length === AREA_DIGITS[index] && city().areas[part]);
  const names = parts.map((part) => titleOf("areas", part));
  return names.length ? names.join(isEnglish() ? ", " : "") : code;
}

/**
 * The map for the charts' library, which looks regions up by name: their code.
 * @param {string} name under which to register it
 */
export function registerMap(name) {
  const geo = structuredClone(city().geo);
  for (const feature of geo.features) feature.properties.name = String(feature.properties.code);
  echarts.registerMap(name, geo);
  return geo.features;
}
