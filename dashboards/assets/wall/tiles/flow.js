/** How the data flow: events a second, delay to the screen, stored and refused in all. */
import { box, element, setText } from "../../shared/dom.js";
import { rate, short, whole } from "../../shared/numbers.js";
import { wallWord } from "../words.js";
/** @import { Drawing } from "../../shared/types.d.ts" */

/**
 * @typedef {object} Data
 * @property {number} per_second events
 * @property {number | null} delay_ms from the door to the screen
 * @property {number} ever stored
 * @property {number | null} rejected in all
 */

/** @param {string} name of the figure */
function makeFigure(name) {
  const value = element("b"), unit = element("small");
  const node = box("figure", element("span", "", wallWord(name)), box("", value, unit));
  return { node, value, unit };
}

/** @typedef {ReturnType<typeof makeFigure>} Figure */

/** @type {Drawing<Record<"perSecond" | "delay" | "ever" | "rejected", Figure>, Data>} */
export const drawing = {
  mount(body) {
    const tools = {
      perSecond: makeFigure("perSecond"),
      delay: makeFigure("delay"),
      ever: makeFigure("ever"),
      rejected: makeFigure("rejected"),
    };
    body.append(box("figures", ...Object.values(tools).map((figure) => figure.node)));
    return tools;
  },
  draw(tools, data) {
    const { perSecond, delay, ever, rejected } = tools;
    setText(perSecond.value, rate(data.per_second));
    setText(perSecond.unit, wallWord("items"));
    setText(delay.value, data.delay_ms === null ? "–" : whole(data.delay_ms));
    setText(delay.unit, data.delay_ms === null ? "" : wallWord("ms"));
    setText(ever.value, short(data.ever));
    setText(rejected.value, data.rejected === null ? "–" : short(data.rejected));
  },
};
