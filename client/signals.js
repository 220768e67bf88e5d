// @ts-check
'use strict';

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

module.exports = { onAbort };
