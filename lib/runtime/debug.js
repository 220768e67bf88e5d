// @ts-check
'use strict';

/**
 * The `debug` namespaces `line:server`, `line:server:connection:<id>` and `line:server:room`, and the exceptions of
 * handlers. A namespace that is off costs a comparison.
 */

const createDebug = require('debug');
const { nextTick } = require('./environment.js');

const serverLog = createDebug('line:server');

/** @typedef {(format: string, ...args: unknown[]) => void} Log */

/**
 * The log of one connection; null when it is off.
 * @param {unknown} id
 * @returns {Log | null}
 */
function connectionLog(id) {
  const namespace = `line:server:connection:${String(id)}`;
  return createDebug.enabled(namespace) ? createDebug(namespace) : null;
}

/**
 * Rethrows the exception of a handler later: it reaches `uncaughtException`, and the events after it are still handled.
 * @param {unknown} error
 */
function throwLater(error) {
  serverLog('a handler threw: %s', error);
  nextTick(() => {
    throw error;
  });
}

module.exports = {
  serverLog,
  roomLog: createDebug('line:server:room'),
  connectionLog,
  throwLater,
};
