/** The desk's page: its list comes while the page is still being put together. */
import { knowsCity, setCity } from "../shared/city.js";
import { startLanguage } from "../shared/language.js";
import { buildSkeleton } from "../shared/skeleton.js";
import { minute } from "../shared/times.js";
import { readActions } from "./actions.js";
import { alertMatcher, compareAlerts, faceOf, newFilters } from "./alert_list.js";
import { isDialogOpen } from "../desks/dialog.js";
import { DutyDesk } from "./duty_desk.js";
import { LiveList } from "../desks/live_list.js";
import { goToSignIn } from "../desks/address.js";
import { Server } from "../desks/server.js";
import { SessionStore } from "./session.js";
import { deskWord } from "./words.js";
/** @import { AlertRow, PageStart } from "../shared/types.d.ts" */
/** @import { AlertFilters } from "./alert_list.js" */

const AGAIN_MS = 2000;

/** @type {DutyDesk | null} until the page has its layout */
let desk = null;
let isSignedOut = false;
const session = new SessionStore();
const server = new Server({ token: () => session.current?.csrf || "", onSignedOut: signOut });
const list = /** @type {LiveList<AlertRow, AlertFilters>} */ (new LiveList({
  path: "/desk/live",
  filters: newFilters(),
  matcher: alertMatcher(session),
  compare: compareAlerts,
  face: faceOf,
  showsClosed: (filters) => filters.closed,
  isGrouped: (filters) => filters.grouped,
  onHear(message) {
    /* After a restart of the server the token of this session may be another. */
    if (message.type === "whole" && session.current) loadSession();
  },
  onChange: (message, changed, started) => desk?.afterChange(message, changed, started),
  onNewRelease: leave,
  onSignedOut: signOut,
}));

/** A page of another release is loaded anew, but not under the hands of somebody who writes. */
function leave() {
  if (desk && isDialogOpen()) return false;
  location.reload();
  return true;
}

function signOut() {
  if (desk) desk.state.signOut();
  else if (!isSignedOut) goToSignIn();
  isSignedOut = true;
}

async function loadSession() {
  try {
    session.take(await server.ask("/desk/api/me"));
    desk?.afterSession();
  } catch {
    if (!isSignedOut) setTimeout(loadSession, AGAIN_MS);
  }
}

/**
 * Begin, once the page has come.
 * @param {PageStart} given its skeleton, and what it looks up
 */
export async function begin({ skeleton, names }) {
  if (knowsCity()) return;
  setCity(names);
  buildSkeleton(skeleton.desk);
  readActions();
  desk = new DutyDesk({
    list,
    server,
    session,
    link: new URLSearchParams(location.search).get("alert") || "",
  });
  await desk.begin();
}

/** What tests, measurements and whoever debugs may look at and do; nothing of ours uses it. */
globalThis.wall = {
  minute,
  desk: {
    list,
    rows: list.rows,
    filters: list.filters,
    marked: list.marked,
    t: deskWord,
    items: () => list.items(),
    current: () => list.current(),
    closedCount: () => list.closed.length,
    session: () => session.current,
    dialogOpen: isDialogOpen,
    get waitsOf() {
      return list.waits;
    },
    get figures() {
      return desk?.figures;
    },
    get rings() {
      return desk?.sound.rings;
    },
    locked: () => desk?.sound.isLocked ?? true,
    opened: () => desk?.detail.id ?? "",
    openedData: () => desk?.detail.read ?? null,
    chart: () => desk?.detail.parts.chart.chart,
    measure: (/** @type {string} */ text) => desk?.measureWords(text),
    select: (/** @type {string} */ key) => desk?.view.select(key),
    showWaits: () => desk?.state.drawWaits(),
    command: (/** @type {string} */ action, /** @type {AlertRow[]} */ rows) =>
      desk?.commands.send(action, rows),
  },
};

startLanguage();
list.connect();
loadSession();
