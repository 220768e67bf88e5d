// @ts-check
'use strict';

/**
 * What options have in them, by the name of the option. Generated from `facts/`: do not edit, run `npm run facts`.
 * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values]
 * @property {string} [why]
 * @property {boolean} [isRequired]
 * @property {any} [initial]
 */

/** @type {{[option in 'tls' | 'history' | 'presence' | 'perMessageDeflate' | 'zlibDeflateOptions' | 'zlibInflateOptions']: {[name: string]: Entry}}} */
module.exports = {
  tls: {
    key: { kind: 'other', isRequired: true },
    cert: { kind: 'other', isRequired: true },
    ca: { kind: 'other' },
    passphrase: { kind: 'string' },
    minVersion: { kind: 'choice', values: ['TLSv1.2', 'TLSv1.3'], why: 'older versions are not secure', initial: 'TLSv1.2' },
    alpnProtocols: { kind: 'other' },
    requestCert: { kind: 'boolean', initial: false },
    rejectUnauthorized: { kind: 'boolean', initial: true },
  },
  history: {
    size: { kind: 'integer', least: 1, isRequired: true },
    ttl: { kind: 'ms', least: 1, isRequired: true },
    maxReplay: { kind: 'integer', least: 1, initial: 300 },
    whenDown: { kind: 'choice', values: ['wait', 'local'], initial: 'wait' },
  },
  presence: {
    leaveDelay: { kind: 'ms', least: 0, initial: 5000 },
    events: { kind: 'choice', values: ['each', 'batched', 'none'], initial: 'batched' },
  },
  perMessageDeflate: {
    serverNoContextTakeover: { kind: 'boolean', initial: true },
    clientNoContextTakeover: { kind: 'boolean', initial: true },
    serverMaxWindowBits: { kind: 'other' },
    clientMaxWindowBits: { kind: 'other' },
    threshold: { kind: 'bytes', least: 0, initial: 1024 },
    level: { kind: 'integer', least: -1, most: 9 },
    memLevel: { kind: 'integer', least: 1, most: 9 },
    zlibDeflateOptions: { kind: 'object' },
    zlibInflateOptions: { kind: 'object' },
    concurrencyLimit: { kind: 'other' },
  },
  zlibDeflateOptions: {
    level: { kind: 'integer', least: -1, most: 9, initial: -1 },
    memLevel: { kind: 'integer', least: 1, most: 9, initial: 8 },
    strategy: { kind: 'integer', least: 0, most: 4, initial: 0 },
    windowBits: { kind: 'integer', least: 8, most: 15, initial: 15 },
    chunkSize: { kind: 'integer', least: 64, most: 1048576, initial: 16384 },
  },
  zlibInflateOptions: {
    chunkSize: { kind: 'integer', least: 64, most: 1048576, initial: 16384 },
  },
};
