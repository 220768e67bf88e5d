// @ts-check
'use strict';

/* global Bun */

const fs = require('node:fs');
const path = require('node:path');

/** Port to listen on, given by the runner. */
const port = Number(process.env.PORT);

/** Peers listen on the loopback interface alone. */
const host = '127.0.0.1';

/** How long a handler of a request works, in µs; given by the runner. */
const WORK = Number(process.env.WORK_US) || 0;

/** @param {string} name */
const fixture = (name) => fs.readFileSync(path.join(__dirname, '../../__test__/fixtures/tls', name));

/** Key and certificate, if the runner asks for TLS. */
const tls = process.env.TRANSPORT === 'tls' ? { key: fixture('server.key'), cert: fixture('server.pem') } : undefined;

/** Whether the runner asks for permessage-deflate. */
const compresses = process.env.TRANSPORT === 'compressed';

/**
 * Keeps the thread busy.
 * @param {number} [ms] For how long; what the runner has given by default.
 */
function work(ms = WORK / 1000) {
  if (ms === 0) return;
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Tells the runner that the server listens. */
function ready() {
  console.log('ready');
}

/**
 * Collects all garbage, so that the resident memory is that of live objects.
 * @returns {{rss: number}} Resident bytes.
 */
function stats() {
  // @ts-ignore: `Bun` exists in Bun only; in Node, `gc` needs --expose-gc.
  if (typeof Bun === 'undefined') global.gc(); else Bun.gc(true);
  return { rss: process.memoryUsage().rss };
}

module.exports = { compresses, host, port, ready, stats, tls, work };
