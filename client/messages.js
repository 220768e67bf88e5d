// @ts-check
'use strict';

const { failure, text } = require('../common/failure.js');
const { ErrorCode } = require('./enums.js');
const { markTaken } = require('./message.js');
const { checkCall } = require('./options.js');
const { noop } = require('./timers.js');
const { onAbort } = require('./waiting.js');

/** @typedef {import('./message.js').Message} Message */
/** @typedef {import('../types/client').MessagesOptions} MessagesOptions */

/**
 * The messages of a name, from this call on until the iteration is left or aborted, or the client
 * disposed of. It goes on over reconnections.
 * @param {import('./emitter.js')} client
 * @param {string | RegExp} name
 * @param {Set<() => void>} ends What ends the iterations of this client that have not ended.
 * @param {MessagesOptions} options
 * @returns {AsyncGenerator<Message, void, undefined>}
 */
function messages(client, name, ends, options) {
  FULL: checkCall(options, { max: 0, signal: null });
  const { signal, max = 1000 } = options;
  /** @type {Message[]} Those that have not been asked for yet. */
  const waiting = [];
  /** @type {(value?: any) => void} */
  let wake = noop;
  /** @type {[unknown] | undefined} What it ends with. In a list: the reason of a signal may be anything, also `null`. */
  let error;

  /** @type {(why?: [unknown]) => void} */
  const end = (why) => {
    if (!ends.delete(end)) return;
    error = why;
    endAbort();
    // `removeListener` throws where there are none: the application may have removed it.
    if (client.listenerCount(name)) client.removeListener(name, receive);
    wake();
  };
  const receive = (/** @type {Message} */ message) => {
    markTaken(message);
    if (waiting.length < max) waiting.push(message);
    else end([failure(ErrorCode.QUEUE_FULL, undefined, text`More than ${max} messages wait`)]);
    wake();
  };

  client.on(name, receive);
  ends.add(end);
  const abort = () => end([/** @type {AbortSignal} */ (signal).reason]);
  const endAbort = onAbort(signal, abort);
  if (signal?.aborted) abort();

  const iteration = (async function* read() {
    try {
      while (ends.has(end) || waiting.length) {
        if (waiting.length) yield /** @type {Message} */ (waiting.shift());
        else await new Promise((resolve) => (wake = resolve));
      }
      if (error) throw error[0];
    } finally {
      end();
    }
  })();
  const leave = iteration.return;
  // A generator that has not begun would not end what has begun with this call, and one that waits would go on waiting.
  iteration.return = (/** @type {any} */ value) => {
    end();
    return leave.call(iteration, value);
  };
  return iteration;
}

module.exports = { messages };
