// @ts-check
'use strict';

/** The options of `send`: a timeout, and a signal that ends the wait. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { outcome } = require('../helpers/observe');
const { delay } = require('../helpers/timing');

withClients('options of send', ({ test, testFull }) => {
  test('a timeout', async (context) => {
    const { client } = await context.clientPair({ client: { responseTimeout: 5000 } });
    const start = Date.now();
    assert.deepEqual(await outcome(client.send('silent', 1, { timeout: 30 })), { rejected: { code: 'cMessageTimeout' } });
    assert.ok(Date.now() - start >= 28);
  });

  test('without a timeout, or with one that is none: responseTimeout', async (context) => {
    const { client } = await context.clientPair({ client: { responseTimeout: 30 } });
    const options = [{}, { timeout: undefined }, { timeout: -1 }, { timeout: 'x' }];
    const results = await Promise.all(options.map((each) => outcome(client.send('silent', 1, each))));
    assert.deepEqual(results, Array(4).fill({ rejected: { code: 'cMessageTimeout' } }));
  });

  test('a signal rejects with its reason, and a late response is ignored', async (context) => {
    const { client, connection } = await context.clientPair();
    connection.on('slow', (/** @type {any} */ message) => setTimeout(() => message.resolve(1), 40));
    const controller = new AbortController();
    const sent = client.send('slow', 1, { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await assert.rejects(sent, { name: 'AbortError' });
    await delay(60);
    assert.equal(client.state, 'connected');
    assert.equal(await client.ping(), 'pong');
  });

  test('a signal that is aborted before: nothing is sent', async (context) => {
    const { client, connection } = await context.clientPair();
    const seen = [];
    connection.on('x', (/** @type {any} */ { payload }) => seen.push(payload));
    const reason = new Error('too late');
    await assert.rejects(client.send('x', 1, { signal: AbortSignal.abort(reason) }), reason);
    await client.ping();
    assert.deepEqual(seen, []);
  });

  test('AbortSignal.timeout', async (context) => {
    const { client } = await context.clientPair();
    await assert.rejects(client.send('silent', 1, { timeout: 0, signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  });

  test('a signal aborted after the response does nothing', async (context) => {
    const { client, connection } = await context.clientPair();
    connection.on('x', (/** @type {any} */ message) => message.resolve('fine'));
    const controller = new AbortController();
    const sent = client.send('x', 1, { signal: controller.signal });
    assert.equal(await sent, 'fine');
    controller.abort();
    assert.equal(await sent, 'fine');
  });

  test('a signal keeps no listeners of messages that are settled', async (context) => {
    const { client, connection } = await context.clientPair();
    connection.on('x', (/** @type {any} */ message) => message.resolve());
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (/** @type {any[]} */ ...args) => {
      listeners++;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (/** @type {any[]} */ ...args) => {
      listeners--;
      Reflect.apply(removeEventListener, signal, args);
    };
    for (let i = 0; i < 20; i++) await client.send('x', i, { signal });
    await client.send('silent', 0, { signal, timeout: 5 }).catch(() => {});
    assert.equal(listeners, 0);
  });

  testFull('one signal for many messages and iterations of several clients: no warning of a leak', async (context) => {
    const { client, connection } = await context.clientPair();
    const { client: other } = await context.clientPair();
    connection.on('x', (/** @type {any} */ message) => message.resolve());
    const controller = new AbortController();
    const { signal } = controller;
    /** @type {any[]} */
    const warnings = [];
    const warn = (/** @type {any} */ warning) => warnings.push(warning);
    process.on('warning', warn);
    const sends = [client, other].flatMap((each) => Array.from({ length: 30 }, () => outcome(each.send('silent', 0, { signal }))));
    const iterations = Array.from({ length: 9 }, () => client.messages('y', { signal }).next());
    for (let i = 0; i < 20; i++) await client.send('x', i, { signal });
    await delay(5);
    const reason = new Error('enough');
    controller.abort(reason);
    assert.deepEqual(new Set((await Promise.all(sends)).map(({ rejected }) => rejected.message)).size, 1);
    for (const each of iterations) await assert.rejects(each, reason);
    await assert.rejects(client.send('x', 1, { signal }), reason);
    await delay(5);
    process.off('warning', warn);
    assert.deepEqual(warnings, []);
  });

  test('a signal serves those that begin after others have ended', async (context) => {
    const { client, connection } = await context.clientPair();
    connection.on('x', (/** @type {any} */ message) => message.resolve());
    const controller = new AbortController();
    const { signal } = controller;
    await client.send('x', 1, { signal });
    await client.send('x', 1, { signal });
    const sent = outcome(client.send('silent', 1, { signal }));
    controller.abort();
    assert.equal(/** @type {any} */ (await sent).rejected.name, 'AbortError');
  });
});
