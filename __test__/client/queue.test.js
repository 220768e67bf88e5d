// @ts-check
'use strict';

/** The option `queue`: what is sent without a connection waits for one. */

const assert = require('node:assert/strict');
const { withClients, refusedPort } = require('./support');
const { attempt, outcome } = require('../helpers/observe');
const { delay, until, within } = require('../helpers/timing');

/** @typedef {import('../helpers/client-contract').ClientContext} ClientContext */

const FAST = { initialDelay: 10, maxDelay: 10, randomness: 0 };

/**
 * A server that notes the messages it gets and answers those named `echo`.
 *
 * @param {ClientContext} context
 */
async function noting(context) {
  /** @type {any[]} */
  const seen = [];
  const { server, port } = await context.serve({}, (each) => {
    each.on('connection', (/** @type {any} */ connection) => {
      connection.on(/^(echo|note|first)$/, (/** @type {any} */ message) => {
        seen.push(message.payload);
        if (message.name === 'echo') message.resolve(message.payload);
      });
    });
  });
  return { server, port, seen };
}

withClients('the option queue', ({ client: name, test }) => {
  test('sends in order once connected, after the listeners of _connected', async (context) => {
    const { port, seen } = await noting(context);
    const client = context.client(port, { queue: {} });
    client.on('_connected', () => client.sendWithoutResponse('first', 'restored'));
    const sent = [client.send('echo', 1), client.sendWithoutResponse('note', 2), client.send('echo', 3)];
    client.connect();
    assert.deepEqual(await within(Promise.all(sent), 'sent'), [1, undefined, 3]);
    assert.deepEqual(seen, ['restored', 1, 2, 3]);
  });

  test('keeps what is sent while the connection is lost', async (context) => {
    const { server, port, seen } = await noting(context);
    const client = context.client(port, { queue: {}, reconnectOptions: FAST });
    await client.connectAsync();
    await server.stop();
    await until(() => client.state === 'disconnected', 'disconnected');
    const sent = client.send('echo', 'kept');
    await server.start();
    assert.equal(await within(sent, 'answer'), 'kept');
    assert.deepEqual(seen, ['kept']);
  });

  test('sends the payload as it was', async (context) => {
    const { port } = await noting(context);
    const client = context.client(port, { queue: {} });
    const payload = { list: [1] };
    const sent = client.send('echo', payload);
    payload.list.push(2);
    client.connect();
    assert.deepEqual(await within(sent, 'answer'), { list: [1] });
  });

  test('rejects what is too much, at once', async (context) => {
    const client = context.client(await refusedPort(), { queue: { max: 2 } });
    const sent = [client.send('x'), client.sendWithoutResponse('y')];
    const third = await outcome(client.send('z'));
    assert.deepEqual(third, { rejected: { code: 'cQueueFull' } });
    client.disconnect();
    assert.deepEqual(await Promise.all(sent.map(outcome)), Array(2).fill({ rejected: { code: 'cDisconnected' } }));
    const again = outcome(client.send('x'));
    client.disconnect();
    assert.deepEqual(await again, { rejected: { code: 'cDisconnected' } });
  });

  test('rejects what waits longer than ttl', async (context) => {
    const client = context.client(await refusedPort(), { queue: { ttl: 30 } });
    const start = Date.now();
    const sent = [client.send('x'), client.sendWithoutResponse('y')];
    assert.deepEqual(await Promise.all(sent.map(outcome)), Array(2).fill({ rejected: { code: 'cQueueExpired' } }));
    assert.ok(Date.now() - start >= 28);
  });

  test('counts the time for the response from the sending', async (context) => {
    const { port } = await noting(context);
    const client = context.client(port, { queue: {}, responseTimeout: 50 });
    const sent = client.send('silent');
    await delay(80);
    client.connect();
    const start = Date.now();
    assert.deepEqual(await outcome(sent), { rejected: { code: 'cMessageTimeout' } });
    assert.ok(Date.now() - start >= 48);
  });

  test('rejects at once what does not go into JSON', async (context) => {
    const client = context.client(await refusedPort(), { queue: {} });
    await assert.rejects(client.send('x', 5n), { code: 'cInvalidJSON' });
    await assert.rejects(client.sendWithoutResponse('x', 5n), { code: 'cInvalidJSON' });
  });

  test('lets a signal take a message out again', async (context) => {
    const { port, seen } = await noting(context);
    const client = context.client(port, { queue: {} });
    const controller = new AbortController();
    const aborted = client.send('echo', 'no', { signal: controller.signal });
    const sent = client.send('echo', 'yes');
    controller.abort(new Error('changed my mind'));
    await assert.rejects(aborted, { message: 'changed my mind' });
    client.connect();
    assert.equal(await within(sent, 'answer'), 'yes');
    assert.deepEqual(seen, ['yes']);
  });

  test('is emptied by disconnect() and dispose(), not by a disconnection', async (context) => {
    const { port } = await noting(context);
    const client = context.client(port, { queue: {}, reconnectOptions: { ...FAST, initialDelay: 50, maxDelay: 50 } });
    await client.connectAsync();
    client.disconnect(4000, 'again', true);
    const kept = client.send('echo', 'kept');
    assert.equal(await within(kept, 'answer'), 'kept');
    await client.disconnectAsync();
    const waiting = outcome(client.send('echo', 'x'));
    await client.dispose();
    assert.deepEqual(await waiting, { rejected: { code: 'cDisconnected' } });
  });

  test('takes max and ttl only', async ({ Client }) => {
    const bad = [{ max: 0 }, { max: 1.5 }, { max: '5' }, { ttl: -1 }, { ttl: null }, { ttl: Infinity }].map((queue) => ({ queue }));
    for (const options of [...bad, { queue: true }, { queue: 'yes' }, { queue: 5 }]) {
      assert.deepEqual(attempt(() => new Client('ws://x', options)), { thrown: { code: 'cInvalidOptions' } });
    }
    assert.deepEqual(new Client('ws://x', { queue: {} }).options.queue, { max: 100, ttl: 30000 });
    for (const queue of [false, undefined, null]) assert.ok(!new Client('ws://x', { queue }).options.queue, name);
  });
});
