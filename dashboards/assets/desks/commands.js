/** Commands, and the truth about what became of them: done, refused, or not known. */
import { isUnknown, wordsOf } from "./server.js";
import { takeBackToasts } from "./toasts.js";
/** @import { Bilingual, ListRow, Outcome } from "../shared/types.d.ts" */
/** @import { Server } from "./server.js" */

const UNSURE_MS = 6000, SHOW_MS = 12000, FIRST_ASK_MS = 900, AGAIN_MS = 1200, ONE_ASK_MS = 700;
const LONGEST_MS = 120000, MOST = 500;

/**
 * One action on some records, and what became of it for each.
 * @template {ListRow} [Row=ListRow]
 * @typedef {object} Batch
 * @property {string} action of it
 * @property {Row[]} rows that it is for
 * @property {Set<string>} done ids
 * @property {Map<string, Bilingual>} refused ids, with why
 * @property {Map<string, Bilingual>} unknown ids, with why
 * @property {boolean} told whether the person was told
 * @property {(batch: Batch<Row>) => void} tell the person
 */

/**
 * What a row shows of a command until its change comes back, never more than is known.
 * @typedef {object} SentMark
 * @property {string} what action
 * @property {number} at of performance.now()
 * @property {"sent" | "unsure" | "refused"} state
 * @property {number} version of the record that the person saw
 * @property {string} id of the command, "" until the server has it
 * @property {Bilingual} why it was refused, or is not known
 * @property {Batch<any>} batch that it belongs to
 */

/**
 * Sends commands on records, and follows them.
 * @template {ListRow} Row
 */
export class Commands {
  /**
   * @param {object} options
   * @param {Server} options.server to ask
   * @param {string} options.path of the desk's questions, with a slash at its end
   * @param {{rows: Map<string, Row>, marked: Set<string>}} options.list of the records
   * @param {(ids: string[]) => void} options.onChange called when what rows show has changed
   * @param {(action: string, row: Row) => string} options.actionOn what an action is called on a
   *   record
   * @param {(batch: Batch<Row>) => void} options.tell the person what became of a batch
   */
  constructor({ server, path, list, onChange, actionOn, tell }) {
    this.server = server;
    this.path = path;
    this.list = list;
    this.actionOn = actionOn;
    this.tell = tell;
    this.onChange = onChange;
    /** @type {Map<string, SentMark>} by record */
    this.sent = new Map();
    /** @type {Map<string, {batch: Batch<any>, target: string, at: number}>} not yet known */
    this.underWay = new Map();
    this.watching = 0;
  }

  /**
   * Send one action on some records.
   * @param {string} action of them
   * @param {Row[]} rows of the records
   * @param {Record<string, string>} [details] of the action
   * @param {(batch: Batch<Row>) => void} [tell] called once it is known of each record what became
   *   of it, or that nobody knows
   */
  async send(action, rows, details = {}, tell = this.tell) {
    const asked = new Set(rows.map((row) => this.actionOn(action, row)));
    const [only] = asked;
    /** @type {Batch<Row>} */
    const batch = {
      action: asked.size === 1 ? only : action,
      rows,
      done: new Set(),
      refused: new Map(),
      unknown: new Map(),
      told: false,
      tell,
    };
    for (const row of rows) {
      this.sent.set(row.id, {
        what: this.actionOn(action, row),
        at: performance.now(),
        state: "sent",
        version: row.v,
        id: "",
        why: "",
        batch,
      });
      this.list.marked.delete(row.id);
    }
    this.#redraw();
    for (let first = 0; first < rows.length; first += MOST) {
      await this.#sendSome(batch, action, rows.slice(first, first + MOST), details);
    }
    this.#conclude(batch);
    return batch;
  }

  /**
   * @param {Batch<any>} batch of the commands
   * @param {string} action of them
   * @param {Row[]} rows of one request
   * @param {Record<string, string>} details of the action
   */
  async #sendSome(batch, action, rows, details) {
    const commands = rows.map((row) => ({
      action: this.actionOn(action, row),
      target: row.id,
      expected: action === "comment" ? null : row.v,
      details,
    }));
    try {
      const answer = await this.server.post(this.path + "commands", { commands });
      for (const [target, command] of answer.sent) {
        const mark = this.#markOf(batch, target);
        if (mark) mark.id = command;
        this.underWay.set(command, { batch, target, at: performance.now() });
      }
      this.watching ||= setTimeout(() => this.#check(), FIRST_ASK_MS);
    } catch (error) {
      const settle = isUnknown(error) ? this.#unsure : this.#refuse;
      for (const row of rows) settle.call(this, batch, row.id, wordsOf(error));
    }
  }

  /**
   * @param {Batch<any>} batch
   * @param {string} target record
   * @returns {SentMark | undefined} the record's mark, where it is of this batch
   */
  #markOf(batch, target) {
    const mark = this.sent.get(target);
    return mark?.batch === batch ? mark : undefined;
  }

  /**
   * @param {Batch<any>} batch
   * @param {string} target record
   * @param {SentMark["state"]} state to show
   * @param {Bilingual} why
   */
  #show(batch, target, state, why) {
    const mark = this.#markOf(batch, target);
    if (!mark) return;
    Object.assign(mark, { state, why, at: performance.now() });
    setTimeout(() => {
      if (this.sent.get(target) !== mark) return;
      this.sent.delete(target);
      this.#redraw();
    }, SHOW_MS);
  }

  /**
   * @param {Batch<any>} batch
   * @param {string} target record
   * @param {Bilingual} why
   */
  #refuse(batch, target, why) {
    batch.unknown.delete(target);
    batch.refused.set(target, why);
    this.#show(batch, target, "refused", why);
  }

  /**
   * @param {Batch<any>} batch
   * @param {string} target record
   * @param {Bilingual} why
   */
  #unsure(batch, target, why) {
    batch.unknown.set(target, why);
    this.#show(batch, target, "unsure", why);
  }

  /**
   * @param {Batch<any>} batch
   * @param {string} target record
   */
  #accept(batch, target) {
    batch.unknown.delete(target);
    batch.done.add(target);
    if (this.#markOf(batch, target)) this.sent.delete(target);
    takeBackToasts(target);
  }

  /**
   * Tell when nothing is under way any more, and again when what was not known is.
   * @param {Batch<any>} batch
   */
  #conclude(batch) {
    this.#redraw();
    const known = batch.done.size + batch.refused.size, all = batch.rows.length;
    if (known + batch.unknown.size < all || (batch.told && known < all)) return;
    batch.told = true;
    batch.tell(batch);
  }

  /**
   * A change of a record arrived: what was sent for it has been carried out, unless it is
   * another's step.
   * @param {string[]} changed ids
   */
  settle(changed) {
    let some = false;
    for (const id of changed) {
      const mark = this.sent.get(id), row = this.list.rows.get(id);
      if (!mark || mark.state === "refused") continue;
      if (mark.id) some = true;
      else if (mark.state === "unsure" && (!row || row.v > mark.version)) {
        this.sent.delete(id); // the row itself tells
      }
    }
    if (some) this.#check();
  }

  #redraw() {
    this.onChange(Array.from(this.sent.keys()));
  }

  async #check() {
    clearTimeout(this.watching);
    this.watching = 0;
    const open = Array.from(this.underWay).slice(0, MOST);
    if (!open.length) return;
    const outcomes = await this.#ask(open.map(([id]) => id));
    for (const [id, sent] of open) this.#judge(id, sent, outcomes[id]);
    for (const batch of new Set(open.map(([, sent]) => sent.batch))) this.#conclude(batch);
    if (this.underWay.size) this.watching ||= setTimeout(() => this.#check(), AGAIN_MS);
  }

  /**
   * @param {string[]} ids of commands
   * @returns {Promise<Record<string, Outcome>>} of those that are known
   */
  async #ask(ids) {
    try {
      return (await this.server.post(this.path + "outcomes", { ids })).outcomes;
    } catch {
      return {}; // asked again
    }
  }

  /**
   * @param {string} id of the command
   * @param {{batch: Batch<any>, target: string, at: number}} sent
   * @param {Outcome | undefined} outcome
   */
  #judge(id, { batch, target, at }, outcome) {
    const waited = performance.now() - at;
    if (outcome || waited > LONGEST_MS) this.underWay.delete(id);
    if (outcome?.outcome === "accepted") this.#accept(batch, target);
    else if (outcome) this.#refuse(batch, target, outcome.reason);
    else if (waited > UNSURE_MS && !batch.unknown.has(target)) this.#unsure(batch, target, "");
  }

  /**
   * What became of one command on something that is no row.
   * @param {string} id of the command
   * @returns {Promise<Outcome | null>} null when none is known in time
   */
  async outcome(id) {
    for (const end = performance.now() + UNSURE_MS; performance.now() < end;) {
      await new Promise((done) => setTimeout(done, ONE_ASK_MS));
      const found = (await this.#ask([id]))[id];
      if (found) return found;
    }
    return null;
  }
}
