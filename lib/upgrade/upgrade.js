// @ts-check
'use strict';

const { types } = require('node:util');

const { isError } = require('../../common/json.js');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode, ServerEvent: Event } = require('../enums.js');
const { messageProblem, show, statusProblem } = require('./refusal.js');
const { isToken, linesProblem, protocolOf, responseLines } = require('./response.js');
const { kHandovers, kInbox, kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('./request.js').UpgradeRequest} UpgradeRequest */

const BAD_REQUEST = 400;
const UNAUTHORIZED = 401;
const INTERNAL_ERROR = 500;

/** Servers whose application has been warned that it does not listen for errors. @type {WeakSet<Server>} */
const warned = new WeakSet();

/**
 * Decides on one upgrade request, as the original's socket layer does: `handleProtocols` first, then
 * `verifyClient`, then the `headers` event. Each of the first two may answer with a promise.
 * @param {Server} server
 * @param {number} key The native side's number of the request.
 */
function decideUpgrade(server, key) {
  const facts = server[kNative].core.upgradeFacts(key);
  // The peer has gone, or the server was stopped.
  if (facts === null) return;
  new Decision(server, key, facts).begin();
}

/** The decision on one upgrade request. */
class Decision {
  #server;
  #key;
  #facts;
  /** @type {UpgradeRequest} */
  #request;
  /** Whether `verifyClient` has answered: a second answer does not count. */
  #isVerified = false;

  /**
   * @param {Server} server
   * @param {number} key
   * @param {import('../binding/addon.d.ts').UpgradeFacts} facts
   */
  constructor(server, key, facts) {
    this.#server = server;
    this.#key = key;
    this.#facts = facts;
    this.#request = server[kHandovers].requestOf(facts);
  }

  begin() {
    this.#run(() => this.#chooseProtocol());
  }

  /**
   * Runs one step. An exception of the application reaches `uncaughtException`, and the request is refused, so that the
   * peer does not wait for ever.
   * @param {() => void} step
   */
  #run(step) {
    this.#server[kInbox].guard(() => {
      try {
        step();
      } catch (error) {
        this.#refuse(INTERNAL_ERROR);
        throw error;
      }
    });
  }

  /**
   * Continues with the result of the application, at once unless it is a promise.
   * @param {string} option
   * @param {any} value
   * @param {(value: any) => void} next
   */
  #await(option, value, next) {
    let isPromise;
    try {
      isPromise = isThenable(value);
    } catch (reason) {
      // For example a revoked proxy. A promise that resolved to it would be rejected with the same.
      this.#onRejected(option, reason);
      return;
    }
    if (!isPromise) {
      next(value);
      return;
    }
    const failed = (/** @type {unknown} */ reason) => this.#run(() => this.#onRejected(option, reason));
    Promise.resolve(value).then((result) => this.#run(() => next(result)), failed);
  }

  #chooseProtocol() {
    const { handleProtocols } = this.#server.options;
    if (!handleProtocols) {
      this.#verify(this.#facts.protocol);
      return;
    }
    const offered = (this.#request.headers['sec-websocket-protocol'] || '').split(/, */);
    this.#await('handleProtocols', handleProtocols(offered), (chosen) => this.#onProtocol(chosen, offered));
  }

  /**
   * @param {unknown} chosen
   * @param {string[]} offered
   */
  #onProtocol(chosen, offered) {
    if (chosen === false) this.#refuse(UNAUTHORIZED);
    else if (chosen === undefined || chosen === null || chosen === '') this.#verify(undefined);
    else if (typeof chosen === 'string' && isToken(chosen.trim())) this.#verify(chosen.trim());
    // The client has offered a subprotocol with an invalid name.
    else if (typeof chosen === 'string' && offered.includes(chosen)) this.#refuse(BAD_REQUEST);
    else {
      const text = 'must return one of the subprotocols offered, false to refuse the request, or nothing for none';
      this.#onWrong(`"options.handleProtocols" ${text}; got ${show(chosen)}`, chosen);
    }
  }

  /** @param {string | undefined} protocol */
  #verify(protocol) {
    const { verifyClient } = this.#server.options;
    if (!verifyClient) {
      this.#accept(protocol);
      return;
    }
    const { headers, connection } = this.#request;
    const version = Number(headers['sec-websocket-version']);
    const info = {
      origin: headers[version === 8 ? 'sec-websocket-origin' : 'origin'],
      secure: connection.encrypted,
      req: this.#request,
    };
    if (verifyClient.length !== 2) {
      this.#onVerdict(protocol, verifyClient(info));
      return;
    }
    const returned = verifyClient(info, (/** @type {unknown} */ verified, /** @type {unknown} */ code, /** @type {unknown} */ message) => {
      this.#run(() => this.#onVerdict(protocol, verified, code, message));
    });
    // The callback decides. When the promise rejects, the callback will not be called.
    this.#await('verifyClient', returned, () => {});
  }

  /**
   * @param {string | undefined} protocol
   * @param {unknown} verdict
   * @param {unknown} [code]
   * @param {unknown} [message]
   */
  #onVerdict(protocol, verdict, code, message) {
    if (this.#isVerified) return;
    this.#isVerified = true;
    this.#await('verifyClient', verdict, (verified) => {
      // Node's callbacks take an error first. Such an error is truthy, and must not accept the client.
      if (mayBeError(verified)) {
        const text = 'must say with true or false whether a client may connect';
        this.#onWrong(`"options.verifyClient" ${text}; got ${show(verified)}`, verified);
      } else if (verified) this.#accept(protocol);
      else this.#onRefused(code || UNAUTHORIZED, message || undefined);
    });
  }

  /**
   * @param {any} code
   * @param {any} message
   */
  #onRefused(code, message) {
    // The original writes a string as it is.
    const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
    const problem = statusProblem(status) ?? messageProblem(message);
    if (problem === undefined) this.#refuse(status, message);
    else this.#onWrong(`"options.verifyClient" refused a request, but ${problem}`, statusProblem(status) ? code : message);
  }

  /** @param {string | undefined} protocol */
  #accept(protocol) {
    const sent = responseLines(this.#facts.accept, protocol, this.#facts.extensions);
    const lines = [...sent];
    this.#server.emit(Event.HEADERS, lines);
    const problem = linesProblem(lines, sent);
    if (problem !== undefined) {
      this.#onWrong(`A listener of "headers" has made an answer that cannot be sent: ${problem}`, lines);
      return;
    }
    this.#server[kNative].core.accept(this.#key, `${lines.join('\r\n')}\r\n\r\n`, protocolOf(lines));
  }

  /**
   * @param {number} status
   * @param {string} [message]
   */
  #refuse(status, message) {
    this.#server[kNative].core.refuse(this.#key, status, message);
  }

  /**
   * Reports a mistake of the application. It must not end the process, because a peer can choose the moment.
   * @param {string} text
   * @param {unknown} value What was wrong.
   */
  #onWrong(text, value) {
    this.#fail(new LineError(ServerErrorCode.INVALID_ACTION, `${text}. The request was refused with status 500`, value));
  }

  /**
   * @param {string} option
   * @param {unknown} reason
   */
  #onRejected(option, reason) {
    const why = types.isNativeError(reason) && typeof reason.message === 'string' ? reason.message : show(reason);
    const text = `The promise of "options.${option}" was rejected, and the request refused with status 500: ${why}`;
    this.#fail(new LineError(ServerErrorCode.WEBSOCKET_ERROR, text, reason));
  }

  /** @param {LineError} error */
  #fail(error) {
    this.#refuse(INTERNAL_ERROR);
    if (this.#server.emit(Event.ERROR, error) !== false || warned.has(this.#server)) return;
    warned.add(this.#server);
    const hint = 'Listen for "error" on the server to get the next ones';
    process.emitWarning(`${error.message}. ${hint}`, { code: 'LINE_UPGRADE' });
  }
}

/** @param {unknown} value @returns {boolean} Whether it is an error, or a proxy that does not tell. */
function mayBeError(value) {
  try {
    return isError(value);
  } catch {
    return true;
  }
}

/** @param {any} value */
function isThenable(value) {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && typeof value.then === 'function';
}

module.exports = { decideUpgrade };
