// @ts-check
'use strict';

const { after } = require('./timers.js');

/**
 * Who waits for a signal. One listener serves all of them, for Node warns of a leak when a signal has
 * more than ten.
 * @type {WeakMap<AbortSignal, {calls: Set<() => void>, abort: () => void}>}
 */
const groups = new WeakMap();

/**
 * @param {AbortSignal | undefined} signal
 * @param {() => void} call Called when the signal is aborted.
 * @returns {() => void} Ends the wait.
 */
function onAbort(signal, call) {
  if (!signal) return () => {};
  const calls = new Set();
  const group = groups.get(signal) ?? { calls, abort: () => calls.forEach((each) => each()) };
  groups.set(signal, group);
  if (!group.calls.size) signal.addEventListener('abort', group.abort);
  group.calls.add(call);
  return () => {
    if (group.calls.delete(call) && !group.calls.size) signal.removeEventListener('abort', group.abort);
  };
}

/**
 * Somebody who waits.
 * @typedef {object} Waiter
 * @property {(value: any) => void} resolve
 * @property {(error: any) => void} reject
 * @property {AbortSignal} [signal] Ends the wait when it is aborted.
 */

/** @typedef {ReturnType<typeof waitingList>} WaitingList */

/** Those who wait, each under an id: for responses, or for the connection that messages need. */
function waitingList() {
  /** @type {Map<unknown, () => Waiter>} What ends a wait, and returns who waited. In order. */
  const ends = new Map();
  let lastId = 0;

  /**
   * Ends a wait.
   * @param {unknown} id
   * @returns {Waiter | undefined} Undefined when nobody waits under this id.
   */
  const take = (id) => ends.get(id)?.();

  return {
    take,

    /** How many wait. */
    size: () => ends.size,

    /** Ends every wait, in the order they began. */
    takeAll: () => [...ends.values()].map((end) => end()),

    /**
     * @param {Waiter} waiter
     * @param {number} timeout ms; 0 is no limit.
     * @param {() => Error} expired Makes the error when the time is over.
     * @returns {string} The id, which no other has had.
     */
    add(waiter, timeout, expired) {
      lastId += 1;
      const id = lastId.toString(36);
      const { signal } = waiter;
      const endTime = timeout && after(() => take(id)?.reject(expired()), timeout);
      const endAbort = onAbort(signal, () => take(id)?.reject(/** @type {AbortSignal} */ (signal).reason));
      ends.set(id, () => {
        ends.delete(id);
        if (endTime) endTime();
        endAbort();
        return waiter;
      });
      return id;
    },
  };
}

module.exports = { waitingList, onAbort };
