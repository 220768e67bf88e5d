// @ts-check
'use strict';

/** The option `adapter`: what joins this server with others. `lib/nodes` uses it. */

const { constants: { MAX_STRING_LENGTH } } = require('node:buffer');
const LineError = require('../../common/line-error.js');
const TABLE = require('./adapter-table.js');
const { checkRedis: checkRedisPlace, wantsTls } = require('../binding/native.js');
const { invalid } = require('./room-rules.js');
const { isListOf, isObject, shown } = require('../shown.js');
const { FLAG, MAX, choice } = require('./rules.js');
const { refuseUnknown } = require('./unknown-options.js');
const { ServerErrorCode } = require('../enums.js');

/** @typedef {import('./rules.js').Rule} Rule */
/** @typedef {import('./adapter-table.js').Entry} Entry */

const KEYS = Object.freeze(Object.keys(TABLE));
const METHODS = Object.freeze(['start', 'publish', 'subscribe', 'unsubscribe', 'stop']);
/** What an engine has besides if it keeps histories. */
const HISTORY_METHODS = Object.freeze(['append', 'read', 'positions']);
const SCHEMES = Object.freeze(['redis:', 'rediss:', 'unix:', 'redis+sentinel:', 'redis+cluster:']);
const WHAT = "must be { redis: 'redis://…' }, 'cluster', or an engine with the methods start, publish, subscribe, unsubscribe and stop";

/** @param {unknown} value */
const isPem = (value) => (typeof value === 'string' && value !== '') || (value instanceof Uint8Array && value.length > 0);
/** @param {unknown} value */
const isText = (value) => typeof value === 'string' && value !== '' && value.length <= 1000;

/** Rules of what an entry of the table cannot express. @type {{[name: string]: Rule}} */
const OTHERS = {
  prefix: [
    (value) => typeof value === 'string' && /^[^\s{}\p{C}]{1,100}$/u.test(value),
    'must be 1 to 100 characters without spaces and braces',
  ],
  nodeName: [(value) => typeof value === 'string' && /^\P{Cc}{1,200}$/u.test(value), 'must be 1 to 200 characters'],
};

/** What `adapter.tls` may have. @type {{[name: string]: Rule}} */
const TLS = {
  ca: [isPem, 'must be PEM: a string or a Buffer'],
  cert: [isPem, 'must be PEM: a string or a Buffer'],
  key: [isPem, 'must be PEM: a string or a Buffer'],
  passphrase: [(value) => typeof value === 'string', 'must be a string'],
  servername: [isText, 'must be the name of a host'],
};

/**
 * @param {string} name
 * @param {Entry} entry
 * @returns {Rule | undefined}
 */
function ruleOf(name, { kind, least = 0, values = [] }) {
  switch (kind) {
    case 'ms': return number(least, MAX, 'in milliseconds');
    case 'bytes': return number(least, MAX_STRING_LENGTH, 'in bytes');
    case 'boolean': return FLAG;
    case 'choice': return choice(values);
    default: return OTHERS[name];
  }
}

/**
 * @param {number} least
 * @param {number} most
 * @param {string} unit
 * @returns {Rule}
 */
function number(least, most, unit) {
  return [
    (value) => Number.isInteger(value) && value >= least && value <= most,
    `must be an integer from ${least} to ${most}, ${unit}`,
  ];
}

/** @param {unknown} value @returns {boolean} */
const isGiven = (value) => value !== undefined && value !== null;

/**
 * @param {any} adapter The option.
 * @returns {adapter is import('../../types/adapter.d.ts').Engine}
 */
function isEngine(adapter) {
  return typeof adapter === 'object' && adapter !== null && METHODS.every((name) => typeof adapter[name] === 'function');
}

/**
 * @param {import('../../types/adapter.d.ts').Engine} engine
 * @returns {boolean} Whether it can keep histories.
 */
function keepsHistories(engine) {
  return missingOf(engine).length === 0;
}

/** @param {any} engine @returns {string[]} The methods that it lacks for that. */
const missingOf = (engine) => HISTORY_METHODS.filter((name) => typeof engine[name] !== 'function');

/**
 * @param {any} adapter The option.
 * @throws {LineError} `sInvalidOptions`, naming what is not valid in it.
 */
function checkAdapter(adapter) {
  if (!isGiven(adapter) || adapter === 'cluster' || isEngine(adapter)) return;
  if (typeof adapter === 'object' && METHODS.some((name) => typeof adapter[name] === 'function')) {
    const missing = METHODS.filter((name) => typeof adapter[name] !== 'function');
    throw refused(`"options.adapter" has methods of an engine, but not all: ${missing.join(', ')} must be a function, too`);
  }
  if (!isObject(adapter)) throw invalid('options.adapter', WHAT, adapter);
  refuseUnknown('options.adapter', adapter, KEYS);
  checkRedis(/** @type {any} */ (adapter).redis);
  for (const [name, entry] of Object.entries(TABLE)) {
    const value = /** @type {any} */ (adapter)[name];
    if (isGiven(value)) checkRule(`options.adapter.${name}`, value, ruleOf(name, entry));
  }
  checkTls(/** @type {any} */ (adapter));
}

/**
 * Refuses histories beside an engine that keeps none.
 * @param {any} adapter The option, checked.
 * @param {any} history The option, checked.
 * @throws {LineError} `sInvalidOptions`
 */
function checkHistoryWith(adapter, history) {
  if (!isEngine(adapter) || !isGiven(history) || Object.keys(history).length === 0) return;
  const missing = missingOf(adapter);
  if (missing.length === 0) return;
  throw refused(`"options.history" needs an engine that keeps messages for all servers: ${missing.join(', ')} of "options.adapter" must be a function, too`);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {Rule | undefined} rule
 */
function checkRule(name, value, rule) {
  if (rule !== undefined && !rule[0](value)) throw invalid(name, rule[1], value);
}

/** @param {any} redis The URLs. */
function checkRedis(redis) {
  const name = 'options.adapter.redis';
  const urls = Array.isArray(redis) ? redis : [redis];
  if (urls.length === 0 || !isListOf(urls, (url) => typeof url === 'string' && url !== '')) {
    throw invalid(name, "must be a URL such as 'redis://127.0.0.1:6379', or a list of them", redis);
  }
  const schemes = urls.map((url) => /^[a-z+.-]*:/i.exec(url)?.[0].toLowerCase());
  for (const scheme of schemes) {
    // The URL is not shown: it may have a password.
    if (scheme === undefined || !SCHEMES.includes(scheme)) {
      throw refused(`"${name}" must begin with ${SCHEMES.slice(0, -1).join(', ')} or ${SCHEMES.at(-1)}; it begins with ${scheme === undefined ? 'none' : `"${scheme}"`}`);
    }
  }
  if (new Set(schemes).size > 1) throw refused(`"${name}" must have one scheme for all URLs; it has ${[...new Set(schemes)].join(' and ')}`);
}

/** @param {any} adapter */
function checkTls({ tls }) {
  if (!isGiven(tls)) return;
  const name = 'options.adapter.tls';
  if (!isObject(tls)) throw invalid(name, 'must be an object: { ca?, cert?, key?, passphrase?, servername? }', tls);
  refuseUnknown(name, tls, Object.keys(TLS));
  const given = /** @type {any} */ (tls);
  for (const [key, rule] of Object.entries(TLS)) {
    // A key or a passphrase is not shown.
    if (isGiven(given[key]) && !rule[0](given[key])) throw refused(`"${name}.${key}" ${rule[1]}; got ${typeof given[key] === 'string' ? 'another string' : shown(given[key])}`);
  }
  if (isGiven(given.cert) !== isGiven(given.key)) throw refused(`"${name}" must have both "cert" and "key", or neither`);
}

/** @param {string} text */
function refused(text) {
  return new LineError(ServerErrorCode.INVALID_OPTIONS, text);
}

/**
 * Where Redis is, as the core takes it.
 * @param {any} adapter The option, checked.
 * @returns {import('../binding/addon.d.ts').RedisPlace}
 * @throws {LineError} `sInvalidOptions` for a key that cannot be decrypted.
 */
function redisPlace(adapter) {
  const { redis, prefix, tls, maxMessage } = redisSettings(adapter);
  const urls = Array.isArray(redis) ? redis : [redis];
  const isWanted = isGiven(tls) || wantsTls(urls) === true;
  return { urls, prefix, maxMessage, ...(isWanted ? { tls: certificates(tls ?? {}) } : {}) };
}

/** @param {any} tls The option. */
function certificates({ ca, cert, key, passphrase, servername }) {
  const { rootCertificates } = require('node:tls');
  const text = (/** @type {any} */ pem) => (isGiven(pem) ? Buffer.from(pem).toString() : undefined);
  return {
    ca: text(ca) ?? rootCertificates.join('\n'),
    cert: text(cert),
    key: isGiven(key) ? decrypted(text(key), passphrase ?? undefined) : undefined,
    servername: servername ?? undefined,
  };
}

/**
 * @param {any} key PEM.
 * @param {string | undefined} passphrase
 * @returns {string}
 */
function decrypted(key, passphrase) {
  const { createPrivateKey } = require('node:crypto');
  try {
    return createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    throw refused('"options.adapter.tls.key" cannot be read: it is no private key in PEM, or "passphrase" does not decrypt it');
  }
}

/**
 * Checks what the core knows of Redis: addresses and certificates.
 * @param {any} adapter The option, checked by {@link checkAdapter}.
 * @throws {LineError} `sInvalidOptions`
 */
function checkRedisWith(adapter) {
  if (!isGiven(adapter) || adapter === 'cluster' || isEngine(adapter)) return;
  const problem = checkRedisPlace(redisPlace(adapter));
  if (problem) throw refused(`"options.adapter.${problem.option}" ${problem.reason}`);
}

/**
 * @param {any} adapter The option, checked.
 * @returns {any} It with its defaults.
 */
function redisSettings(adapter) {
  return Object.fromEntries(Object.entries(TABLE).map(([name, { initial }]) => [name, adapter[name] ?? initial]));
}

module.exports = { checkAdapter, checkHistoryWith, checkRedisWith, isEngine, keepsHistories, redisPlace, redisSettings };
