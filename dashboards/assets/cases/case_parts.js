/** The elements of the right side, which shows the open case; `case_detail.js` fills them. */
import { titleOf } from "../shared/city.js";
import { box, byId, element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { date, minute } from "../shared/times.js";
import { backButton, makeCard } from "../desks/cards.js";
import { PlaceMap } from "../desks/place_map.js";
import { CaseBar } from "./case_bar.js";
import { openSheet } from "./case_export.js";
import { CASE_LOOK } from "./case_list.js";
import { caseWord } from "./case_words.js";
import { MyTasks } from "./my_tasks.js";
/** @import { CaseDetails } from "../shared/types.d.ts" */
/** @import { CaseDeskPage } from "./case_desk.js" */
/** @import { CaseSessionStore } from "./case_session.js" */

/**
 * The elements of the right side; made anew for another language or size.
 * @param {CaseDeskPage} desk
 */
export function makeParts(desk) {
  const level = element("span"), heading = element("h2"), meta = box("meta"), tags = box("tags");
  const title = box("dk-title", box("lv", level), box("", heading, meta), tags);
  const stages = element("ol", "cs-stages"), asks = box("dk-asks"), bar = new CaseBar(desk);
  const alerts = box("dk-case");
  alerts.hidden = true;
  const clock = box("cs-clock"), text = makeCard(caseWord("text")), facts = box("cs-facts");
  const said = element("p", "cs-text");
  text.body.className = "dk-scroll";
  text.body.append(said, facts);
  const paper = element("button", "cs-paper", caseWord("sheet"));
  paper.onclick = () => openSheet(desk);
  text.note.after(paper);
  const history = makeCard(caseWord("timeline"), " cs-history"), steps = element("ul", "dk-steps");
  history.body.className = "dk-scroll";
  history.body.append(steps);
  const joint = makeCard(caseWord("joint")), watch = makeCard(caseWord("supervision"));
  const files = makeCard(caseWord("files"));
  const links = makeCard(caseWord("links")), alike = makeCard(caseWord("alike"));
  for (const card of [files, joint, watch, links, alike]) card.body.className = "dk-scroll";
  const place = makeCard(caseWord("map"), " cs-place"), canvas = box("dk-map");
  const noPlace = box("dk-none", caseWord("noPlace"));
  place.body.append(canvas, noPlace);
  const beside = box(
    "cs-beside",
    clock,
    files.node,
    joint.node,
    watch.node,
    links.node,
    alike.node,
    place.node,
  );
  const main = box("cs-main", text.node, history.node), grid = box("cs-grid", main, beside);
  const some = [title, stages, alerts, asks, bar.node, grid], tasks = new MyTasks(desk);
  byId("desk-detail").replaceChildren(backButton(caseWord("back")), ...some, tasks.node);
  return {
    ...{
      some,
      tasks,
      title,
      level,
      heading,
      meta,
      tags,
      stages,
      alerts,
      asks,
      bar,
      clock,
      said,
      facts,
    },
    ...{ history, steps, files, joint, watch, links, alike, place, noPlace },
    map: new PlaceMap(canvas, CASE_LOOK),
  };
}

/**
 * The facts of a case, below its text.
 * @param {CaseDetails["case"]} one that is open
 * @param {CaseSessionStore} session that knows what things are called
 * @returns {[string, string][]} the fact's name, and the fact
 */
export function factsOf(one, session) {
  const flow = session.flow(one.flow), conditions = flow?.conditions;
  /** @type {[string, string][]} */
  const facts = [
    [caseWord("kind"), titleOf("kinds", one.kind)],
    [caseWord("source"), session.name("sources", one.source)],
    [caseWord("workflow"), flow ? pick(flow.title) : one.flow],
  ];
  if (one.condition) {
    facts.splice(1, 0, [
      caseWord("condition"),
      pick(conditions?.[one.condition] || one.condition),
    ]);
  }
  for (const [system, id] of Object.entries(one.outside)) {
    facts.push([caseWord("outside"), system + " " + id]);
  }
  if (one.answer) facts.push([caseWord("answer"), one.answer]);
  if (one.rating) facts.push(["", caseWord("rating", { n: one.rating })]);
  for (const [index, leg] of one.legs_told.entries()) {
    if (one.legs_told.length < 2) break;
    const end = leg.closed ? " – " + date(leg.closed) + " " + minute(leg.closed) : "";
    const words = [date(leg.opened) + " " + minute(leg.opened) + end, leg.reason];
    facts.push([caseWord("leg", { n: index + 1 }), words.filter(Boolean).join(" · ")]);
  }
  return facts;
}
