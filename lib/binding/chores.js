// @ts-check
'use strict';

const { Pace } = require('./pace.js');
const { throwLater } = require('../runtime/debug.js');
const { outside } = require('../runtime/environment.js');

/**
 * How much longer chores may take than events. More than once: then sends expire faster than a peer can have an
 * application add others.
 */
const SHARE = 2;

/** Most milliseconds that chores may be behind their share. */
const MOST_OWED = 2;

/**
 * What is done beside events, in steps, because it may be much: thousands of sends expire at once, or something is done
 * with each member of a large room. Chores share the turns of events, so the event loop is due as often as without them.
 * Several chores are done in turn, a step of each.
 */
class Chores {
  /** @type {{run: (count: number) => boolean, pace: Pace}[]} */
  #waiting = [];
  /** The pace of the one that was run last. @type {Pace | undefined} */
  #pace = undefined;
  /** Parts that were done last. */
  #count = 0;
  /** Milliseconds that chores are due before the next events. */
  #owed = 0;

  /**
   * @param {(count: number) => boolean} run Does so many parts at most; returns whether more are left. When it throws, it is
   *   not called again, because it could throw for ever: a part that may fail must not keep the others back.
   */
  add(run) {
    // A part of some takes a millisecond.
    this.#waiting.push({ run, pace: new Pace(1) });
  }

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  /** Whether they come before the next events. */
  get isDue() {
    return this.#owed > 0 && this.#waiting.length > 0;
  }

  /**
   * Events were handled.
   * @param {number} time Milliseconds that it took.
   */
  wait(time) {
    this.#owed = this.isEmpty ? 0 : Math.min(MOST_OWED, this.#owed + SHARE * time);
  }

  /** Does one step of one of them. */
  step() {
    const chore = this.#waiting.shift();
    if (chore === undefined) return;
    this.#pace = chore.pace;
    this.#count = chore.pace.size;
    let hasMore = false;
    try {
      hasMore = outside(() => chore.run(this.#count));
    } catch (error) {
      throwLater(error);
    }
    if (hasMore) this.#waiting.push(chore);
  }

  /**
   * A step has ended, and the code that awaited in it.
   * @param {number} time Milliseconds that it took.
   */
  note(time) {
    this.#pace?.note(this.#count, time);
    this.#owed = Math.max(0, this.#owed - time);
  }
}

module.exports = { Chores };
