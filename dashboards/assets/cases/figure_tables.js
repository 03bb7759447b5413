/** The tables of the panel of figures; every number in them is a button. */
import { box, element } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { whole } from "../shared/numbers.js";
import { badness, comparison, figureWord, numberWords, timeWords } from "./figure_words.js";
/** @import { FigureGroup, FigureKind, FigureNumber, Figures } from "../shared/types.d.ts" */

/**
 * @typedef {object} Behind which cases are behind a number
 * @property {string} [figure] name of it
 * @property {string} [part] all, hits or rest
 * @property {string} [by] how groups are made
 * @property {string} [group] one of them
 * @property {string} [stage] whose times they are, instead of a figure
 * @property {string} words of it, for the heading of the list
 */
/** @typedef {(behind: Behind) => void} Opening called to show the cases behind a number */

/**
 * @param {string} words of the number
 * @param {() => void} onClick
 */
function numberButton(words, onClick) {
  const button = element("button", "fg-number", words);
  button.onclick = onClick;
  return button;
}

/**
 * @param {FigureKind} kind of the figure
 * @param {FigureNumber} number of it
 */
function comparisonNode(kind, number) {
  const { text, tone, title } = comparison(kind, number);
  const node = element("em", "fg-" + tone, text);
  node.title = title;
  return node;
}

/**
 * The figures of all cases together, one tile each.
 * @param {Figures} told by the server
 * @param {Opening} open
 */
export function figureTiles({ kinds, total }, open) {
  const tiles = kinds.map((kind) => {
    const number = total[kind.id], title = pick(kind.title), tile = box("fg-tile");
    tile.title = pick(kind.told);
    const hits = { figure: kind.id, part: "hits", words: title };
    const value = numberButton(numberWords(kind, number), () => open(hits));
    tile.append(element("h4", "", title), value, comparisonNode(kind, number));
    if (!kind.rate) return tile;
    const line = box("fg-of");
    line.append(whole(number.counts) + " / ");
    const all = { figure: kind.id, part: "all", words: title + " · " + figureWord("all") };
    line.append(numberButton(whole(number.about), () => open(all)));
    const rest = number.about - number.counts, words = figureWord("rest", { n: whole(rest) });
    if (rest && kind.better === "more") {
      const others = { figure: kind.id, part: "rest", words: title + " · " + words };
      line.append(" · ", numberButton(words, () => open(others)));
    }
    if (number.mean != null) {
      line.append(" · " + figureWord("mean", { n: number.mean.toFixed(2) }));
    }
    tile.append(line);
    return tile;
  });
  return box("fg-tiles", ...tiles);
}

/**
 * The figures by group, worst first.
 * @param {Figures} told by the server
 * @param {string} by how the groups are made
 * @param {string} worst by which figure
 * @param {Opening} open
 * @param {(figure: string) => void} order called with the figure of a heading
 */
export function groupTable(told, by, worst, open, order) {
  const { kinds } = told, table = element("table", "fg-table"), head = table.createTHead();
  const heading = head.insertRow(), sorted = kinds.find(({ id }) => id === worst) || kinds[0];
  heading.append(element("th", "", figureWord("group")));
  for (const kind of kinds) {
    const cell = element("th", kind === sorted ? "on" : ""), button = element("button", "");
    button.textContent = pick(kind.title);
    button.title = pick(kind.told) + " · " + figureWord("worst");
    button.onclick = () => order(kind.id);
    cell.append(button);
    heading.append(cell);
  }
  const groups = told.groups.slice().sort((one, other) =>
    badness(sorted, other.figures[sorted.id]) - badness(sorted, one.figures[sorted.id]) ||
    other.figures[sorted.id].about - one.figures[sorted.id].about
  );
  const body = table.createTBody();
  for (const group of groups) body.append(groupLine(group, kinds, by, open));
  return table;
}

/**
 * @param {FigureGroup} group of cases
 * @param {FigureKind[]} kinds of figures
 * @param {string} by how groups are made
 * @param {Opening} open
 */
function groupLine(group, kinds, by, open) {
  const line = element("tr"), name = pick(group.title);
  line.append(element("th", "", name));
  for (const kind of kinds) {
    const number = group.figures[kind.id], cell = element("td");
    const words = name + " · " + pick(kind.title);
    const behind = { figure: kind.id, part: "hits", by, group: group.id, words };
    if (number.about) {
      cell.append(numberButton(numberWords(kind, number), () => open(behind)));
      cell.append(comparisonNode(kind, number));
    } else cell.append(element("span", "fg-nothing", "–"));
    line.append(cell);
  }
  return line;
}

/**
 * How long cases were in each stage.
 * @param {Figures} told by the server
 * @param {Opening} open
 */
export function stageTable({ stages }, open) {
  const table = element("table", "fg-table"), heading = table.createTHead().insertRow();
  for (const key of ["stage", "cases", "median", "p90"]) {
    heading.append(element("th", "", figureWord(key)));
  }
  const body = table.createTBody();
  for (const { id, title, cases, median, p90, before } of stages) {
    const line = body.insertRow(), count = element("td"), words = pick(title);
    count.append(numberButton(whole(cases), () => open({ stage: id, words })));
    count.append(element("em", "fg-flat", figureWord("was", { what: before?.cases ?? 0 })));
    line.append(element("th", "", words), count);
    for (const [now, then] of [[median, before?.median], [p90, before?.p90]]) {
      const cell = element("td", "", timeWords(now));
      cell.append(element("em", "fg-flat", figureWord("was", { what: timeWords(then) })));
      line.append(cell);
    }
  }
  return table;
}
