/** What the desk's head says: how live the page is, the clock, who sits here, what waits. */
import { placeOf, titleOf } from "../shared/city.js";
import { alarmWords } from "../shared/alarm_path.js";
import { byId, element, one, setText } from "../shared/dom.js";
import { pick } from "../shared/language.js";
import { span, time } from "../shared/times.js";
import { sharedWord } from "../shared/words.js";
import { deskWord } from "./words.js";
/** @import { DutyDesk } from "./duty_desk.js" */

const OLD_S = 3, LOST_S = 5, LEAVE_MS = 2500;

/** The head of one desk. */
export class PageState {
  /** @param {DutyDesk} desk whose state it shows */
  constructor(desk) {
    this.desk = desk;
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
    this.drawWaits();
    this.drawBand();
  }

  /** Show who sits here, and for which part of the city. */
  drawUser() {
    const session = this.desk.session.current, node = byId("desk-user");
    node.replaceChildren();
    if (!session) return;
    node.append(element("b", "", session.title), " ", pick(session.role_title));
    const departments = session.departments.map((id) => titleOf("departments", id));
    const part = departments.concat(session.areas.map(placeOf)).join("、");
    if (part) node.append(element("i", "", " · " + part));
  }

  /** How many silences wait for this person: of others, and only where the role may approve. */
  drawWaits() {
    const { session, list } = this.desk, tool = one('[data-tool="silences"]');
    const mayApprove = session.current?.actions.includes("approve_silence");
    const ofOthers = (list.waits || []).filter((creator) => creator !== session.user);
    const count = mayApprove ? ofOthers.length : 0;
    setText(one(".dk-badge", tool), count ? deskWord("waitCount", { n: count }) : "");
    tool.classList.toggle("warn", count > 0);
    tool.title = count ? deskWord("waitForYou", { n: count }) : "";
  }

  /** Show how live the page is. */
  drawBand() {
    const { list, sound } = this.desk, band = byId("desk-band"), badge = byId("desk-age");
    const quiet = (performance.now() - (list.socket.heardAt || this.begunAt)) / 1000;
    const bad = this.#trouble(quiet), isOld = quiet > OLD_S;
    // The list is as of now where only the alarm's way is broken.
    const isAway = !!bad && bad !== alarmWords(list.alarm);
    document.documentElement.classList.toggle("dk-away", isAway);
    band.hidden = !bad && !sound.hint;
    band.className = bad ? "" : "hint";
    setText(band, bad || sound.hint);
    badge.classList.toggle("old", isAway || isOld);
    setText(badge, this.#badge(quiet, isAway));
    if (list.at) setText(byId("desk-clock"), time(isOld ? list.at : list.now()));
  }

  /**
   * What is wrong with the page, in words; "" for nothing.
   * @param {number} quiet seconds since anything came
   */
  #trouble(quiet) {
    const { outage, alarm } = this.desk.list;
    if (this.isSignedOut) return deskWord("signIn");
    if (quiet > LOST_S) return deskWord("lost", { s: span(quiet) });
    if (!outage) return alarmWords(alarm);
    return deskWord("storeLost", { t: outage.since ? time(outage.since) : "–" });
  }

  /**
   * @param {number} quiet seconds since anything came
   * @param {boolean} isAway whether the list is old
   */
  #badge(quiet, isAway) {
    const { at, outage } = this.desk.list;
    if (!at) return sharedWord("connecting");
    if (quiet > OLD_S) return sharedWord("frozen", { s: Math.floor(quiet) });
    if (!isAway) return "● " + sharedWord("liveNow");
    return sharedWord("frozen", { s: outage?.since ? Math.floor((at - outage.since) / 1000) : 0 });
  }
}

/** Go to sign in, and come back to this page. */
export function goToSignIn() {
  setTimeout(() => {
    location.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
  }, LEAVE_MS);
}
