// @ts-check
'use strict';

const { constants: { MAX_STRING_LENGTH } } = require('node:buffer');

/**
 * The options of a server: the rule, the default and the core's setting of each. A new option needs an entry
 * in `facts/server-options.js`; this file has the rules that an entry cannot express.
 */

const { POLICY_RULES } = require('./policy.js');
const { MAX, isCount, ruleOf } = require('./rules.js');
const TABLE = require('./table.js');

/** @typedef {import('./rules.js').Rule} Rule */

/**
 * @typedef {object} Option
 * @property {Rule} [rule] What it must be; options without a rule are checked where they are used.
 * @property {boolean} [isRequired] When given, it must not be undefined or null, as with the original.
 * @property {boolean} [isLive] When set while the server runs, it takes effect at once.
 * @property {any} [initial] The default.
 * @property {(value: any) => any} [core] Gives the value of the core's setting of the same name.
 */

/** @param {any} value */
function isPort(value) {
  // Environment variables are strings: `port: process.env.PORT` is common.
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return isCount(port) && port <= 65535;
}

/** @param {any} value */
function isListen(value) {
  if (typeof value !== 'object' || value === null) return false;
  const { path, mode = 0 } = value;
  return typeof path === 'string' && /^[^\0]+$/.test(path) && isCount(mode) && mode <= 0o777;
}

/** @param {any} value */
function isHttpServer(value) {
  return typeof value === 'object' && ['on', 'off', 'listenerCount', 'address'].every((name) => typeof value?.[name] === 'function');
}

/** @param {number} count A number that the core keeps in 32 bits. */
function atMost(count) {
  return Math.min(count, MAX);
}

/** Rules of options of the kind `other`. @type {{[name: string]: Rule}} */
const OTHERS = {
  host: [(value) => typeof value === 'string', 'must be a host name or IP address'],
  port: [isPort, 'must be an integer from 0 to 65535'],
  listen: [isListen, 'must be an object with the path of a Unix domain socket: { path: string, mode?: number }'],
  backlog: [(value) => isCount(value) && value > 0 && value <= 0x7fffffff, 'must be a positive integer'],
  server: [isHttpServer, 'must be a server of node:http or node:https'],
  ...POLICY_RULES,
};

/** Values for the core of options that mean something else there. @type {{[name: string]: (value: number) => number}} */
const FOR_CORE = {
  // Below one byte means no limit, as with the original. The longest string of JavaScript stays a limit.
  maxPayload: (bytes) => Math.min(bytes < 1 ? MAX_STRING_LENGTH : bytes, MAX_STRING_LENGTH),
  maxFragments: (count) => atMost(count || MAX),
};

/**
 * @param {string} name
 * @param {import('./table.js').Entry} entry
 * @returns {Option['core']}
 */
function forCore(name, { core }) {
  if (core === undefined) return undefined;
  return FOR_CORE[name] ?? (core === 'u32' ? atMost : (value) => value);
}

/** @type {Readonly<{[name: string]: Option}>} */
const OPTIONS = Object.freeze(Object.fromEntries(Object.entries(TABLE).map(([name, entry]) => {
  const { isRequired, isLive, initial } = entry;
  return [name, { rule: OTHERS[name] ?? ruleOf(entry), isRequired, isLive, initial, core: forCore(name, entry) }];
})));

/** Options that applications of the original pass, and why they have no effect there or here. */
const WITHOUT_EFFECT = new Map([
  ['handshakePayload', 'only clients send a payload with the handshake'],
  ['noDelay', 'small messages are never held back (TCP_NODELAY)'],
  ['disableHixie', 'connections of that draft of WebSocket are never served'],
]);

module.exports = { OPTIONS, WITHOUT_EFFECT };
