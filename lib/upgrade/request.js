// @ts-check
'use strict';

const { PeerSocket } = require('./peer-socket.js');

/**
 * The upgrade request as handlers see it, with the common members of Node's `http.IncomingMessage`.
 */

/** Headers of which Node keeps the first and drops the others. */
const FIRST_ONLY = new Set([
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host',
  'if-modified-since', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards',
  'proxy-authorization', 'referer', 'retry-after', 'server', 'user-agent',
]);

/** @typedef {import('../binding/addon.d.ts').RequestFacts} RequestFacts */

/** An upgrade request. */
class UpgradeRequest {
  /** @type {string[]} */
  #rawHeaders;
  /** @type {{[name: string]: any} | undefined} */
  #headers = undefined;

  /** @param {RequestFacts} facts */
  constructor(facts) {
    this.#rawHeaders = facts.headers;
    this.method = facts.method;
    this.url = facts.target;
    this.httpVersion = `1.${facts.httpMinor}`;
    this.connection = new PeerSocket(facts);
    this.socket = this.connection;
  }

  /** Names and values in turn, as they came: a copy. @returns {string[]} */
  get rawHeaders() {
    return [...this.#rawHeaders];
  }

  /** Values by name in lower case; repeated ones are joined as Node joins them. */
  get headers() {
    return (this.#headers ??= joinHeaders(this.#rawHeaders));
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

module.exports = { UpgradeRequest };
