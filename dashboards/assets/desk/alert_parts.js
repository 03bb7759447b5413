/** The elements of the right side, which shows the open alert; `alert_detail.js` fills them. */
import { box, byId, element } from "../shared/dom.js";
import { rounded } from "../shared/numbers.js";
import { backButton, makeCard } from "../desks/cards.js";
import { ActionBar } from "./action_bar.js";
import { AlertChart } from "./alert_chart.js";
import { CaseLine } from "./case_line.js";
import { IdleSide } from "./idle_side.js";
import { OpenQuestion } from "./open_question.js";
import { PlaceMap } from "../desks/place_map.js";
import { ALERT_LOOK } from "./alert_list.js";
import { deskWord } from "./words.js";
/** @import { Evidence } from "../shared/types.d.ts" */
/** @import { DutyDesk } from "./duty_desk.js" */

/**
 * The elements of the right side; made anew for another language or size.
 * @param {DutyDesk} desk
 */
export function makeParts(desk) {
  const back = backButton(deskWord("back"));
  const numeral = element("span"), level = element("small"), heading = element("h2");
  const meta = box("meta"), tags = box("tags");
  const title = box("dk-title", box("lv", numeral, level), box("", heading, meta), tags);
  const summary = box("dk-sum"), bar = new ActionBar(desk), question = new OpenQuestion(desk);
  const caseLine = new CaseLine();
  const chart = new AlertChart();
  const numbers = box("dk-numbers"), words = box("dk-words");
  const evidence = makeCard(deskWord("evidence"), " tall"),
    place = makeCard(deskWord("map"), " tall");
  evidence.body.before(numbers, words);
  evidence.body.append(chart.canvas, chart.none);
  const canvas = box("dk-map"), noPlace = box("dk-none", deskWord("noPlace"));
  place.body.append(canvas, noPlace);
  const history = makeCard(deskWord("history")), steps = element("ul", "dk-steps");
  history.body.className = "dk-scroll";
  history.body.append(steps);
  const why = makeCard(deskWord("why")),
    whyLines = element("div"),
    response = makeCard(deskWord("response"));
  why.node.id = "desk-why";
  why.body.className = "dk-scroll";
  why.body.tabIndex = 0;
  why.body.append(whyLines);
  response.body.className = "dk-scroll dk-resp";
  const events = makeCard(deskWord("eventsBehind")), eventLines = element("ul", "dk-steps");
  events.body.className = "dk-scroll";
  events.body.append(eventLines);
  const last = box("dk-stack", response.node, events.node);
  const half = box("dk-half", history.node, why.node, last);
  const grid = box("dk-grid", evidence.node, place.node, half);
  const some = [title, summary, caseLine.node, question.node, bar.node, grid],
    idle = new IdleSide(desk),
    none = idle.node;
  byId("desk-detail").replaceChildren(back, ...some, none);
  return {
    some,
    none,
    idle,
    title,
    numeral,
    level,
    heading,
    meta,
    tags,
    summary,
    bar,
    question,
    caseLine,
    evidence,
    numbers,
    words,
    chart,
    place,
    noPlace,
    map: new PlaceMap(canvas, ALERT_LOOK),
    history,
    steps,
    whyLines,
    response,
    events,
    eventLines,
  };
}

/**
 * The numbers of the evidence, in words.
 * @param {Evidence} evidence of the alert
 */
export function numbersOf(evidence) {
  const unit = evidence.unit ? " " + evidence.unit : "", nodes = [];
  for (const name of /** @type {const} */ (["value", "threshold", "clear"])) {
    if (evidence[name] === null) continue;
    const node = element("span", "", deskWord(name));
    node.append(element("b", name === "value" ? "hot" : "", rounded(evidence[name])), unit);
    nodes.push(node);
  }
  const count = evidence.events.length;
  if (count) nodes.push(element("span", "", deskWord("events", { n: count })));
  return nodes;
}
