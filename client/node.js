// @ts-check
'use strict';

const { Client } = require('./client.js');

/** Prints with `debug` where that is installed: the client depends on no package. */
const log = optional(() => require('debug')('line:client'), () => undefined);

/** The client with Node's own WebSocket where there is one, else the package `ws`; and with `debug`. */
class LineClient extends Client {
  /** @internal */
  static webSocket_() {
    return super.webSocket_() ?? requireWs();
  }

  /**
   * @param {any} eventName
   * @param {any[]} args
   */
  emit(eventName, ...args) {
    log?.('%s in state "%s": %o', eventName, this.state, args[0]);
    return super.emit(eventName, ...args);
  }
}

/** @returns {any} */
function requireWs() {
  return optional(() => require('ws'), (cause) => {
    throw new Error('this Node has no WebSocket; use Node 22 or later, or install ws (npm install ws)', { cause });
  });
}

/**
 * @param {() => any} load
 * @param {(cause: unknown) => any} missing What to do when the package is not installed.
 */
function optional(load, missing) {
  try {
    return load();
  } catch (cause) {
    if (/** @type {any} */ (cause).code !== 'MODULE_NOT_FOUND') throw cause;
    return missing(cause);
  }
}

// `require` gives the class itself, as with the original.
module.exports = Object.assign(LineClient, { LineClient, default: LineClient });
