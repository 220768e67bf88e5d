// @ts-check
'use strict';

/**
 * The options that say which upgrades are accepted, and which proxies are trusted to name the client. The core
 * applies them, and checks origins and networks (`crates/core/src/upgrade/policy.rs`).
 */

const { isListOf } = require('../shown.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('./rules.js').Rule} Rule */

/** Stands for "every proxy" among numbers of proxies. */
const EVERY_PROXY = 0xffffffff;

/** @param {unknown} value */
function isListOfStrings(value) {
  return isListOf(value, (entry) => typeof entry === 'string' && !entry.includes('\n'));
}

/** @param {any} value */
function isTrust(value) {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value < EVERY_PROXY;
  return typeof value === 'boolean' || isListOfStrings(asList(value));
}

/** @param {any} value `a, b` is short for `['a', 'b']`. */
function asList(value) {
  return typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value;
}

/** The options that make up the policy. */
const POLICY = ['path', 'allowedOrigins', 'requireOrigin', 'protocols', 'trustProxy', 'proxyHeaders'];

/** Rules of the options that have the kind `other`. @type {{[name: string]: Rule}} */
const POLICY_RULES = {
  path: [(value) => typeof value === 'string' && value.startsWith('/'), 'must be a URL path that begins with /'],
  allowedOrigins: [isListOfStrings, 'must be a list of strings such as "https://example.com"; for other conditions use verifyClient'],
  protocols: [(value) => isListOfStrings(value) && value.length > 0, 'must be a list of at least one subprotocol'],
  trustProxy: [isTrust, 'must be a boolean, a number of proxies, or a list of addresses'],
};

/**
 * Sets the policy of a server.
 * @param {any} options
 * @param {NativeServer} native
 * @returns {string | undefined} Which option is not valid, and why; then nothing has changed.
 */
function setPolicy(options, native) {
  const { path, allowedOrigins, requireOrigin, protocols, trustProxy, proxyHeaders } = options;
  const invalid = native.core.setPolicy({
    path: path ?? undefined,
    allowedOrigins: allowedOrigins || undefined,
    requireOrigin: requireOrigin ?? false,
    protocols: protocols ?? [],
    trustedHops: trustProxy === true ? EVERY_PROXY : Number(trustProxy) || 0,
    trustedProxies: isListOfStrings(asList(trustProxy)) ? asList(trustProxy) : [],
    proxyHeaders: proxyHeaders ?? 'x-forwarded',
  });
  return invalid ? `"options.${invalid.option}": ${invalid.reason}` : undefined;
}

module.exports = { POLICY, POLICY_RULES, setPolicy };
