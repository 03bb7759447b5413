/** Where the districts lie on a map of some size. */
import { registerMap } from "../shared/city.js";
import { centreOf } from "../shared/geometry.js";
/** @import { Geometry } from "../shared/types.d.ts" */

/** The name of the map, and by how much longitude is narrowed at the city's latitude. */
export const MAP = "city", ASPECT = 0.77;
const DEPTHS = [16, 8, 0], ABOVE = 40, BELOW = 26, BESIDE = 46;

/** Districts do not change while a page lives. */
let districts =
  /** @type {{centres: Map<string, [number, number]>, shape: number} | null} */ (null);

/** The centres of the districts, and how wide the city is for its height. */
export function knownDistricts() {
  if (districts) return districts;
  const features = registerMap(MAP);
  const spots = features.flatMap(({ geometry }) => spotsOf(geometry));
  const [wide, high] = [0, 1].map((axis) => {
    const all = spots.map((spot) => spot[axis]);
    return Math.max(...all) - Math.min(...all);
  });
  const centres = features.map((
    { properties, geometry },
  ) => /** @type {[string, [number, number]]} */ ([properties.code, centreOf(geometry)]));
  districts = { centres: new Map(centres), shape: high ? wide * ASPECT / high : 1 };
  return districts;
}

/** @param {Geometry} geometry of a district */
const spotsOf = ({ type, coordinates }) =>
  type === "Polygon" ? coordinates.flat() : coordinates.flat(2);

/**
 * Where the layers lie: as large as height and width allow, with room for plates on both sides.
 * @param {number} width of the chart
 * @param {number} height of it
 * @param {number} shape of the city: its width for its height
 */
export function layoutOf(width, height, shape) {
  const high = height - ABOVE - BELOW, fits = Math.min(high, (width - 2 * BESIDE) / shape);
  const middle = ABOVE + high / 2, size = Math.max(1, fits) * Math.max(1, shape);
  return DEPTHS.map((down) => ({ layoutCenter: ["50%", middle + down], layoutSize: size }));
}
