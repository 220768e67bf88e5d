// @ts-check
'use strict';

const { PeerSocket } = require('./peer-socket.js');

/**
 * The upgrade request as handlers see it: what Node's `http.IncomingMessage` has of it and people
 * use. Made when it is first asked for.
 */

/** Headers of which Node keeps the first and drops the others. */
const FIRST_ONLY = new Set([
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host',
  'if-modified-since', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards',
  'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent',
]);

/** Which line is what; see `request_lines` in `src/facts.rs`. */
const METHOD = 0;
const TARGET = 1;
const MINOR = 2;
const ADDRESS = 3;
const PORT = 4;
const ENCRYPTED = 5;
const TRANSPORT = 6;
const PROXY = 7;
const SECURE = 8;
const COUNT = 9;
const HEADERS = 10;

/** An upgrade request. */
class UpgradeRequest {
  /** @type {string[]} */
  #facts;
  /** @type {{[name: string]: any} | undefined} */
  #headers = undefined;

  /** @param {string[]} facts */
  constructor(facts) {
    this.#facts = facts;
    this.method = facts[METHOD];
    this.url = facts[TARGET];
    this.httpVersion = `1.${facts[MINOR]}`;
    this.connection = new PeerSocket(facts[ADDRESS], facts[PORT], facts[ENCRYPTED] === '1', facts[PROXY], facts[SECURE]);
    this.socket = this.connection;
  }

  /** Names and values in turn, as they came. @returns {string[]} */
  get rawHeaders() {
    return this.#facts.slice(HEADERS, HEADERS + 2 * Number(this.#facts[COUNT]));
  }

  /** Values by name in lower case; repeated ones are joined as Node joins them. */
  get headers() {
    return (this.#headers ??= joinHeaders(this.rawHeaders));
  }
}

/**
 * @param {string[]} raw
 * @returns {{[name: string]: any}}
 */
function joinHeaders(raw) {
  /** @type {{[name: string]: any}} */
  const headers = {};
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toLowerCase();
    const value = raw[index + 1];
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (name === 'set-cookie') set(headers, name, [...(known ?? []), value]);
    else if (known === undefined) set(headers, name, value);
    else if (!FIRST_ONLY.has(name)) {
      headers[name] = `${known}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
  }
  return headers;
}

/**
 * @param {object} headers
 * @param {string} name May be `__proto__`.
 * @param {unknown} value
 */
function set(headers, name, value) {
  Object.defineProperty(headers, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/**
 * An entry behind the headers, whose meaning depends on whom the facts came from.
 * @param {string[]} facts
 * @param {number} index
 */
function extraFact(facts, index) {
  return facts[HEADERS + 2 * Number(facts[COUNT]) + index];
}

/**
 * Says what is known of an encryption that is not this server's.
 * @param {string[]} facts
 * @param {string} secure As `secure_line` in `src/facts.rs` writes it.
 */
function setSecure(facts, secure) {
  facts[SECURE] = secure;
}

/**
 * How the connection's bytes travel.
 * @param {string[]} facts
 */
function transportOf(facts) {
  return facts[TRANSPORT];
}

module.exports = { UpgradeRequest, extraFact, setSecure, transportOf };
