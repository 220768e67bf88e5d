// @ts-check
'use strict';

const { afterTurn, now } = require('../runtime/environment.js');

/**
 * Milliseconds that events are handled, and entries expire, before the event loop looks for timers, sockets and
 * signals. A timer is late by at most this time plus one step, which ends soon (`pace.js`). A peer of an HTTP server
 * in the process waits for two or three turns of the loop.
 */
const TURN = 5;

/** The part of it in which connections without a backlog come first. */
const SPARSE_PART = 0.75;

/** How many inboxes of this thread wait for their next turn: they share its time. */
let waiting = 0;

/**
 * The time that an inbox may take before the event loop is due. Node may wake an inbox again in the same turn of the
 * loop, even a thousand times. So the turn of an inbox that a wake began lasts until an immediate has run.
 */
class Turn {
  #goOn;
  /** When it ends, and until when connections without a backlog come first. */
  #ends = 0;
  #sparseEnds = 0;
  /** Whether it began with a wake, and not in an immediate. */
  #isWoken = false;
  /** Begins the next. @type {NodeJS.Immediate | undefined} */
  #immediate = undefined;

  /** @param {(time: number) => void} goOn Called after a turn of the event loop, when there is time again. */
  constructor(goOn) {
    this.#goOn = goOn;
  }

  /**
   * Called when the event loop calls the inbox.
   * @param {number} time
   * @returns {boolean} Whether there is time left. If not, the inbox is called later.
   */
  enter(time) {
    if (time >= this.#ends) {
      // The event loop may not have turned. The immediate runs after it has.
      if (this.#immediate !== undefined) return false;
      this.goOnLater();
      this.#begin(time);
    }
    this.#isWoken = true;
    return true;
  }

  /** @param {number} time */
  isOver(time) {
    return time >= this.#ends;
  }

  /**
   * Whether connections without a backlog come first.
   * @param {number} time
   */
  isForSparse(time) {
    return time < this.#sparseEnds;
  }

  /** Has the inbox called after a turn of the event loop. */
  goOnLater() {
    if (this.#immediate !== undefined) return;
    waiting += 1;
    this.#immediate = afterTurn(() => {
      this.#immediate = undefined;
      waiting -= 1;
      const time = now();
      const wasWoken = this.#isWoken;
      this.#isWoken = false;
      if (!wasWoken) this.#begin(time);
      else if (time >= this.#ends) {
        // Immediates come before timers, which are due after a turn as well.
        this.goOnLater();
        return;
      }
      this.#goOn(time);
    });
  }

  /** @param {number} time */
  #begin(time) {
    // This one does not wait now, or has just begun to.
    const others = Math.max(0, waiting - (this.#immediate === undefined ? 0 : 1));
    const share = TURN / (1 + others);
    this.#ends = time + share;
    this.#sparseEnds = time + share * SPARSE_PART;
  }
}

module.exports = { Turn };
