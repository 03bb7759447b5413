/** Questions to the server; what goes wrong is told in words. */
import { inLanguage } from "../shared/language.js";
import { desksWord } from "./words.js";

const SERVER_FAULT = 500, NOT_SIGNED_IN = 401;

/** What went wrong with a question, in words for the person. */
export class Problem extends Error {
  /**
   * @param {string} words for the person
   * @param {boolean} unknown whether the server may have done it, and nobody can tell
   */
  constructor(words, unknown) {
    super(words);
    this.unknown = unknown;
  }
}

/**
 * What went wrong, in words.
 * @param {unknown} error that was caught
 */
export const wordsOf = (error) => error instanceof Error ? error.message : String(error);

/**
 * Whether it is known that nothing was done.
 * @param {unknown} error that was caught
 */
export const isUnknown = (error) => error instanceof Problem && error.unknown;

/** Asks the server with the session's token. */
export class Server {
  /**
   * @param {object} options
   * @param {() => string} options.token of the session
   * @param {() => void} options.onSignedOut called where the session is over
   */
  constructor({ token, onSignedOut }) {
    this.token = token;
    this.onSignedOut = onSignedOut;
  }

  /**
   * Ask for JSON.
   * @param {string} path of the question
   * @param {RequestInit} [options] of the request
   * @returns {Promise<any>} the answer
   * @throws {Problem} where there is none, in words; an abort is thrown as it is
   */
  async ask(path, options) {
    const answer = await reach(path, options);
    const body = await answer.json().catch(() => null); // no JSON: the status must do
    if (answer.status === NOT_SIGNED_IN) this.onSignedOut();
    if (!answer.ok) throw problemOf(answer, body);
    if (!body) throw new Problem(desksWord("noConnection"), true);
    return body;
  }

  /**
   * Send JSON; see `ask`.
   * @param {string} path of the question
   * @param {unknown} [body] to send
   * @param {RequestInit} [options] of the request
   */
  post(path, body, options) {
    return this.ask(path, this.#posting(body, options));
  }

  /**
   * Send a file; see `ask`.
   * @param {string} path of the question
   * @param {File} file to send
   */
  upload(path, file) {
    return this.ask(path, {
      method: "POST",
      headers: {
        "content-type": file.type || "application/octet-stream",
        "x-csrf-token": this.token(),
      },
      body: file,
    });
  }

  /**
   * Send JSON, for a file; see `ask`.
   * @param {string} path of the question
   * @param {unknown} body to send
   * @returns {Promise<{blob: Blob, headers: Headers}>} the file
   */
  async download(path, body) {
    const answer = await reach(path, this.#posting(body));
    if (answer.status === NOT_SIGNED_IN) this.onSignedOut();
    if (!answer.ok) throw problemOf(answer, await answer.json().catch(() => null));
    return { blob: await answer.blob(), headers: answer.headers };
  }

  /**
   * @param {unknown} body to send
   * @param {RequestInit} [options] of the request
   * @returns {RequestInit}
   */
  #posting(body, options) {
    return {
      ...options,
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": this.token() },
      body: JSON.stringify(body),
    };
  }
}

/**
 * What the server says went wrong, to be thrown.
 * @param {Response} answer that is no good
 * @param {any} body of it, null for none
 */
function problemOf(answer, body) {
  const words = body && (inLanguage(body.words) || body.error);
  return new Problem(words || "HTTP " + answer.status, answer.status >= SERVER_FAULT);
}

/**
 * @param {string} path of the question
 * @param {RequestInit} [options] of the request
 */
async function reach(path, options) {
  try {
    return await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(desksWord("noConnection"), true);
  }
}
