// @ts-check
'use strict';

/** Pings of silent clients: the core sends them and waits for their answers, whatever the application is busy with. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** In ms. Clients answer when the test lets them. */
const OPTIONS = { pingInterval: 200, responseTimeout: 300 };

/** Longer than a client has to answer. */
const LONG = 1000;

/** @typedef {import('../helpers/raw-client').RawClient} RawClient */

/**
 * A client of a server in a process of its own.
 * @param {import('./support/scene').Scene} scene
 * @param {Record<string, unknown>} [options] Of the server.
 */
async function meet(scene, options) {
  const child = scene.child('pinging.js', [JSON.stringify({ ...OPTIONS, ...options })]);
  const client = await scene.open(await child.report());
  await client.handshake();
  return { child, client };
}

/** The next ping. @param {RawClient} client */
async function pinged(client) {
  const { message } = await client.message();
  assert.equal(message.n, '_p');
  return message;
}

/** @param {RawClient} client @param {any} ping */
const answer = (client, ping) => client.json({ n: '_r', i: ping.i, p: 'pong', e: null });

/** The connection goes on, and with it the pings. @param {RawClient} client */
async function assertGoesOn(client) {
  client.json({ n: 'echo', p: 'here', i: 'e' });
  for (;;) {
    const { message } = await client.message();
    if (message.i === 'e') break;
    answer(client, message);
  }
  answer(client, await pinged(client));
}

describe('a ping that the core waits for', () => {
  it('is answered while the application is busy', withScene(async (scene) => {
    const { client } = await meet(scene);
    const ping = await pinged(client);
    client.json({ n: 'work', p: LONG });
    await delay(OPTIONS.responseTimeout / 2);
    answer(client, ping);
    await assertGoesOn(client);
  }));

  it('is answered behind messages that are not read yet, because the application is busy with others', withScene(async (scene) => {
    const { client } = await meet(scene);
    const ping = await pinged(client);
    client.json({ n: 'work', p: LONG });
    // More than waits for an application.
    for (let i = 0; i < 400; i++) client.json({ n: 'work', p: 0, e: 'x'.repeat(64 * 1024) });
    answer(client, ping);
    await assertGoesOn(client);
  }));

  it('fails with an error for an answer', withScene(async (scene) => {
    const { client } = await meet(scene);
    const ping = await pinged(client);
    client.json({ n: '_r', i: ping.i, e: 'no' });
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [4201, 'Ping failed']);
  }));

  it('fails although the client sends other things, and answers that nobody waits for', withScene(async (scene) => {
    const { client } = await meet(scene);
    const ping = await pinged(client);
    const talk = setInterval(() => {
      client.json({ n: '_r', i: `${ping.i}1`, e: null });
      client.json({ n: '_r', e: null });
      client.json({ n: 'echo' });
    }, 20);
    scene.defer(async () => clearInterval(talk));
    assert.equal((await client.closed()).code, 4201);
  }));

  it('waits for ever when responseTimeout is 0', withScene(async (scene) => {
    const { client } = await meet(scene, { responseTimeout: 0 });
    const ping = await pinged(client);
    await delay(LONG);
    answer(client, ping);
    await assertGoesOn(client);
  }));

  it('may take longer than pingInterval, and is the only one meanwhile', withScene(async (scene) => {
    const { client } = await meet(scene, { pingInterval: 50, responseTimeout: 500 });
    await pinged(client);
    const begun = performance.now();
    client.json({ n: 'echo' });
    const { code } = await client.closed();
    assert.equal(code, 4201);
    assert.ok(performance.now() - begun > 450, 'given its time');
    const pings = client.texts.filter((text) => text.includes('"_p"'));
    assert.equal(pings.length, 1);
  }));

  if (process.platform === 'linux') {
    it('is answered while the whole process stands still', withScene(async (scene) => {
      const { child, client } = await meet(scene);
      const ping = await pinged(client);
      await child.halt();
      answer(client, ping);
      await delay(LONG);
      child.resume();
      await assertGoesOn(client);
    }));
  }
});

describe('what an application puts in place of', () => {
  /**
   * Waits until a replacement has been called for a silent client.
   * @param {(connection: any, replacement: () => Promise<string>) => void} replace
   */
  const assertCalls = (replace) => withScene(async (scene) => {
    let calls = 0;
    const replacement = async () => {
      calls += 1;
      return 'mine';
    };
    const { port, server } = await scene.listen({ pingInterval: 50, responseTimeout: 10_000 });
    server.on('connection', (/** @type {any} */ connection) => replace(connection, replacement));
    const client = await scene.open(port);
    await client.handshake();
    await until(() => calls > 0, 'called');
    assert.deepEqual(client.texts.slice(1), [], 'no ping');
    // It counts as answered: the next follows once the client has been heard.
    const before = calls;
    client.json({ n: 'here' });
    await until(() => calls > before, 'called again');
  });

  it('ping() is called for silent clients', assertCalls((connection, replacement) => (connection.ping = replacement)));

  it('send_() is called for silent clients', assertCalls((connection, replacement) => (connection.send_ = replacement)));

  it('send_() of all connections is called for silent clients', async () => {
    /** @type {any} */
    let prototype;
    /** @type {any} */
    let original;
    try {
      await assertCalls((connection, replacement) => {
        prototype = Object.getPrototypeOf(connection);
        original ??= prototype.send_;
        prototype.send_ = replacement;
      })();
    } finally {
      prototype.send_ = original;
    }
  });

  it('ping() and fails closes the connection', withScene(async (scene) => {
    const { port, server } = await scene.listen({ pingInterval: 50 });
    server.on('connection', (/** @type {any} */ connection) => {
      connection.send_ = () => Promise.reject(new Error('no'));
    });
    const client = await scene.open(port);
    await client.handshake();
    const { code } = await within(client.closed(), 'closed');
    assert.equal(code, 4201);
  }));
});
