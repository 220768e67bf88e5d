// @ts-check
'use strict';

/** `for await (const message of client.messages(name))`. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { delay, until, within } = require('../helpers/timing');

/**
 * @param {any} connection
 * @param {unknown[]} payloads sent as messages named `x`
 */
const tell = async (connection, ...payloads) => {
  for (const payload of payloads) await connection.sendWithoutResponse('x', payload);
};

withClients('messages()', ({ test }) => {
  test('gives the messages in order, from the call on', async (context) => {
    const { client, connection } = await context.clientPair();
    await tell(connection, 'before');
    await client.ping();
    const iteration = client.messages('x');
    await tell(connection, 1, 2);
    await client.ping();
    await tell(connection, 3);
    const seen = [];
    for await (const { payload } of iteration) {
      seen.push(payload);
      if (payload === 3) break;
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.equal(client.listenerCount('x'), 0);
  });

  test('messages can be answered', async (context) => {
    const { client, connection } = await context.clientPair();
    const answer = connection.send('x', 20);
    for await (const message of client.messages('x')) {
      message.resolve(message.payload + 1);
      break;
    }
    assert.equal(await answer, 21);
  });

  test('takes patterns', async (context) => {
    const { client, connection } = await context.clientPair();
    const iteration = client.messages(/^x|y$/);
    await connection.sendWithoutResponse('y', 1);
    await tell(connection, 2);
    assert.deepEqual([(await iteration.next()).value.name, (await iteration.next()).value.name], ['y', 'x']);
    await iteration.return();
    assert.deepEqual(client.regexes(), []);
  });

  test('goes on over a reconnection', async (context) => {
    const { server, client, connection } = await context.clientPair({
      client: { reconnectOptions: { initialDelay: 10, maxDelay: 10 } }
    });
    const iteration = client.messages('x');
    await tell(connection, 1);
    const again = new Promise((resolve) => server.once('connection', resolve));
    connection.close();
    await tell(await within(again, 'connection'), 2);
    assert.deepEqual([(await iteration.next()).value.payload, (await iteration.next()).value.payload], [1, 2]);
  });

  test('ends with dispose(), after what has come', async (context) => {
    const { client, connection } = await context.clientPair();
    const read = client.messages('x');
    const idle = client.messages('x').next();
    await tell(connection, 1);
    await client.ping();
    await client.dispose();
    const seen = [];
    for await (const { payload } of read) seen.push(payload);
    assert.deepEqual(seen, [1]);
    await within(idle, 'end');
  });

  test('a pending read ends with dispose() as well', async (context) => {
    const { client } = await context.clientPair();
    const read = client.messages('x').next();
    await delay(5);
    await client.dispose();
    assert.deepEqual(await within(read, 'end'), { done: true, value: undefined });
  });

  test('return() ends an iteration that has not begun, and one that waits', async (context) => {
    const { client } = await context.clientPair();
    await client.messages('x').return();
    assert.equal(client.listenerCount('x'), 0);
    const waiting = client.messages('x');
    const read = waiting.next();
    await delay(5);
    assert.deepEqual(await within(waiting.return(), 'return'), { done: true, value: undefined });
    assert.deepEqual(await within(read, 'end'), { done: true, value: undefined });
    assert.equal(client.listenerCount('x'), 0);
  });

  test('throws the reason of its signal', async (context) => {
    const { client, connection } = await context.clientPair();
    const controller = new AbortController();
    const iteration = client.messages('x', { signal: controller.signal });
    await tell(connection, 1);
    await client.ping();
    setTimeout(() => controller.abort(new Error('enough')), 10);
    const seen = [];
    await assert.rejects(async () => {
      for await (const { payload } of iteration) seen.push(payload);
    }, { message: 'enough' });
    assert.deepEqual([seen, client.listenerCount('x')], [[1], 0]);
    await assert.rejects(client.messages('x', { signal: controller.signal }).next(), { message: 'enough' });
    assert.equal(client.listenerCount('x'), 0);
  });

  test('throws a reason that is no error, whatever it is', async (context) => {
    const { client } = await context.clientPair();
    for (const reason of [null, 0, '', false, NaN]) {
      const controller = new AbortController();
      const read = client.messages('x', { signal: controller.signal }).next();
      controller.abort(reason);
      const later = client.messages('x', { signal: controller.signal }).next();
      for (const each of [read, later]) {
        const outcome = await within(each.then(() => 'ended', (/** @type {unknown} */ thrown) => ({ thrown })), 'end');
        assert.deepEqual(outcome, { thrown: reason });
      }
    }
  });

  test('keeps at most max messages', async (context) => {
    const { client, connection } = await context.clientPair();
    const iteration = client.messages('x', { max: 2 });
    await tell(connection, 1, 2, 3);
    await client.ping();
    const seen = [];
    await assert.rejects(async () => {
      for await (const { payload } of iteration) seen.push(payload);
    }, { code: 'cQueueFull' });
    assert.deepEqual(seen, [1, 2]);
  });

  test('several iterations get every message', async (context) => {
    const { client, connection } = await context.clientPair();
    const iterations = [client.messages('x'), client.messages('x')];
    await tell(connection, 'both');
    const results = await Promise.all(iterations.map((each) => each.next()));
    assert.deepEqual(results.map(({ value }) => value.payload), ['both', 'both']);
  });

  test('minds no removeAllListeners()', async (context) => {
    const { client } = await context.clientPair();
    const iteration = client.messages('x');
    client.removeAllListeners();
    const read = iteration.next();
    await until(() => true, 'now');
    await client.dispose();
    assert.deepEqual(await within(read, 'end'), { done: true, value: undefined });
  });
});
