// @ts-check
'use strict';

const timers = require('../common/node-timers.js');
const { isPending } = require('../common/pending.js');
const { Client } = require('./client.js');
const { platform } = require('./socket.js');
const { destroySocket, withSocket } = require('./node-socket.js');
const { useTimers } = require('./timers.js');

/** Prints with `debug` where that can be loaded: the client depends on no package. */
const log = loadDebug()?.('line:client');

const web = { ...platform };

useTimers(timers);

// Node's own WebSocket where there is one, else the package `ws`.
Object.assign(platform, /** @type {import('./socket.js').Platform} */ ({
  socketClass: () => web.socketClass() ?? requireWs(),
  openSocket(WebSocket, url, options) {
    // Only `ws` takes it: others would read a second argument as subprotocols.
    const make = () => (WebSocket === wsClass
      ? new WebSocket(url, { maxPayload: Math.min(options.maxPayload, 0x7fffffff) })
      : web.openSocket(WebSocket, url, options));
    return withSocket(make, options);
  },
  giveUp(ws) {
    web.giveUp(ws);
    destroySocket(ws);
  },
  isPending,
}));

/** The client on Node, with `debug`. */
class LineClient extends Client {
  /**
   * @param {any} eventName
   * @param {any[]} args
   */
  emit(eventName, ...args) {
    log?.('%s in state "%s": %o', eventName, this.state, args[0]);
    return super.emit(eventName, ...args);
  }
}

// Optional packages are required inside `try`, in the same function: there bundlers accept that they are missing.

/** @returns {any} Undefined where it is not installed, or does not load, as in a bundle of ES modules. */
function loadDebug() {
  try {
    return require('debug');
  } catch {
    return undefined;
  }
}

/** @type {any} That of the package `ws`, when it was needed. */
let wsClass;

/**
 * @returns {any}
 * @throws {Error} Says what to do.
 */
function requireWs() {
  try {
    wsClass = require('ws');
    return wsClass;
  } catch (cause) {
    const { code, message } = /** @type {any} */ (cause);
    const problem = code === 'MODULE_NOT_FOUND' ? 'install ws (npm install ws)' : `install ws (which cannot be loaded here: ${message})`;
    throw new Error(`this Node has no WebSocket; use Node 22 or later, or ${problem}`, { cause });
  }
}

// `require` gives the class itself, as with the original.
module.exports = Object.assign(LineClient, { LineClient, default: LineClient });
