// @ts-check
'use strict';

const { randomBytes } = require('node:crypto');
const os = require('node:os');
const Emitter = require('../emitter/emitter.js');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { integerOf, invalid, optionsOf } = require('../rooms/target-options.js');
const { messageName } = require('../rooms/names.js');
const { envelopeOf } = require('../rooms/room.js');
const { serverLog, throwLater } = require('../runtime/debug.js');
const { kLink, kNative, kOnNodeEvent } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../../types/nodes.d.ts').NodeInfo} NodeInfo */

const SEND = Object.freeze(['timeout', 'to']);
const TELL = Object.freeze(['to']);

/**
 * What other servers have answered.
 * @typedef {object} NodeAnswers
 * @property {Map<string, any>} responses What they resolved with, by their ids.
 * @property {Map<string, LineError>} errors What they rejected with.
 * @property {string[]} missingNodes Ids of those that did not answer in time.
 */

/** The servers that are joined with this one, and messages between them. */
class Nodes extends Emitter {
  /** @type {Server} */
  #server;
  /** What this server is called while it is alone. @type {string | undefined} */
  #id = undefined;

  /** @param {Server} server */
  constructor(server) {
    super();
    this.#server = server;
  }

  /** @returns {'off' | 'connecting' | 'up' | 'down'} `off` without an adapter, and while the server does not run. */
  get state() {
    return this.#server[kLink]?.state ?? 'off';
  }

  /** @returns {NodeInfo[]} All servers that are joined, this one first. */
  list() {
    return this.#server[kLink]?.list() ?? [this.#self()];
  }

  /**
   * Sends a message to all other servers, or to one, and gathers their answers.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {{timeout?: number, to?: string}} [options]
   * @returns {Promise<NodeAnswers>} Rejects with a {@link LineError}: `mInvalidJson`, or `sInvalidOptions`, naming the option.
   */
  async send(name, payload, options) {
    const known = optionsOf(options, SEND);
    const to = toOf(known);
    const link = this.#server[kLink];
    const timeout = integerOf(known, 'timeout', 0, link?.requestTimeout ?? 0);
    const text = messageText(name, payload);
    if (link === undefined) return { responses: new Map(), errors: new Map(), missingNodes: to === undefined ? [] : [to] };
    return link.send(text, to, timeout);
  }

  /**
   * Sends a message to all other servers, or to one. Nothing tells whether it has come.
   * @param {string} name
   * @param {unknown} [payload] Any JSON value.
   * @param {{to?: string}} [options]
   * @throws {LineError} `mInvalidJson`, or `sInvalidOptions`, naming the option.
   */
  sendWithoutResponse(name, payload, options) {
    const to = toOf(optionsOf(options, TELL));
    const text = messageText(name, payload);
    this.#server[kLink]?.sendWithoutResponse(text, to);
  }

  /**
   * Emits an event. What a listener throws becomes an uncaught exception, and stops nothing else.
   * @param {string} name
   * @param {unknown[]} args
   * @internal
   */
  [kOnNodeEvent](name, ...args) {
    try {
      if (this.emit(name, ...args) !== false) return;
      serverLog('%s of the servers joined: %o', name, args[0] ?? '');
      // Otherwise nothing would show that servers are not joined.
      if (name === '_down') process.emitWarning(/** @type {LineError} */ (args[0]).message, { code: 'LINE_ADAPTER_DOWN' });
    } catch (error) {
      throwLater(error);
    }
  }

  /** @returns {NodeInfo} */
  #self() {
    this.#id ??= randomBytes(8).toString('hex');
    const { version, connections, rooms } = this.#server[kNative].core.ownFacts();
    const { pid } = process;
    return { id: this.#id, name: os.hostname(), pid, version, connections, rooms, lastSeen: Date.now(), isSelf: true };
  }
}

/** @param {any} options */
function toOf({ to }) {
  if (to !== undefined && to !== null && typeof to !== 'string') throw invalid('to', 'must be the id of a server', to);
  return to ?? undefined;
}

/**
 * @param {string} name
 * @param {unknown} payload
 * @returns {string} `{"n":name,"p":payload}`
 * @throws {LineError} `mInvalidJson` or `sInvalidOptions`
 */
function messageText(name, payload) {
  const text = messageName(name);
  if (!text.startsWith('_')) return envelopeOf(text, payload);
  throw new LineError(ServerErrorCode.INVALID_OPTIONS, `Names that begin with _ are those of events: "${text}" cannot be sent to servers`);
}

module.exports = { Nodes };
