// @ts-check
'use strict';

/**
 * The options of a server, as far as the code needs to know them. Generated from `facts/`: do not edit, run `npm run facts`.
 * @typedef {object} Entry
 * @property {string} kind
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values]
 * @property {boolean} [isRequired]
 * @property {boolean} [isLive]
 * @property {any} [initial]
 * @property {string} [core]
 */

/** @type {{[name: string]: Entry}} */
module.exports = {
  host: { kind: 'other' },
  port: { kind: 'other' },
  listen: { kind: 'other' },
  ipv6Only: { kind: 'boolean' },
  reusePort: { kind: 'boolean' },
  tls: { kind: 'other' },
  path: { kind: 'other', isLive: true },
  allowedOrigins: { kind: 'other', isLive: true },
  requireOrigin: { kind: 'boolean', isLive: true, initial: false },
  protocols: { kind: 'other', isLive: true },
  trustProxy: { kind: 'other', isLive: true, initial: false },
  proxyHeaders: { kind: 'choice', values: ['x-forwarded', 'forwarded'], isLive: true, initial: 'x-forwarded' },
  backlog: { kind: 'other', initial: 511 },
  ioThreads: { kind: 'integer', least: 1, most: 64, initial: 1 },
  responseTimeout: { kind: 'ms', isRequired: true, isLive: true, initial: 10000 },
  handshakeTimeout: { kind: 'ms', isRequired: true, isLive: true, initial: 60000, core: 'u32' },
  pingInterval: { kind: 'ms', isRequired: true, isLive: true, initial: 15000, core: 'u32' },
  closeTimeout: { kind: 'ms', isLive: true, initial: 30000, core: 'u32' },
  upgradeTimeout: { kind: 'ms', isLive: true, initial: 10000, core: 'u32' },
  maxPayload: { kind: 'bytes', least: 0, isLive: true, initial: 104857600, core: 'usize' },
  maxHandshakePayload: { kind: 'bytes', least: 0, isLive: true, initial: 65536, core: 'usize' },
  maxInflatingBytes: { kind: 'bytes', least: 0, isLive: true, initial: 268435456, core: 'usize' },
  maxBufferedBytes: { kind: 'bytes', least: 1, isLive: true, initial: 16777216, core: 'usize' },
  highWaterMark: { kind: 'bytes', least: 1, isLive: true, initial: 1048576, core: 'usize' },
  maxPendingSends: { kind: 'count', isLive: true, initial: 65536 },
  maxGatheredBytes: { kind: 'bytes', least: 1, isLive: true, initial: 67108864, core: 'usize' },
  maxFragments: { kind: 'count', isLive: true, initial: 131072, core: 'u32' },
  maxHeaderBytes: { kind: 'integer', least: 256, most: 1048576, isLive: true, initial: 16384, core: 'usize' },
  maxHeaders: { kind: 'integer', least: 1, most: 10000, isLive: true, initial: 100, core: 'usize' },
  maxConnections: { kind: 'count', isLive: true, initial: 100000, core: 'usize' },
  maxConnectionsPerAddress: { kind: 'count', isLive: true, initial: 32768, core: 'usize' },
  messagesPerSecond: { kind: 'count', isLive: true, initial: 100000, core: 'u32' },
  bytesPerSecond: { kind: 'bytes', least: 0, isLive: true, initial: 134217728, core: 'u32' },
  rateBurst: { kind: 'ms', isLive: true, initial: 1000, core: 'u32' },
  rateTimeout: { kind: 'ms', isLive: true, initial: 60000, core: 'u32' },
  slowConsumer: { kind: 'choice', values: ['close', 'drop'], isLive: true, initial: 'close', core: 'SlowConsumer' },
  errors: { kind: 'choice', values: ['full', 'public'], isLive: true, initial: 'full' },
  busyPoll: { kind: 'boolean', isLive: true, initial: true, core: 'bool' },
  verifyClient: { kind: 'function' },
  handleProtocols: { kind: 'function' },
  clientTracking: { kind: 'boolean', initial: true },
  history: { kind: 'other' },
  historyBytes: { kind: 'bytes', least: 1, isLive: true, initial: 67108864, core: 'usize' },
  presence: { kind: 'other' },
  adapter: { kind: 'other' },
  perMessageDeflate: { kind: 'other', isLive: true, initial: false },
  server: { kind: 'other' },
  noServer: { kind: 'boolean', initial: false },
};
