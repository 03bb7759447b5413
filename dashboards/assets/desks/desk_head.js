/** What the head of every desk says: how live the page is, the clock, who sits here. */
import { alarmWords } from "../shared/alarm_path.js";
import { placeOf } from "../shared/city.js";
import { byId, element, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { span, time } from "../shared/times.js";
import { sharedWord } from "../shared/words.js";
import { goToSignIn } from "./address.js";
import { desksWord } from "./words.js";
/** @import { Outage, Pair, StandingProcess } from "../shared/types.d.ts" */

const OLD_S = 3, LOST_S = 5;

/**
 * What the head needs of a list.
 * @typedef {object} HeardList
 * @property {{heardAt: number}} socket
 * @property {Outage | null} outage
 * @property {StandingProcess[]} [alarm] who of those that make and send alarms stands
 * @property {number} at instant of the server
 * @property {() => number} now the server's clock
 */
/**
 * Who sits here.
 * @typedef {object} Sitter
 * @property {string} title
 * @property {Pair} role_title
 * @property {string[]} areas codes that it is limited to
 */

/** The head of one desk. */
export class DeskHead {
  /**
   * @param {object} options
   * @param {HeardList} options.list of the desk
   * @param {() => Sitter | null} options.sitter who sits here, once that is known
   * @param {(sitter: any) => string[]} options.unitsOf what that is limited to, by name
   * @param {() => string} [options.hint] something to do, where nothing is wrong; "" for nothing
   */
  constructor({ list, sitter, unitsOf, hint = () => "" }) {
    this.list = list;
    this.sitter = sitter;
    this.unitsOf = unitsOf;
    this.hint = hint;
    this.isSignedOut = false;
    this.begunAt = performance.now();
  }

  /** Say that the session is over, and go to sign in. */
  signOut() {
    if (this.isSignedOut) return;
    this.isSignedOut = true;
    this.drawBand();
    goToSignIn();
  }

  /** Draw all of it. */
  draw() {
    this.drawUser();
    this.drawBand();
  }

  /** Show who sits here, and for which part of the city. */
  drawUser() {
    const sitter = this.sitter(), node = byId("desk-user");
    node.replaceChildren();
    if (!sitter) return;
    node.append(element("b", "", sitter.title), " ", pick(sitter.role_title));
    const part = this.unitsOf(sitter).concat(sitter.areas.map(placeOf)).join("、");
    if (part) node.append(element("i", "", " · " + part));
  }

  /** Show how live the page is. */
  drawBand() {
    const { list } = this, band = byId("desk-band"), badge = byId("desk-age");
    const quiet = (performance.now() - (list.socket.heardAt || this.begunAt)) / 1000;
    const bad = this.#trouble(quiet), isOld = quiet > OLD_S, hint = this.hint();
    // The list is as of now where only the alarm's way is broken.
    const isAway = !!bad && bad !== alarmWords(list.alarm);
    document.documentElement.classList.toggle("dk-away", isAway);
    band.hidden = !bad && !hint;
    band.className = bad ? "" : "hint";
    setText(band, bad || hint);
    badge.classList.toggle("old", isAway || isOld);
    setText(badge, this.#badge(quiet, isAway));
    if (list.at) setText(byId("desk-clock"), time(isOld ? list.at : list.now()));
  }

  /**
   * What is wrong with the page, in words; "" for nothing.
   * @param {number} quiet seconds since anything came
   */
  #trouble(quiet) {
    const { outage, alarm } = this.list;
    if (this.isSignedOut) return desksWord("signIn");
    if (quiet > LOST_S) return desksWord("lost", { s: span(quiet) });
    if (!outage) return alarmWords(alarm);
    return desksWord("storeLost", { t: outage.since ? time(outage.since) : "–" });
  }

  /**
   * @param {number} quiet seconds since anything came
   * @param {boolean} isAway whether the list is old
   */
  #badge(quiet, isAway) {
    const { at, outage } = this.list;
    if (!at) return sharedWord("connecting");
    if (quiet > OLD_S) return sharedWord("frozen", { s: Math.floor(quiet) });
    if (!isAway) return "● " + sharedWord("liveNow");
    return sharedWord("frozen", { s: outage?.since ? Math.floor((at - outage.since) / 1000) : 0 });
  }
}
