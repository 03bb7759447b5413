/** A socket that is opened again after whatever happened, and says when it last heard anything. */
const QUIET_MS = 10000, LOOK_MS = 2000, LONGEST_WAIT_MS = 5000, SLOWER = 1.5;
const SIGNED_OUT = 4401;

/** One connection that lasts; each page has its own. */
export class LiveSocket {
  /**
   * @param {object} options of the connection
   * @param {(message: any) => void} options.onMessage gets each message
   * @param {() => void} options.onSignedOut called where the server lets us in no more
   * @param {number} options.firstWaitMs how long to wait after the first failure
   */
  constructor({ onMessage, onSignedOut, firstWaitMs }) {
    this.onMessage = onMessage;
    this.onSignedOut = onSignedOut;
    this.firstWaitMs = firstWaitMs;
    /** When the last message came, of performance.now(); 0 for never. */
    this.heardAt = 0;
    this.path = "";
    /** @type {WebSocket | null} */
    this.socket = null;
    this.waitMs = 0;
    this.generation = 0;
  }

  /**
   * Follow a path; the one before is let go.
   * @param {string} path of the server's socket
   */
  follow(path) {
    if (this.path === path && this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const before = this.socket;
    this.path = path;
    this.#open();
    before?.close();
  }

  #open() {
    const mine = ++this.generation, opened = performance.now();
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const socket = this.socket = new WebSocket(scheme + location.host + this.path);
    const dog = setInterval(() => {
      if (performance.now() - Math.max(this.heardAt, opened) > QUIET_MS) socket.close();
    }, LOOK_MS);
    socket.onmessage = (event) => {
      if (mine !== this.generation) return;
      const message = JSON.parse(event.data);
      this.heardAt = performance.now();
      this.waitMs = 0;
      this.onMessage(message);
    };
    socket.onclose = (event) => {
      clearInterval(dog);
      if (mine !== this.generation) return;
      if (event.code === SIGNED_OUT) this.onSignedOut();
      else this.#openLater(mine);
    };
  }

  /** @param {number} mine generation */
  #openLater(mine) {
    const longer = this.waitMs ? this.waitMs * SLOWER : this.firstWaitMs;
    this.waitMs = Math.min(LONGEST_WAIT_MS, longer);
    setTimeout(() => {
      if (mine === this.generation) this.#open();
    }, this.waitMs * (0.7 + 0.6 * Math.random()));
  }
}
