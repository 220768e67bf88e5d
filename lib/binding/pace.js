// @ts-check
'use strict';

/** Events of a step, unless it takes long. */
const STEP = 8;

/** Most events of a step. */
const LARGEST = 32;

/** Quick full steps in a row before the largest step is doubled. Large steps cost less for each event, but one that turns out slow takes long. */
const MANY = 64;

/** Longest time of a quick step, in ms, with the code that awaits in its handlers. */
const QUICK = 0.25;

/**
 * How many events are handled before the code that awaits in their handlers continues and the time is checked. What
 * an event takes shows only then. So steps grow slowly, and shrink at once to what takes {@link QUICK}.
 */
class Pace {
  /** Most events of a step, for now. */
  #most = STEP;
  /** Quick full steps in a row. */
  #quick = 0;

  /** @param {number} [size] Of the first step. */
  constructor(size = STEP) {
    /** Events of the next step. */
    this.size = size;
  }

  /**
   * A step has ended.
   * @param {number} count Events in it.
   * @param {number} time Milliseconds that it took.
   */
  note(count, time) {
    if (time >= QUICK) {
      this.#quick = 0;
      this.#most = STEP;
      this.size = Math.max(1, Math.min(STEP, Math.floor((count * QUICK) / time)));
    } else if (count >= this.size) {
      this.#quick += 1;
      if (this.#quick % MANY === 0) this.#most = Math.min(LARGEST, 2 * this.#most);
      this.size = Math.min(this.#most, 2 * this.size);
    }
  }
}

module.exports = { Pace };
