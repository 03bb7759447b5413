/** The middle of outlines; pure. */
/** @import { Feature, Geometry } from "./types.d.ts" */

/**
 * The centre of the largest ring, by area.
 * @param {Geometry} geometry of a district
 * @returns {[number, number]} longitude, latitude
 */
export function centreOf(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let best = [0, 0, 0];
  for (const [ring] of polygons) {
    let area = 0, x = 0, y = 0;
    for (let index = 0; index + 1 < ring.length; index++) {
      const [west, south] = ring[index], [east, north] = ring[index + 1];
      const cross = west * north - east * south;
      area += cross;
      x += (west + east) * cross;
      y += (south + north) * cross;
    }
    if (Math.abs(area) > Math.abs(best[2])) best = [x / (3 * area), y / (3 * area), area];
  }
  return [best[0], best[1]];
}

/**
 * The middle of a district's corners; of all districts where there is none of that code.
 * @param {Feature[]} features of the map
 * @param {string} code of the district
 * @returns {[number, number]} longitude, latitude
 */
export function middleOf(features, code) {
  const own = features.filter((feature) => String(feature.properties.code) === code);
  let west = 180, east = -180, south = 90, north = -90;
  for (const { geometry } of own.length ? own : features) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const [lon, lat] of polygons.flat(2)) {
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
  }
  return [(west + east) / 2, (south + north) / 2];
}
