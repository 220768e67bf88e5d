// @ts-check
'use strict';

/**
 * What the option `adapter` may have when it names a Redis. Generated from `facts/`: do not edit, run `npm run facts`.
 * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values]
 * @property {string} [why]
 * @property {boolean} [isRequired]
 * @property {any} [initial]
 */

/** @type {{[name: string]: Entry}} */
module.exports = {
  redis: { kind: 'other', isRequired: true },
  prefix: { kind: 'other', initial: 'line' },
  tls: { kind: 'other' },
  nodeName: { kind: 'other' },
  required: { kind: 'boolean', initial: false },
  subscribe: { kind: 'choice', values: ['rooms', 'all'], initial: 'rooms' },
  unsubscribeDelay: { kind: 'ms', least: 0, initial: 5000 },
  heartbeatInterval: { kind: 'ms', least: 100, initial: 5000 },
  requestTimeout: { kind: 'ms', least: 1, initial: 5000 },
  maxQueuedBytes: { kind: 'bytes', least: 1, initial: 16777216 },
  maxQueuedTime: { kind: 'ms', least: 1, initial: 30000 },
  maxMessage: { kind: 'bytes', least: 1024, initial: 1048576 },
};
