// @ts-check
'use strict';

const createDebug = require('debug');
const { Client } = require('./client.js');

const log = createDebug('line:client');

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
    log('%s in state "%s": %o', eventName, this.state, args[0]);
    return super.emit(eventName, ...args);
  }
}

/** @returns {any} */
function requireWs() {
  try {
    return require('ws');
  } catch (cause) {
    if (/** @type {any} */ (cause).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error('this Node has no WebSocket; use Node 22 or later, or install ws (npm install ws)', { cause });
  }
}

// `require` gives the class itself, as with the original.
module.exports = Object.assign(LineClient, { LineClient, default: LineClient });
