// @ts-check
'use strict';

/** Times beyond what a timer can hold, and what is no time. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const FakeTimers = require('@sinonjs/fake-timers');
const path = require('node:path');
const { withClients, refusedPort } = require('./support');
const { welcome } = require('../helpers/client-contract');
const { delay, until } = require('../helpers/timing');

const MONTH = 30 * 86_400_000;

/** Values of live options that must not end what they bound at once. */
const LONG = [2 ** 31, MONTH, Number.MAX_SAFE_INTEGER, Infinity, NaN, -1, undefined, 'x'];

withClients('long times', ({ test, textOr }) => {
  for (const ms of LONG) {
    test(`${ms} ms: nothing ends at once`, async (context) => {
      const port = await context.script((socket) => welcome(socket, ({ n, i }) => {
        if (n === '_p') socket.send(`{"n":"_r","i":"${i}","p":"pong","e":null}`);
      }));
      const client = context.client(port, { uptime: true });
      Object.assign(client.options, { responseTimeout: ms, disconnectTimeout: ms, pingInterval: ms });
      client.options.handshake.timeout = ms;
      await client.connectAsync();
      let hasSettled = false;
      const settle = () => (hasSettled = true);
      for (const timeout of [undefined, ms]) client.send('silent', 1, timeout).then(settle, settle);
      client.send('silent', 1, { timeout: ms }).then(settle, settle);
      await delay(40);
      assert.deepEqual([hasSettled, client.state], [false, 'connected']);
    });
  }

  for (const ms of LONG) {
    test(`${ms} ms: no attempt to reconnect at once, nor is what is queued given up`, async (context) => {
      const client = context.client(await refusedPort(), { queue: { max: 5 } });
      Object.assign(client.options.reconnectOptions, { initialDelay: ms, maxDelay: ms });
      client.options.queue.ttl = ms;
      let attempts = 0;
      client.on('_connecting', () => attempts++);
      client.connect();
      let hasSettled = false;
      const settle = () => (hasSettled = true);
      client.send('x').then(settle, settle);
      await until(() => client.state === 'disconnected', 'disconnected');
      await delay(40);
      assert.deepEqual([attempts, hasSettled], [1, false]);
    });
  }

  test('options of the constructor', async (context) => {
    const port = await context.script((socket) => welcome(socket));
    const client = context.client(port, {
      responseTimeout: MONTH,
      disconnectTimeout: MONTH,
      pingInterval: MONTH,
      handshake: { timeout: MONTH },
      uptime: true,
      uptimeOptions: { interval: MONTH, window: 12 * MONTH },
      reconnectOptions: { initialDelay: MONTH, maxDelay: 12 * MONTH },
    });
    await client.connectAsync();
    await delay(40);
    // No sample was taken.
    assert.deepEqual([client.state, client.getUptime()], ['connected', 0]);
  });

  test('of fetchResponseUrl', async ({ Client }) => {
    const { fetch } = globalThis;
    /** @type {((error: Error) => void)[]} */
    const ends = [];
    const waits = (/** @type {string} */ _, /** @type {any} */ { signal }) => new Promise((_, reject) => {
      ends.push(reject);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    globalThis.fetch = /** @type {any} */ (waits);
    try {
      for (const ms of LONG.slice(0, 5)) {
        const asked = Client.fetchResponseUrl('http://x', ms);
        const first = await Promise.race([asked.then(() => 'settled', () => 'settled'), delay(20)]);
        assert.equal(first, undefined, String(ms));
      }
      await assert.rejects(Client.fetchResponseUrl('http://x', 5), textOr(/No answer in time/, /^Error$/));
    } finally {
      ends.forEach((end) => end(new Error('over')));
      globalThis.fetch = fetch;
    }
  });
});

describe('a timer of 30 days', () => {
  it('lasts for 30 days', () => {
    // Fakes that keep what they have replaced would be seen through.
    const clock = FakeTimers.createClock();
    const { setTimeout, clearTimeout } = globalThis;
    Object.assign(globalThis, {
      setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => clock.setTimeout(run, ms),
      clearTimeout: (/** @type {any} */ timer) => clock.clearTimeout(timer),
    });
    try {
      const file = path.join(__dirname, '../../client/timers.js');
      const { [file]: loaded } = require.cache;
      delete require.cache[file];
      const { after } = require(file);
      require.cache[file] = loaded;
      let calls = 0;
      after(() => calls++, MONTH);
      const stop = after(() => assert.fail('was ended'), MONTH);
      clock.tick(MONTH - 1);
      assert.equal(calls, 0);
      stop();
      clock.tick(1);
      assert.equal(calls, 1);
      after(() => assert.fail('is without end'), Infinity);
      clock.tick(3 * MONTH);
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    }
  });
});
