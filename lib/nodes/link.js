// @ts-check
'use strict';

/** What joins a running server with others: the only file that knows how the core does it. */

const os = require('node:os');
const LineError = require('../../common/line-error.js');
const { ConnectionErrorCode, ServerErrorCode } = require('../enums.js');
const { EngineBridge } = require('./engine.js');
const OPTIONS = require('../options/table.js');
const { isEngine, keepsHistories, redisPlace, redisSettings } = require('../options/adapter.js');
const { deliverNodeMessage } = require('./node-message.js');
const { receivedError } = require('../../common/json.js');
const { serverLog, throwLater } = require('../runtime/debug.js');
const { setTimer } = require('../runtime/environment.js');
const { kInbox, kNative, kOnNodeEvent, kSettings } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../../types/nodes.d.ts').NodeInfo} NodeInfo */
/** @typedef {{resolve: (value?: any) => void, reject: (error: LineError) => void}} Waiting */

/** Milliseconds after which a server has left, whatever its engine does. The core takes 2 s at most. */
const LEAVE = 2500;

/** What a question to other servers has come to, from the core. */
const ASKED = 1;
const TOO_LARGE = -1;

/**
 * What other servers have answered.
 * @typedef {object} NodesOutcome
 * @property {number} count
 * @property {[id: string, value?: any][]} values
 * @property {[id: string, error: any][]} errors
 * @property {string[]} missing Those that did not answer.
 */

/** A server's part among those that are joined, from `start()` to `stop()`. */
class Link {
  /** @type {Server} */
  #server;
  #core;
  #settings;
  /** @type {EngineBridge | undefined} */
  #bridge = undefined;
  #lastKey = 0;
  /** Who waits for an outcome, by the keys that the core has. @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** Settled with the first outcome of connecting. @type {Waiting & {promise: Promise<void>}} */
  #first = deferred();
  /** @type {(Waiting & {promise: Promise<void>}) | undefined} */
  #leaving = undefined;
  #isOver = false;

  /**
   * @param {Server} server
   * @param {any} adapter The option, checked.
   */
  constructor(server, adapter) {
    this.#server = server;
    this.#core = server[kNative].core;
    this.#settings = redisSettings(typeof adapter === 'object' && !isEngine(adapter) ? adapter : {});
    const { nodeName, subscribe, required, ...others } = this.#settings;
    const settings = { ...others, nodeName: nodeName ?? os.hostname(), allRooms: subscribe === 'all' };
    server[kInbox].watchClosed();
    const problem = this.#join(adapter, settings, () => server[kInbox].wake());
    if (problem !== null) throw down(`The server cannot be joined with others: ${problem}`);
    if (!required) this.#first.promise.catch(() => {});
  }

  /**
   * @param {any} adapter
   * @param {import('../binding/addon.d.ts').JoinSettings} settings
   * @param {() => void} onWake
   * @returns {string | null} What the system has against it.
   */
  #join(adapter, settings, onWake) {
    if (adapter !== 'cluster' && !isEngine(adapter)) return this.#core.joinByRedis(redisPlace(adapter), settings, onWake);
    const engine = adapter === 'cluster' ? clusterEngine(this.#server) : adapter;
    this.#bridge = new EngineBridge(this.#core, engine);
    return this.#core.joinByEngine(settings, keepsHistories(engine), onWake);
  }

  /** @returns {Promise<void>} With `required`, resolves when the server is joined, or rejects with `sAdapterDown`. */
  async ready() {
    if (this.#settings.required) await this.#first.promise;
  }

  /** Milliseconds that other servers have to answer. @returns {number} */
  get requestTimeout() {
    return this.#settings.requestTimeout;
  }

  /** @returns {'connecting' | 'up' | 'down'} */
  get state() {
    return this.#core.nodeState();
  }

  /** @returns {NodeInfo[]} */
  list() {
    return JSON.parse(this.#core.listNodes());
  }

  /**
   * @param {string} room That has members here.
   * @returns {Promise<void>} Resolves when messages of other servers for the room come, or nothing is to be waited for.
   */
  subscribed(room) {
    return this.#await((key) => this.#core.awaitSubscription(room, key));
  }

  /**
   * @param {number} slot
   * @param {string} room
   * @param {number} rewind
   * @returns {Promise<import('../../index.d.ts').JoinResult | null>} Resolves when the client has been sent what it had
   *   missed: with null when the connection has ended.
   */
  async join(slot, room, rewind) {
    /** @type {import('../binding/addon.d.ts').Joining | null} */
    let joining = null;
    const later = await this.#await((key) => {
      joining = this.#core.joinAndTellLater(key, room, { slot, rewind });
      return joining !== null && joining.joined === undefined;
    });
    return later ?? /** @type {any} */ (joining)?.joined ?? null;
  }

  /**
   * @param {string} room
   * @param {string | undefined} since
   * @param {number} limit
   * @returns {Promise<import('../binding/addon.d.ts').HistoryReading | undefined>} Undefined when this server alone keeps
   *   the history. Rejects with `sAdapterDown`.
   */
  readHistory(room, since, limit) {
    return this.#await((key) => this.#core.readHistoryLater(key, room, { since, limit }));
  }

  /**
   * Sends a message to whom a target means, on all servers.
   * @param {import('../binding/native.js').TargetWords} target
   * @param {string} text
   * @returns {Promise<{position?: string}>} Resolves when the engine has it. Rejects with `sAdapterDown` or `sAdapterBusy`.
   */
  async publish(target, text) {
    let isQueued = false;
    const outcome = await this.#await((key) => {
      isQueued = this.#server[kNative].publishTo(target, text, key);
      this.#server[kInbox].scheduleFlush();
      return isQueued;
    });
    if (isQueued) return outcome;
    const why = 'The message was not published: too much waits for the engine already ("maxQueuedBytes")';
    throw new LineError(ServerErrorCode.ADAPTER_BUSY, why);
  }

  /**
   * @param {(key: number) => boolean} begin Returns whether an outcome follows.
   * @returns {Promise<any>}
   */
  #await(begin) {
    const key = this.#lastKey;
    this.#lastKey = (key + 1) >>> 0;
    return new Promise((resolve, reject) => {
      if (begin(key)) this.#waiting.set(key, { resolve, reject });
      else resolve(undefined);
    });
  }

  /**
   * Sends a message for `server.nodes` of other servers.
   * @param {string} text
   * @param {string | undefined} to Id of the only one.
   * @param {number} timeout In ms; 0 is no limit.
   * @returns {Promise<import('./nodes.js').NodeAnswers>}
   */
  async send(text, to, timeout) {
    const outcome = await this.#question((key) => this.#core.sendToNodes(key, text, { to, timeout }));
    if (outcome === undefined) return { responses: new Map(), errors: new Map(), missingNodes: to === undefined ? [] : [to] };
    const { values, errors, missing } = outcome;
    const failed = errors.map(([id, error]) => /** @type {[string, LineError]} */ ([id, rejected(receivedError(error))]));
    return { responses: new Map(/** @type {[string, any][]} */ (values)), errors: new Map(failed), missingNodes: missing };
  }

  /**
   * @param {string} text
   * @param {string | undefined} to
   */
  sendWithoutResponse(text, to) {
    if (this.#core.tellNodes(text, to) === TOO_LARGE) throw tooLarge();
  }

  /**
   * Asks other servers about connections there.
   * @param {import('../binding/native.js').TargetWords} target
   * @param {readonly [what: string, ...args: unknown[]]} question As `askNodes` of the core takes it.
   * @param {number} [timeout] In ms; 0 is no limit.
   * @returns {Promise<NodesOutcome | undefined>} Undefined when there is nobody to ask.
   */
  ask(target, question, timeout = this.requestTimeout) {
    return this.#question((key) => this.#server[kNative].askNodes(target, [key, timeout, ...question]));
  }

  /**
   * @param {(key: number) => number} begin
   * @returns {Promise<NodesOutcome | undefined>} Undefined when there is nobody to ask. Rejects with `sInvalidAction`.
   */
  async #question(begin) {
    let begun = 0;
    /** @type {number} */
    const key = await this.#await((own) => {
      begun = begin(own);
      return begun === ASKED;
    });
    if (begun === TOO_LARGE) throw tooLarge();
    const text = begun === ASKED ? this.#server[kNative].takeNodesAnswer(key) : undefined;
    return text === undefined ? undefined : JSON.parse(text);
  }

  /**
   * Gives a connection of this server an id that it is going to claim.
   * @param {number} slot
   * @param {string} id
   * @returns {boolean} False when another connection of this server has it.
   */
  setId(slot, id) {
    return this.#core.reserveId(slot, id);
  }

  /**
   * Claims an id that a connection of this server has got by {@link setId}.
   * @param {string} id
   * @param {string} conflict As of `setIdAsync`.
   * @returns {Promise<boolean>} Whether no other server has it.
   */
  async claim(id, conflict) {
    const outcome = await this.#question((key) =>
      Number(this.#core.claimId(key, id, { takeOver: conflict === 'takeover', timeout: this.requestTimeout })));
    return outcome === undefined || outcome.count > 0;
  }

  /**
   * @param {number | null} key
   * @param {string} text
   */
  #onMessage(key, text) {
    const { n: name, p: payload } = JSON.parse(text);
    const answer = (/** @type {string | undefined} */ error, /** @type {string | undefined} */ json) => {
      const isSent = this.#core.answerNode(Number(key), error, json);
      if (!isSent) serverLog('the answer to "%s" of another server is larger than "maxMessage"', name);
    };
    deliverNodeMessage(this.#server.nodes, { name, payload }, key === null ? undefined : answer);
  }

  /** What is counted. @returns {import('../../types/adapter.d.ts').AdapterStats | null} */
  stats() {
    const text = this.#core.adapterStats();
    if (text === null) return null;
    const { counters, roundTrip: [p50, p99], ...report } = JSON.parse(text);
    const named = Object.fromEntries(Object.entries(counters).map(([name, count]) => [camel(name), count]));
    const { recoveriesRing: ring, recoveriesRead: read, recoveriesFailed: failed, ...others } = named;
    return { state: this.state, ...report, roundTrip: { p50: p50 / 1000, p99: p99 / 1000 }, ...others, recoveries: { ring, read, failed } };
  }

  /** The engine is to do something. */
  onEngineCalls() {
    this.#bridge?.onCalls();
  }

  /** The core has something to tell. */
  onNews() {
    for (const [what, ...rest] of JSON.parse(this.#core.takeNews())) {
      try {
        this.#onNews(what, rest);
      } catch (error) {
        // A handler has thrown. The others are told all the same.
        throwLater(error);
      }
    }
  }

  /**
   * @param {string} what
   * @param {any[]} rest
   */
  #onNews(what, rest) {
    const { nodes } = this.#server;
    switch (what) {
      case 'up':
        this.#first.resolve();
        nodes[kOnNodeEvent]('_up');
        break;
      case 'down': {
        const error = down(`This server is not joined with others: ${rest[0]}`, causeOf(rest[0], rest[1]));
        this.#first.reject(error);
        nodes[kOnNodeEvent]('_down', error);
        break;
      }
      case 'resumed':
        nodes[kOnNodeEvent]('_resumed', { downFor: rest[0], gaps: rest[1], lost: rest[2] });
        break;
      case 'degraded':
        nodes[kOnNodeEvent]('_degraded', down(`A part of what is asked of the engine waits: ${rest[0]}`, causeOf(rest[0], null)));
        break;
      case 'restored':
        nodes[kOnNodeEvent]('_restored');
        break;
      case 'joined':
      case 'left':
        nodes[kOnNodeEvent](`_${what}`, rest[0]);
        break;
      case 'joinedRoom':
        this.#settle(rest[0])?.resolve({ recovered: rest[1], replayed: rest[2], ...(rest[3] !== null && { position: rest[3] }) });
        break;
      case 'read':
        this.#onRead(rest[0]);
        break;
      case 'message':
        this.#onMessage(rest[0], rest[2]);
        break;
      case 'answered':
        this.#settle(rest[0])?.resolve(rest[0]);
        break;
      case 'subscribed':
        this.#settle(rest[0])?.resolve();
        break;
      case 'published':
        this.#settle(rest[0])?.resolve(rest[1] === null ? {} : { position: rest[1] });
        break;
      case 'unpublished':
        this.#settle(rest[0])?.reject(down(`The message was not published: ${rest[1]}`, causeOf(rest[1], rest[2])));
        break;
      case 'stopped':
        this.#end();
        break;
      default:
        serverLog('the core tells "%s", which is not known', what);
    }
  }

  /** @param {number} key */
  #onRead(key) {
    const outcome = this.#core.takeReading(key);
    if (outcome?.reading) this.#settle(key)?.resolve(outcome.reading);
    else this.#settle(key)?.reject(down(`The history was not read: ${outcome?.problem ?? 'the server was stopped'}`));
  }

  /** @param {number} key */
  #settle(key) {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  /**
   * Says goodbye.
   * @returns {Promise<void>} Resolves when the server has left the others, after 2.5 s at most.
   */
  leave() {
    if (this.#leaving !== undefined) return this.#leaving.promise;
    this.#leaving = deferred();
    this.#first.reject(new LineError(ServerErrorCode.INVALID_ACTION, 'The server was stopped while it started'));
    // When it fails, the server has left after that time.
    this.#attempt(() => this.#core.leaveNodes());
    setTimer(() => this.#end(), LEAVE).unref();
    return this.#leaving.promise;
  }

  /** @param {() => void} act A failure of it must not keep the server from stopping. */
  #attempt(act) {
    this.#server[kInbox].attempt(act);
  }

  #end() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#attempt(() => this.#core.forgetNodes());
    for (const { reject } of this.#waiting.values()) reject(down('The server was stopped'));
    this.#waiting.clear();
    this.#bridge?.dispose();
    this.#leaving?.resolve();
  }
}

/**
 * @param {Server} server
 * @returns {import('../../types/adapter.d.ts').Engine}
 */
function clusterEngine(server) {
  const { ClusterEngine } = require('./cluster-engine.js');
  return new ClusterEngine(() => server[kSettings].historyBytes ?? OPTIONS.historyBytes.initial);
}

/** @returns {Waiting & {promise: Promise<void>}} */
function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/**
 * @param {string} text
 * @param {Error} [cause]
 */
function down(text, cause) {
  return new LineError(ServerErrorCode.ADAPTER_DOWN, text, cause);
}

/** @param {unknown} error As it was received. */
function rejected(error) {
  const text = 'The server rejected the message; its error is the payload of this one';
  return new LineError(ConnectionErrorCode.MESSAGE_REJECTED, text, error);
}

function tooLarge() {
  return new LineError(ServerErrorCode.INVALID_ACTION, 'The message is larger than "maxMessage" of the adapter: other servers would not take it');
}

/** @param {string} name `dropped_queue` @returns {string} `droppedQueue` */
function camel(name) {
  return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

/**
 * @param {string} message
 * @param {string | null} code The system's.
 */
function causeOf(message, code) {
  return Object.assign(new Error(message), code === null ? {} : { code });
}

module.exports = { Link };
