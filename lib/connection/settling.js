// @ts-check
'use strict';

/**
 * Promises that are settled at once. With each, code of the application may run, and a peer can have tens of thousands
 * settled by one thing that it does: it leaves, or reads what it has left unread.
 */
const AT_ONCE = 32;

/**
 * Settles promises in the order they are given: the first at once, further ones beside events, after some others have
 * had their turn.
 */
class Settling {
  #addChore;
  /** @type {{entries: readonly any[], act: (entry: any) => void}[]} */
  #waiting = [];
  /** How many of the first of them are settled. */
  #settled = 0;

  /** @param {(chore: (count: number) => boolean) => void} addChore As of the inbox. */
  constructor(addChore) {
    this.#addChore = addChore;
  }

  /**
   * @template T
   * @param {readonly T[]} entries
   * @param {(entry: T) => void} act Settles one of them.
   */
  settle(entries, act) {
    this.#waiting.push({ entries, act });
    if (this.#waiting.length > 1) return;
    if (this.#settleSome(AT_ONCE)) this.#addChore((count) => this.#settleSome(count));
  }

  /**
   * @param {number} most
   * @returns {boolean} Whether some are left.
   */
  #settleSome(most) {
    for (let count = 0; this.#waiting.length > 0; count += 1) {
      const { entries, act } = this.#waiting[0];
      if (this.#settled === entries.length) {
        this.#waiting.shift();
        this.#settled = 0;
        continue;
      }
      if (count >= most) return true;
      act(entries[this.#settled]);
      this.#settled += 1;
    }
    return false;
  }
}

module.exports = { AT_ONCE, Settling };
