// @ts-check
'use strict';

/**
 * A client that is loaded while timers are fakes. Arguments: the URL of a server that answers pings and `q`; which fakes;
 * `restored` when the real ones are back after the load. Prints what happened, and must end by itself.
 */

const { mock } = require('node:test');
const FakeTimers = require('@sinonjs/fake-timers');

const [, , url, kind, then] = process.argv;
const globals = /** @type {any} */ (globalThis);
const real = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
/** @type {any} */
let clock;

/** @type {Record<string, {install: () => void, restore: () => void}>} */
const FAKES = {
  sinon: {
    install: () => (clock = FakeTimers.install({ now: 5, toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance', 'hrtime'] })),
    restore: () => clock.uninstall(),
  },
  'node:test': { install: () => /** @type {any} */ (mock).timers.enable(), restore: () => /** @type {any} */ (mock).timers.reset() },
  // As the legacy fakes of Jest, which keep nothing.
  legacy: {
    install: () => {
      for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate']) globals[name] = () => {};
    },
    restore: () => Object.assign(globals, real),
  },
};

FAKES[kind].install();
const Client = require('../../../client/node.js');
const { WebSocket } = require('ws');
if (then === 'restored') FAKES[kind].restore();

/** @param {Promise<any>} promise */
const outcome = (promise) => promise.then((value) => value, (error) => error.code);

async function main() {
  // Node's own WebSocket has timers of its own.
  const options = { webSocket: WebSocket, pingInterval: 20, disconnectTimeout: 200, reconnectOptions: { initialDelay: 5, maxDelay: 5 } };
  const client = new Client(url, options);
  await client.connectAsync();
  const results = [await outcome(client.send('silent', 1, 20)), await client.send('q', 1)];
  // The server answers with the number of pings that it has got. The wait is long enough to be silence.
  while ((await client.send('pings')) < 2) await outcome(client.send('silent', 1, 60));
  client.disconnect(4000, 'x', true);
  await new Promise((resolve) => client.once('_connected', resolve));
  results.push(await client.send('q', 'again'));
  await client.dispose();
  const silent = new Client(url, { ...options, reconnect: false, webSocket: class { close() {} } });
  silent.connect();
  await silent.dispose();
  console.log(JSON.stringify(results));
}

main();
