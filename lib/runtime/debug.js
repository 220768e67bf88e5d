// @ts-check
'use strict';

/**
 * The `debug` namespaces: `line:server`, `line:server:connection:<id>`, `line:server:room`. What is
 * not switched on costs a comparison.
 */

const createDebug = require('debug');

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

module.exports = {
  serverLog: createDebug('line:server'),
  roomLog: createDebug('line:server:room'),
  connectionLog,
};
