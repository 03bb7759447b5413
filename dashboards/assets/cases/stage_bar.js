/** The stages of a case's workflow, those behind it, the one that it is in, those to come. */
import { element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
/** @import { CaseFlow, CaseRow, Pair } from "../shared/types.d.ts" */

/**
 * The stages that the bar shows: the usual way, and whatever else the case went through. Of ends
 * the one that it reached, else the first.
 * @param {CaseFlow} flow of the case
 * @param {CaseRow} row of the case
 * @param {string[]} visited stages
 */
export function stagesShown(flow, row, visited) {
  const been = new Set([...visited, row.stage]), ends = flow.stages.filter(({ ends }) => ends);
  const end = ends.find(({ id }) => id === row.stage) || ends[0];
  const shown = flow.stages.filter(({ id, ends, aside }) =>
    ends ? id === end?.id : !aside || been.has(id)
  );
  const at = shown.findIndex(({ id }) => id === row.stage);
  return shown.map((stage, index) => ({
    ...stage,
    state: index === at ? "now" : index > at ? "ahead" : been.has(stage.id) ? "past" : "passed",
  }));
}

/**
 * What a stage is called where there is little room.
 * @param {Pair} title of the stage
 */
function shortTitle(title) {
  const words = pick(title).replace(/^(To be|Being) /, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Draw the bar.
 * @param {HTMLElement} bar to fill
 * @param {CaseFlow | undefined} flow of the case
 * @param {CaseRow} row of the case
 * @param {string[]} visited stages
 */
export function drawStages(bar, flow, row, visited) {
  const stages = flow ? stagesShown(flow, row, visited) : [];
  const nodes = stages.map(({ title, state }, index) => {
    const held = state === "now" && row.state !== row.stage ? " held" : "";
    const node = element("li", state + held);
    node.append(element("i", "", index + 1), element("span", "", shortTitle(title)));
    node.title = pick(title);
    if (state === "now") node.setAttribute("aria-current", "step");
    return node;
  });
  bar.replaceChildren(...nodes);
}
