// @ts-check
'use strict';

/** What the client does when its handshake is rejected: try again ever later, or not at all. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { journal } = require('../helpers/client-contract');
const { outcome } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');

/** @typedef {import('../helpers/client-contract').ClientContext} ClientContext */

const QUICK = { initialDelay: 5, maxDelay: 5, randomness: 0 };

/**
 * A server that rejects each handshake.
 * @param {ClientContext} context
 * @param {() => unknown} reason
 */
async function rejecting(context, reason) {
  const { server, port } = await context.serve();
  const times = [];
  server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => {
    times.push(Date.now());
    handshake.reject(reason());
  });
  return { port, times };
}

withClients('a rejected handshake', ({ test }) => {
  test('is tried again, later each time', async (context) => {
    const { port, times } = await rejecting(context, () => new Error('bad token'));
    const client = context.client(port, { reconnectOptions: { initialDelay: 10, multiply: 5, maxDelay: 100_000, randomness: 0 } });
    client.connect();
    await until(() => times.length >= 3, 'three tries');
    await delay(400);
    // 10 ms, 50, 100, 150, 200, …
    assert.ok(times.length <= 6, String(times.length));
  });

  for (const [what, reason] of /** @type {[string, () => any][]} */ ([
    ['an error', () => Object.assign(new Error('bad token'), { retry: false })],
    ['an object', () => ({ reason: 'bad token', retry: false })]
  ])) {
    test(`with ${what} whose retry is false is not tried again`, async (context) => {
      const { port, times } = await rejecting(context, reason);
      const client = context.client(port, { reconnectOptions: QUICK, queue: {} });
      const events = journal(client);
      const queued = outcome(client.send('x'));
      await assert.rejects(client.connectAsync(), (/** @type {any} */ { code, payload }) => {
        return code === 'cHandshakeRejected' && payload.retry === false;
      });
      assert.deepEqual(await queued, { rejected: { code: 'cDisconnected' } });
      await until(() => client.state === 'disconnected', 'disconnected');
      await delay(60);
      assert.deepEqual([times.length, client.state], [1, 'disconnected']);
      assert.deepEqual(events.map(([name]) => name), ['_connecting', '_connecting_error', '_disconnecting', '_disconnected']);
      // The application may have a new token.
      assert.equal(client.connect(), true);
      await until(() => times.length === 2, 'connected again by hand');
    });
  }

  test('with anything else is', async (context) => {
    const reasons = [0, '', null, false, 'false', { retry: 'false' }, { retry: null }, { retry: true }, ['retry'], 5];
    let count = 0;
    const { port, times } = await rejecting(context, () => reasons[count++]);
    context.client(port, { reconnectOptions: QUICK, handshake: { timeout: 500 } }).connect();
    await until(() => times.length >= reasons.length, 'all');
  });
});
