// @ts-check
'use strict';

const { listen } = require('./listen.js');
const { after } = require('./timers.js');

/**
 * What listens to each signal, in place of those who wait for it: Node warns of a leak when a signal has more than ten
 * listeners.
 * @type {WeakMap<AbortSignal, Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>}
 */
const groups = /* @__PURE__ */ new WeakMap();

/** @param {AbortSignal} signal */
function groupOf(signal) {
  /** @type {Set<any>} */
  const calls = new Set();
  const abort = () => calls.forEach((call) => call());
  const group = groups.get(signal) ?? {
    addEventListener(/** @type {string} */ type, /** @type {any} */ call) {
      if (!calls.size) signal.addEventListener(type, abort);
      calls.add(call);
    },
    removeEventListener(/** @type {string} */ type, /** @type {any} */ call) {
      if (calls.delete(call) && !calls.size) signal.removeEventListener(type, abort);
    },
  };
  groups.set(signal, group);
  return group;
}

/**
 * @param {AbortSignal | undefined} signal
 * @param {() => void} call Called when the signal is aborted.
 * @returns {() => void} Ends the wait.
 */
function onAbort(signal, call) {
  /** @type {Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | undefined} */
  let target = signal;
  FULL: if (signal) target = groupOf(signal);
  return listen(target, 'abort', call);
}

/**
 * One wait.
 * @typedef {object} Waiter
 * @property {(value?: any) => void} resolve
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
   * @returns {Waiter | undefined} Undefined when there is no wait under this id.
   */
  const take = (id) => ends.get(id)?.();

  return {
    take,

    /** How many wait. */
    howMany: () => ends.size,

    /**
     * Ends every wait, in the order they began.
     * @param {(waiter: Waiter) => void} settle Called for each, once all have ended.
     */
    takeAll: (settle) => [...ends.values()].map((end) => end()).forEach(settle),

    /**
     * @param {Waiter} waiter
     * @param {number} timeout ms; 0 is no limit.
     * @param {() => Error} expired Makes the error when the time is over.
     * @returns {string} The id, which no other has had.
     */
    addWaiter(waiter, timeout, expired) {
      const id = (lastId += 1).toString(36);
      const { signal } = waiter;
      const endTime = after(() => take(id)?.reject(expired()), timeout);
      const endAbort = onAbort(signal, () => take(id)?.reject(/** @type {AbortSignal} */ (signal).reason));
      ends.set(id, () => {
        ends.delete(id);
        endTime();
        endAbort();
        return waiter;
      });
      return id;
    },
  };
}

module.exports = { waitingList, onAbort };
