// @ts-check
'use strict';

const net = require('node:net');

const LineError = require('../../common/line-error.js');
const { guard, refuseUnavailable } = require('../upgrade/refusal.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');
const { atStart } = require('../runtime/later.js');
const { ServerErrorCode } = require('../enums.js');
const { kLifecycle, kNative, kRequestFacts, kSetRequest } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/connection.js').ServerConnection} ServerConnection */
/** @typedef {import('../connection/socket.js').Socket} Socket */
/** @typedef {import('../upgrade/request.js').UpgradeRequest} UpgradeRequest */
/** @typedef {import('./pipe.js').Pipe} Pipe */
/** @typedef {import('../binding/addon.d.ts').RequestFacts} RequestFacts */
/** @typedef {import('../binding/addon.d.ts').SecureFacts} SecureFacts */
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:stream').Duplex} Duplex */

const pipes = atStart(() => require('./pipe.js'));
const requests = atStart(() => require('../upgrade/request.js'));

/**
 * A stream that was handed over to the io thread.
 * @typedef {object} Handover
 * @property {object | undefined} extras What the application has added to the request.
 * @property {SecureFacts | undefined} secure What is known of its encryption.
 * @property {UpgradeRequest | undefined} request The request that `verifyClient` got.
 * @property {Pipe | undefined} pipe
 * @property {((socket: Socket) => void) | undefined} callback
 */

/** Properties that every request has; found at the first request. @type {Set<string | symbol> | undefined} */
let standard;

/** Milliseconds that `stop()` leaves to streams for their last bytes. */
const LAST_WRITE = 1000;

/** Streams that are piped: a second pipe would get a part of the bytes. @type {WeakSet<Duplex>} */
const piped = new WeakSet();

/** The streams that other servers have accepted and this one serves. */
class Handovers {
  #server;
  #native;
  #lastKey = 0;
  /** @type {Map<number, Handover>} */
  #handovers = new Map();
  /** Piped streams that the io thread is done with, and that still write. @type {Set<Pipe>} */
  #ending = new Set();
  /** Called when none of them is left. @type {(() => void) | undefined} */
  #whenWritten = undefined;

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
    this.#native = server[kNative];
  }

  /** Number of these streams. */
  get size() {
    return this.#handovers.size;
  }

  /**
   * Takes a stream whose upgrade request Node has parsed. From now on the io thread has the stream, and
   * checks the request as on a port of this server.
   * @param {IncomingMessage} request
   * @param {Duplex} stream
   * @param {Uint8Array} head Bytes that came after the request.
   * @param {boolean} held Whether nothing is read from the client until the socket is served.
   * @param {(socket: Socket) => void} [callback] Called once the WebSocket is open.
   */
  take(request, stream, head, held, callback) {
    if (piped.has(stream)) {
      const text = 'A stream was handed over twice: two listeners took the same upgrade';
      throw new LineError(ServerErrorCode.INVALID_ACTION, text);
    }
    guard(stream);
    // The peer has gone, or another listener has answered.
    if (!stream.readable || !stream.writable) {
      stream.destroy();
      return;
    }
    const key = this.#newKey();
    const { remoteAddress, remotePort = 0, encrypted } = /** @type {any} */ (addressed(request, stream));
    const handedOver = {
      head: headOf(request),
      early: Buffer.concat([head, ...bufferedBy(stream)]),
      address: remoteAddress,
      port: remotePort,
      encrypted: Boolean(encrypted),
      held,
    };
    /** @type {Handover} */
    const handover = { extras: extrasOf(request), secure: secureOf(stream), request: undefined, pipe: undefined, callback };
    this.#handovers.set(key, handover);
    const descriptor = descriptorOf(stream);
    const { core } = this.#native;
    if (descriptor !== undefined && core.handOver(key, { ...handedOver, descriptor })) {
      // The io thread has a descriptor of its own: closing this one sends nothing to the peer.
      stream.destroy();
    } else if (core.handOver(key, handedOver)) {
      piped.add(stream);
      const { Pipe } = pipes();
      handover.pipe = new Pipe(this.#native, key, stream);
    } else {
      // No io thread runs.
      this.#handovers.delete(key);
      refuseUnavailable(stream);
    }
    this.#server[kLifecycle].updateKeepAlive();
  }

  #newKey() {
    do this.#lastKey = (this.#lastKey + 1) >>> 0;
    while (this.#handovers.has(this.#lastKey));
    return this.#lastKey;
  }

  /**
   * The request of an upgrade that waits for a decision.
   * @param {import('../binding/addon.d.ts').UpgradeFacts} facts
   * @returns {UpgradeRequest}
   */
  requestOf({ request, handover: key }) {
    const handover = key === undefined ? undefined : this.#handovers.get(key);
    if (handover === undefined) return makeRequest(request, {});
    return (handover.request = makeRequest(request, handover));
  }

  /**
   * @param {number} key
   * @param {ServerConnection} connection
   */
  onOpened(key, connection) {
    const handover = /** @type {Handover} */ (this.#handovers.get(key));
    const { request, extras, secure, callback } = handover;
    if (request !== undefined) {
      connection.socket[kSetRequest](request);
    } else if (extras !== undefined || secure !== undefined) {
      connection.socket[kSetRequest](makeRequest(connection.socket[kRequestFacts], handover));
    }
    // Only the pipe is needed from now on.
    Object.assign(handover, { request: undefined, extras: undefined, secure: undefined, callback: undefined });
    callback?.(connection.socket);
  }

  /** @param {number} key */
  onReleased(key) {
    const pipe = this.#handovers.get(key)?.pipe;
    this.#handovers.delete(key);
    if (pipe !== undefined) {
      this.#ending.add(pipe);
      pipe.onReleased(() => this.#onWritten(pipe));
    }
    this.#server[kLifecycle].updateKeepAlive();
  }

  /** @param {Pipe} pipe */
  #onWritten(pipe) {
    if (this.#ending.delete(pipe) && this.#ending.size === 0) this.#whenWritten?.();
  }

  /**
   * Runs a function when the streams that the io thread is done with have written their last bytes. Node keeps those
   * in the stream while an earlier write is under way. Streams that take too long are closed.
   * @param {() => void} run
   */
  whenWritten(run) {
    if (this.#ending.size === 0) {
      run();
      return;
    }
    const timer = setTimer(() => {
      for (const pipe of this.#ending) pipe.destroy();
      this.#ending.clear();
      this.#whenWritten?.();
    }, LAST_WRITE);
    this.#whenWritten = () => {
      this.#whenWritten = undefined;
      clearTimeout(timer);
      run();
    };
  }

  /** @param {number} key */
  onOutput(key) {
    this.#handovers.get(key)?.pipe?.onOutput();
  }

  /** @param {number} key */
  onRoom(key) {
    this.#handovers.get(key)?.pipe?.onRoom();
  }
}

/**
 * The descriptor that the io thread can take over.
 * @param {any} stream
 * @returns {number | undefined} Undefined when the stream is not a plain socket (TLS, a duplex made elsewhere),
 *   on Windows, or while it has bytes to write.
 */
function descriptorOf(stream) {
  if (!(stream instanceof net.Socket) || /** @type {any} */ (stream).encrypted || stream.writableLength > 0) return undefined;
  const descriptor = /** @type {any} */ (stream)._handle?.fd;
  return Number.isInteger(descriptor) && descriptor >= 0 ? descriptor : undefined;
}

/**
 * Bytes that Node has read and no listener has consumed.
 * @param {Duplex} stream
 * @returns {Buffer[]}
 */
function bufferedBy(stream) {
  const chunks = [];
  while (stream.readableLength > 0) {
    const chunk = stream.read();
    if (chunk === null) break;
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, stream.readableEncoding ?? 'utf8') : chunk);
  }
  return chunks;
}

/**
 * @param {RequestFacts} facts
 * @param {{secure?: SecureFacts, extras?: object}} handover
 */
function makeRequest(facts, { secure, extras }) {
  const { UpgradeRequest } = requests();
  return Object.assign(new UpgradeRequest(secure === undefined ? facts : { ...facts, secure }), extras);
}

/**
 * Node's facts about the encryption of a stream, in the form that the core uses.
 * @param {Duplex} stream
 * @returns {SecureFacts | undefined} Undefined when Node does not encrypt it.
 */
function secureOf(stream) {
  const { TLSSocket } = require('node:tls');
  if (!(stream instanceof TLSSocket)) return undefined;
  const { authorized, authorizationError, alpnProtocol } = stream;
  return {
    protocol: stream.getProtocol() ?? '',
    authorized,
    authorizationError: authorized ? undefined : String(authorizationError ?? '') || undefined,
    alpnProtocol: alpnProtocol || undefined,
    certificate: stream.getPeerX509Certificate()?.raw.toString('base64'),
  };
}

/**
 * The object with the address of the peer. When the stream is another duplex, that is the request's socket.
 * @param {IncomingMessage} request
 * @param {Duplex} stream
 */
function addressed(request, stream) {
  return 'remoteAddress' in stream ? stream : (request.socket ?? stream);
}

/**
 * The head of a request as it came over the wire, one character for each byte.
 * @param {IncomingMessage} request
 */
function headOf({ method, url, httpVersion, rawHeaders }) {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  return `${head}\r\n`;
}

/**
 * What the application has added to a request, such as a session or a user.
 * @param {any} request
 * @returns {object | undefined}
 */
function extrasOf(request) {
  const { IncomingMessage } = require('node:http');
  // Node's server adds `parser`.
  const known = (standard ??= new Set([...Reflect.ownKeys(new IncomingMessage(/** @type {any} */ (null))), 'parser']));
  const keys = Reflect.ownKeys(request).filter((key) => !known.has(key));
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, request[key]]));
}

module.exports = { Handovers };
