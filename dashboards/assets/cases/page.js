/** The case desk's page: its list comes while the page is still being put together. */
import { knowsCity, setCity } from "../shared/city.js";
import { startLanguage } from "../shared/language.js";
import { buildSkeleton } from "../shared/skeleton.js";
import { goToSignIn } from "../desks/address.js";
import { isDialogOpen } from "../desks/dialog.js";
import { LiveList } from "../desks/live_list.js";
import { Server } from "../desks/server.js";
import { CaseDeskPage } from "./case_desk.js";
import { caseMatcher, compareCases, newFilters } from "./case_list.js";
import { CaseSessionStore } from "./case_session.js";
import { caseWord } from "./case_words.js";
/** @import { CaseRow, PageStart } from "../shared/types.d.ts" */
/** @import { CaseFilters } from "./case_list.js" */

const AGAIN_MS = 2000;

/** @type {CaseDeskPage | null} until the page has its layout */
let desk = null;
let isSignedOut = false;
const session = new CaseSessionStore();
const server = new Server({ token: () => session.current?.csrf || "", onSignedOut: signOut });
const list = /** @type {LiveList<CaseRow, CaseFilters>} */ (new LiveList({
  path: "/cases/live",
  filters: newFilters(),
  matcher: caseMatcher(session, () => list.part > 0),
  compare: compareCases,
  face: (rows) => rows[0],
  showsClosed: (filters) => filters.closed,
  isGrouped: () => false,
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
  if (desk) desk.head.signOut();
  else if (!isSignedOut) goToSignIn();
  isSignedOut = true;
}

async function loadSession() {
  try {
    session.take(await server.ask("/cases/api/me"));
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
  buildSkeleton(skeleton.cases);
  desk = new CaseDeskPage({
    list,
    server,
    session,
    link: new URLSearchParams(location.search).get("case") || "",
  });
  await desk.begin();
  if (session.current) desk.afterSession();
}

/** What tests, measurements and whoever debugs may look at and do; nothing of ours uses it. */
globalThis.wall = {
  cases: {
    list,
    rows: list.rows,
    t: caseWord,
    items: () => list.items(),
    session: () => session.current,
    dialogOpen: isDialogOpen,
    opened: () => desk?.detail.id ?? "",
    openedData: () => desk?.detail.read ?? null,
    get figures() {
      return desk?.figures;
    },
  },
};

startLanguage();
list.connect();
loadSession();
