// @ts-check
'use strict';

const { throwLater } = require('../runtime/debug.js');

/**
 * Entries that are handled at once. With each, code of the application may run, and a peer can cause tens of thousands by
 * one thing that it does: it leaves, or reads what it has left unread.
 */
const AT_ONCE = 32;

/**
 * Handles entries in the order they are given: promises to settle, or listeners to call. The first are handled at once, further
 * ones beside events, after some others have had their turn.
 */
class Sequence {
  #addChore;
  /** @type {{entries: readonly any[], act: (entry: any) => void}[]} */
  #waiting = [];
  /** How many entries of the first of them are handled. */
  #handled = 0;

  /** @param {(chore: (count: number) => boolean) => void} addChore As of the inbox. */
  constructor(addChore) {
    this.#addChore = addChore;
  }

  /**
   * @template T
   * @param {readonly T[]} entries
   * @param {(entry: T) => void} act Handles one of them.
   */
  handle(entries, act) {
    this.#waiting.push({ entries, act });
    if (this.#waiting.length > 1) return;
    if (this.#handleSome(AT_ONCE)) this.#addChore((count) => this.#handleSome(count));
  }

  /**
   * @param {number} most
   * @returns {boolean} Whether some are left.
   */
  #handleSome(most) {
    for (let count = 0; this.#waiting.length > 0; count += 1) {
      const { entries, act } = this.#waiting[0];
      if (this.#handled === entries.length) {
        this.#waiting.shift();
        this.#handled = 0;
        continue;
      }
      if (count >= most) return true;
      this.#handled += 1;
      try {
        act(entries[this.#handled - 1]);
      } catch (error) {
        // The others are still handled.
        throwLater(error);
      }
    }
    return false;
  }
}

module.exports = { AT_ONCE, Sequence };
