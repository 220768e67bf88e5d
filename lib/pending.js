// @ts-check
'use strict';

/**
 * A `send` that waits for its answer.
 */
class Pending {
  /**
   * @param {Map<string, Pending>} siblings The connection's map of pending sends, this one included.
   * @param {string} id
   * @param {number} timeout Milliseconds it may wait; 0 is no limit.
   * @param {(value: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  constructor(siblings, id, timeout, resolve, reject) {
    this.siblings = siblings;
    this.id = id;
    this.timeout = timeout;
    this.resolve = resolve;
    this.reject = reject;
    /** Set by the deadline queue. */
    this.due = 0;
    this.settled = false;
  }

  /** Takes it out of what waits, before its promise is settled. */
  settle() {
    this.settled = true;
    this.siblings.delete(this.id);
  }
}

module.exports = { Pending };
