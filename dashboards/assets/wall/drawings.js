/**
 * The drawings of tiles, found by name: a tile of kind `trend` is drawn by `tiles/trend.js`.
 * Each exports `drawing`; see `Drawing` in `shared/types.d.ts`.
 */
import { element } from "../shared/dom.js";
/** @import { Drawing } from "../shared/types.d.ts" */

/** The drawings of the kinds that a page shows. */
export class Drawings {
  constructor() {
    /** @type {Map<string, Drawing<any, any>>} */
    this.found = new Map();
  }

  /**
   * Load the drawings of these kinds. One that fails leaves its tiles with a word that says so.
   * @param {Iterable<string>} kinds of tiles
   */
  async load(kinds) {
    await Promise.all(Array.from(kinds, (kind) => this.#loadOne(kind)));
  }

  /** @param {string} kind of tile */
  async #loadOne(kind) {
    try {
      const { drawing } = await import(`./tiles/${kind}.js`);
      if (!drawing) throw new Error("it must export 'drawing'");
      this.found.set(kind, drawing);
    } catch (error) {
      console.error(`wall/tiles/${kind}.js: ${error}`);
    }
  }

  /**
   * The drawing of a kind.
   * @param {string} kind of tile
   */
  of(kind) {
    return this.found.get(kind) || missing(kind);
  }
}

/**
 * @param {string} kind of tile
 * @returns {Drawing<null, unknown>}
 */
function missing(kind) {
  return {
    mount(body) {
      body.append(element("div", "empty", `wall/tiles/${kind}.js?`));
      return null;
    },
    draw() {},
  };
}
