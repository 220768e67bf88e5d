// @ts-check
'use strict';

const { kindOf } = require('../../common/kind-of.js');
const LineError = require('../../common/line-error.js');
const { ServerErrorCode } = require('../enums.js');
const { isListOf } = require('../shown.js');
const { tls: TABLE } = require('./nested-table.js');
const { ruleOf } = require('./rules.js');
const { refuseUnknown } = require('./unknown-options.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('node:crypto').KeyObject} KeyObject */
/** @typedef {import('./rules.js').Rule} Rule */

const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** In the first line of an encrypted key (RFC 7468, 11), or after that line in OpenSSL's older form. */
const ENCRYPTED = /\bENCRYPTED\b/;

/** Rules of what the table cannot express; `key`, `cert` and `ca` are checked as they are read. @type {{[name: string]: Rule}} */
const OTHERS = {
  alpnProtocols: [isProtocols, 'must be an array of protocol names, of 1 to 255 printable ASCII characters each'],
};

const NAMES = Object.keys(TABLE);

/** @param {unknown} value */
function isProtocols(value) {
  return isListOf(value, (name) => typeof name === 'string' && /^[\x21-\x7e]{1,255}$/.test(name));
}

/**
 * @param {string} name Of the option in `options.tls`; empty for `options.tls` itself.
 * @param {string} what
 * @returns {never}
 */
function fail(name, what) {
  const option = name === '' ? 'options.tls' : `options.tls.${name}`;
  throw new LineError(ServerErrorCode.INVALID_OPTIONS, `"${option}" ${what}`);
}

/**
 * Sets the TLS of connections that are accepted from now on.
 * @param {any} tls `options.tls`.
 * @param {NativeServer} native
 * @throws {LineError} `sInvalidOptions`, naming the option; then nothing has changed.
 */
function encrypt(tls, native) {
  checkShape(tls);
  const invalid = native.core.encrypt({
    identities: identities(tls),
    ca: authorities(tls),
    clients: clients(tls),
    minVersion: tls.minVersion ?? TABLE.minVersion.initial,
    alpnProtocols: tls.alpnProtocols ?? [],
  });
  if (invalid) fail(invalid.option, invalid.reason);
}

/** @param {any} tls */
function checkShape(tls) {
  if (kindOf(tls) !== 'Object') fail('', 'must be an object with a key and a certificate');
  // An unknown option may be meant to make the server safer, so it is not ignored.
  refuseUnknown('options.tls', tls, NAMES);
  for (const [name, value] of Object.entries(tls)) {
    const rule = ruleOf(TABLE[name]) ?? OTHERS[name];
    if (given(value) && rule !== undefined && !rule[0](value)) fail(name, rule[1]);
  }
}

/**
 * @param {any} tls
 * @returns {import('../binding/addon.d.ts').ClientCertificates}
 */
function clients(tls) {
  if (!tls.requestCert) return 'none';
  if (tls.rejectUnauthorized === false) return 'ask';
  if (!given(tls.ca)) fail('ca', 'is needed with requestCert: the certificates of the authorities that sign for clients');
  return 'require';
}

/** @param {unknown} value */
function given(value) {
  return value !== undefined && value !== null;
}

/**
 * Each private key as PEM, followed by its certificate and those of the issuers.
 * @param {any} tls
 * @returns {string}
 */
function identities(tls) {
  const chains = list(tls.cert).map((pem) => certificates('cert', pem));
  if (chains.length === 0) fail('cert', 'is needed: a certificate as PEM, followed by those of its issuers');
  const keys = list(tls.key).map((key) => privateKey(key, tls.passphrase));
  if (keys.length === 0) fail('key', 'is needed: the private key of the certificate as PEM');
  if (keys.length !== chains.length) {
    fail('key', `must have a key for each certificate; got ${keys.length} for ${chains.length}`);
  }
  const parts = chains.map((chain) => {
    const key = keys.find((candidate) => chain[0].checkPrivateKey(candidate));
    if (key === undefined) return fail('key', 'does not belong to the certificate in "options.tls.cert"');
    return [key.export({ type: 'pkcs8', format: 'pem' }), ...chain].join('\n');
  });
  return parts.join('\n');
}

/**
 * @param {any} tls
 * @returns {string | undefined}
 */
function authorities(tls) {
  if (!given(tls.ca)) return undefined;
  return list(tls.ca).flatMap((pem) => certificates('ca', pem)).join('\n');
}

/**
 * @param {any} value One or several.
 * @returns {any[]}
 */
function list(value) {
  if (!given(value)) return [];
  return Array.isArray(value) ? value : [value];
}

/**
 * @param {string} name Of the option.
 * @param {unknown} pem
 * @returns {import('node:crypto').X509Certificate[]} At least one.
 */
function certificates(name, pem) {
  const { X509Certificate } = require('node:crypto');
  const blocks = text(name, pem).match(CERTIFICATE);
  if (blocks === null) return fail(name, 'must be PEM text, not the path of a file; it has no "-----BEGIN CERTIFICATE-----"');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      return fail(name, `has a certificate that cannot be read, number ${index + 1}: ${reason(cause)}`);
    }
  });
}

/**
 * @param {any} key PEM, or an object of PEM and passphrase.
 * @param {string | null | undefined} passphrase
 * @returns {KeyObject}
 */
function privateKey(key, passphrase) {
  const { createPrivateKey } = require('node:crypto');
  const isPair = typeof key === 'object' && key !== null && Object.hasOwn(key, 'pem');
  if (isPair) refuseUnknown('options.tls.key', key, ['pem', 'passphrase']);
  const pem = text('key', isPair ? key.pem : key);
  const secret = (isPair ? key.passphrase : undefined) ?? passphrase ?? undefined;
  if (secret === undefined && ENCRYPTED.test(pem)) return fail('passphrase', 'is needed: the private key is encrypted');
  try {
    return createPrivateKey({ key: pem, passphrase: secret });
  } catch (cause) {
    const wrong = secret === undefined ? '' : ', or the passphrase is wrong';
    return fail('key', `must be a private key as PEM text${wrong}: ${reason(cause)}`);
  }
}

/**
 * @param {string} name Of the option.
 * @param {unknown} pem
 * @returns {string}
 */
function text(name, pem) {
  if (typeof pem === 'string') return pem;
  // Not `instanceof`: in a vm context, as under Jest, a Buffer is of another realm.
  if (ArrayBuffer.isView(pem)) return Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength).toString('latin1');
  return fail(name, 'must be a string or Buffer with PEM text, or an array of these');
}

/** @param {any} cause An error of OpenSSL, which contains nothing of the key. */
function reason(cause) {
  return cause.message;
}

module.exports = { encrypt };
