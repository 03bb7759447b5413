/** The wall's page. Dash brings its start, snapshots and pulses; `start.js` hands them over. */
import { showAccount } from "../access/account.js";
import { city, knowsCity, setCity } from "../shared/city.js";
import { all, byId } from "../shared/dom.js";
import { changeLanguage, startLanguage } from "../shared/language.js";
import { LiveSocket } from "../shared/live_socket.js";
import { buildSkeleton } from "../shared/skeleton.js";
import { time } from "../shared/times.js";
import { Drawings } from "./drawings.js";
import { Screens } from "./screens.js";
import { fitStage } from "./stage.js";
/** @import { CityNames, PageStart, Pulse, Snapshot } from "../shared/types.d.ts" */

const FONT_MS = 1000, RESIZED_MS = 120, CLOCK_MS = 500, LOOK_MS = 15000, FIRST_WAIT_MS = 500;
const NO_LAYOUT_MS = 20000, NIGHT_HOUR = "04", LONG_MS = 20 * 3600 * 1000;
const FONTS = ["600 16px 'Noto Sans SC Variable'", "16px 'Noto Sans SC Variable'"];

const started = performance.now();
const drawings = new Drawings();
const socket = new LiveSocket({
  onMessage: hear,
  onSignedOut: () => location.reload(), // the server leads to sign-in
  firstWaitMs: FIRST_WAIT_MS,
});
const screens = new Screens({
  drawings,
  onShow: (name) => socket.follow("/live/" + name),
});
let boot = "";

/** @param {Snapshot} message of the socket */
function hear(message) {
  if (boot && boot !== message.boot) {
    location.reload();
    return;
  }
  boot = message.boot;
  try {
    dash_clientside.set_props?.(message.type, { data: message });
  } catch {
    /* the page is not mounted yet; the next message is due in a moment */
  }
}

/**
 * Begin, once the page has come.
 * @param {PageStart} given its skeleton, and what it looks up
 */
export async function begin({ skeleton, names }) {
  if (knowsCity()) return;
  setCity(names);
  buildSkeleton(skeleton.wall);
  let hasLetters = false;
  const letters = loadFonts(names).then(() => {
    hasLetters = true;
  });
  socket.follow("/live/" + fromPath()); // numbers come while drawings and letters load
  const patience = new Promise((done) => setTimeout(done, FONT_MS));
  await Promise.all([Promise.race([letters, patience]), drawings.load(kindsOnPage())]);
  byId("language").onclick = speakOther;
  for (const link of all(".nav")) {
    link.onclick = (event) => {
      event.preventDefault();
      screens.show(link.dataset.goto || "");
    };
  }
  fitStage();
  screens.show(fromPath());
  byId("stage").classList.add("ready");
  if (hasLetters) return;
  await letters;
  screens.rebuild();
}

/** @param {Snapshot} data of the screen that is shown */
export const snapshot = (data) => screens.takeSnapshot(data);

/** @param {Pulse} data of the screen that is shown */
export const pulse = (data) => screens.takePulse(data);

const kindsOnPage = () => new Set(all("[data-kind]").map((tile) => tile.dataset.kind || ""));

function fromPath() {
  const name = location.pathname.slice(1);
  return city().screens[name] ? name : Object.keys(city().screens)[0];
}

function speakOther() {
  changeLanguage();
  screens.rebuild();
}

/** @param {CityNames} given whose letters the charts need; they do not draw again for a font */
async function loadFonts(given) {
  const titles = JSON.stringify([given.areas, given.kinds, given.departments, given.heading]);
  const text = titles + document.body.textContent + "0123456789●▲◆■○✓ⅠⅡⅢⅣ";
  try {
    await Promise.all(FONTS.map((font) => document.fonts.load(font, text)));
  } catch {
    /* charts fall back to another font */
  }
}

/** @param {KeyboardEvent} event of the whole page */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || !knowsCity()) return;
  const wanted = event.key === " " ? undefined : Object.keys(city().screens)[Number(event.key) - 1];
  const key = event.key.toLowerCase();
  if (wanted) screens.show(wanted);
  else if (key === "l") speakOther();
  else if (key === "f") document.documentElement.requestFullscreen?.();
}

/** Load the page again where it never got its layout, or has run for a day; if we may. */
function lookAfterPage() {
  const age = performance.now() - started, at = screens.snapshotAt;
  const old = knowsCity() && at && age > LONG_MS && time(at).startsWith(NIGHT_HOUR);
  if (!old && (knowsCity() || age <= NO_LAYOUT_MS)) return;
  fetch("/healthz", { cache: "no-store" }).then((answer) => {
    if (answer.ok) location.reload();
  }).catch(() => {});
}

startLanguage();
document.addEventListener("keydown", onKey);
globalThis.addEventListener("popstate", () => screens.show(fromPath()));
let later = 0;
globalThis.addEventListener("resize", () => {
  clearTimeout(later);
  later = setTimeout(() => {
    fitStage();
    screens.rebuild();
  }, RESIZED_MS);
});
setInterval(() => screens.showClock(), CLOCK_MS);
setInterval(lookAfterPage, LOOK_MS);
showAccount();
