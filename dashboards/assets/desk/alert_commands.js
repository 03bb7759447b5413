/** Commands on alerts, and on silences, which are no rows. */
import { inLanguage } from "../shared/language.js";
import { Commands } from "../desks/commands.js";
import { isUnknown, wordsOf } from "../desks/server.js";
import { actionWord, alertBatches, deskWord } from "./words.js";
/** @import { AlertRow } from "../shared/types.d.ts" */
/** @import { Server } from "../desks/server.js" */

/**
 * Sends commands on alerts, and follows them.
 * @extends {Commands<AlertRow>}
 */
export class AlertCommands extends Commands {
  /**
   * @param {object} options
   * @param {Server} options.server to ask
   * @param {{rows: Map<string, AlertRow>, marked: Set<string>}} options.list of the alerts
   * @param {(ids: string[]) => void} options.onChange called when what rows show has changed
   * @param {(action: string, row: AlertRow) => string} options.actionOn what an action is called
   *   on an alert
   */
  constructor(options) {
    super({ ...options, path: "/desk/api/", tell: (batch) => alertBatches.tellInToast(batch) });
  }

  /**
   * Send something about a silence.
   * @param {() => Promise<{sent: [string, string][]}>} send what the server answers with its id
   * @param {string} action of it
   * @returns {Promise<string>} "" when it was accepted, else what is wrong
   */
  async follow(send, action) {
    const what = actionWord(action);
    const unknown = (/** @type {string} */ why) =>
      what + "：" + deskWord("notKnownSilence", { why });
    const refused = (/** @type {string} */ why) => deskWord("refusedWhy", { what, why });
    try {
      const outcome = await this.outcome((await send()).sent[0][1]);
      if (!outcome) return unknown(deskWord("unsure"));
      return outcome.outcome === "accepted" ? "" : refused(inLanguage(outcome.reason));
    } catch (error) {
      return isUnknown(error) ? unknown(wordsOf(error)) : refused(wordsOf(error));
    }
  }
}
