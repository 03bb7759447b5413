/** One line of a history. */
import { element } from "../shared/dom.js";
import { date, time } from "../shared/times.js";

/**
 * When something happened, what, and what else is to be said of it.
 * @param {string} className of the line
 * @param {number} at instant
 * @param {string} bold words
 * @param {string} rest of the words
 */
export function stepLine(className, at, bold, rest) {
  const line = element("li", className), space = document.createTextNode(" ");
  line.append(element("time", "", time(at)), element("b", "", bold), space);
  line.append(element("em", "", rest));
  line.title = date(at) + " " + time(at);
  return line;
}
