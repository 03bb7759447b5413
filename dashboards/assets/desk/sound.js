/**
 * The sound of a red alert: rising tones, again until somebody acknowledges. Made, not loaded. What
 * is replayed, simulated or a drill has a single low tone, and none beside what is live.
 */
import { one, setText } from "../shared/dom.js";
import { ringingOf } from "./alert_list.js";
import { deskWord } from "./words.js";
/** @import { AlertRow } from "../shared/types.d.ts" */

const EVERY_MS = 30000, KEPT = "desk-muted";
const PITCHES = [660, 880, 1175],
  TEST_PITCHES = [440],
  TONE_S = 0.2,
  STEP_S = 0.22,
  TURN_S = 0.85,
  TURNS = 2;

/** The sound of one desk. */
export class AlertSound {
  /** @param {{rows: Map<string, AlertRow>}} list whose red alerts ring */
  constructor(list) {
    this.list = list;
    /** @type {AudioContext | null} made with the first key or click: browsers want that */
    this.context = null;
    this.rungAt = -Infinity;
    this.isMuted = localStorage.getItem(KEPT) === "1";
    /** @type {Set<string>} alerts that have rung */
    this.heard = new Set();
    /** How often it rang. */
    this.rings = 0;
    /** What the person should know of the sound, for the band; "" for nothing. */
    this.hint = "";
  }

  /** Whether the browser lets the page sound not yet. */
  get isLocked() {
    return this.context?.state !== "running";
  }

  /** Take a key or a click as leave to sound. */
  unlock() {
    try {
      this.context ??= new AudioContext();
      if (this.context.state === "suspended") {
        this.context.resume().then(() => this.show(), () => {});
      }
    } catch {
      /* a machine without sound */
    }
  }

  /** Ring where a red alert waits; called with every change and every second. */
  update() {
    const waiting = this.#reds(), fresh = waiting.some((id) => !this.heard.has(id));
    const due = fresh || performance.now() - this.rungAt > EVERY_MS;
    if (waiting.length && !this.isMuted && !this.isLocked && due) {
      this.#ring();
      for (const id of waiting) this.heard.add(id);
    }
    this.show();
  }

  /** Mute this browser, or not any more. */
  toggle() {
    this.isMuted = !this.isMuted;
    localStorage.setItem(KEPT, this.isMuted ? "1" : "0");
    this.update();
  }

  /** Show how it is with the sound. */
  show() {
    const tool = one('[data-tool="sound"]'), waiting = this.#reds().length;
    const isLocked = !this.isMuted && this.isLocked, locked = isLocked ? deskWord("locked") : "";
    tool.classList.toggle("off", this.isMuted);
    tool.classList.toggle("warn", isLocked);
    const notes = waiting ? "♪ " + waiting : "♪";
    const badge = this.isMuted ? deskWord("soundOff") : isLocked ? "?" : notes;
    setText(one(".dk-badge", tool), badge);
    tool.title = locked;
    const ringing = waiting ? " · " + deskWord("ringing", { n: waiting }) : "";
    this.hint = isLocked ? locked + ringing : "";
  }

  #reds() {
    return ringingOf(this.list.rows.values()).map((row) => row.id);
  }

  /** Whether what rings is no more than a test or a drill. */
  get #isTest() {
    return ringingOf(this.list.rows.values()).every((row) => row.rank > 0);
  }

  #ring() {
    const context = this.context;
    if (!context) return;
    this.rings += 1;
    this.rungAt = performance.now();
    const start = context.currentTime + 0.03, test = this.#isTest;
    for (let turn = 0; turn < (test ? 1 : TURNS); turn++) {
      for (const [index, pitch] of (test ? TEST_PITCHES : PITCHES).entries()) {
        playTone(context, start + turn * TURN_S + index * STEP_S, pitch);
      }
    }
  }
}

/**
 * @param {AudioContext} context
 * @param {number} at seconds of the context's clock
 * @param {number} pitch in Hz
 */
function playTone(context, at, pitch) {
  const swing = context.createOscillator(), volume = context.createGain();
  swing.type = "triangle";
  swing.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.5, at + 0.02);
  volume.gain.setValueAtTime(0.5, at + TONE_S - 0.05);
  volume.gain.linearRampToValueAtTime(0, at + TONE_S);
  swing.connect(volume);
  volume.connect(context.destination);
  swing.start(at);
  swing.stop(at + TONE_S);
}
