// @ts-check
'use strict';

/**
 * Servers of which a native function fails while they are stopped, once or each time it is called. Reports for each how `stop()` ended, and
 * whether the server starts and stops again once the failure is over.
 */

const { loadNative } = require('../../helpers/implementations');
const { RawClient } = require('../../helpers/raw-client');
const { within } = require('../../helpers/timing');
const { report } = require('../support/report');
const { kNative } = require('../../../lib/symbols.js');

const { Server } = loadNative();

process.on('uncaughtException', () => {});

/**
 * @param {Promise<unknown>} promise
 * @returns {Promise<string>}
 */
function outcome(promise) {
  return within(promise, 'an end', 5000).then(() => 'resolved', (error) => error.message);
}

/**
 * @param {string} name Of the function, in `core` after a point.
 * @param {number} times How often it fails.
 * @param {{drain: number}} [options] Of `stop`.
 */
async function sabotage(name, times, options) {
  const server = new Server({ host: '127.0.0.1', port: 0, ...(name.endsWith('Nodes') && { adapter: 'cluster' }) });
  await server.start();
  const { port } = /** @type {any} */ (server.address());
  const client = await RawClient.open({ port });
  await client.handshake();

  const native = /** @type {any} */ (server)[kNative];
  const [owner, method] = name.startsWith('core.') ? [native.core, name.slice('core.'.length)] : [native, name];
  const real = owner[method];
  let failures = 0;
  owner[method] = (/** @type {any[]} */ ...args) => {
    if (failures === times) return real.apply(owner, args);
    failures += 1;
    throw new Error(`${name} fails`);
  };
  const stopped = await outcome(server.stop(options));
  owner[method] = real;
  const ends = [stopped];
  if (stopped !== 'resolved') ends.push(await outcome(server.stop()));
  ends.push(await outcome(server.start()), await outcome(server.stop()));
  report({ name, failed: failures > 0, ends });
  client.socket.destroy();
}

async function main() {
  for (const { name, times, drain } of JSON.parse(process.argv[2])) {
    await sabotage(name, times ?? Infinity, drain === undefined ? undefined : { drain });
  }
  process.exit();
}

main();
