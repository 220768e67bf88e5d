// @ts-check
'use strict';

/**
 * Handlers run in no `AsyncLocalStorage` of another connection's work, and nothing depends on globals that
 * tests replace for a while (contract section 5, Contexts).
 */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const sinon = require('sinon');
const { RawClient } = require('../helpers/raw-client');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** Connections, and messages of each. */
const CONNECTIONS = 6;
const MESSAGES = 40;

/** What handlers do with a store of their own. @type {Record<string, (als: AsyncLocalStorage<any>, store: object, run: () => void) => void>} */
const WAYS = {
  run: (als, store, run) => als.run(store, run),
  enterWith: (als, store, run) => {
    als.enterWith(store);
    run();
  },
};

for (const [way, enter] of Object.entries(WAYS)) {
  it(`a handler's context reaches no other connection's handler: ${way}`, withScene(async (scene) => {
    /** @type {AsyncLocalStorage<any>} */
    const als = new AsyncLocalStorage();
    /** @type {string[]} */
    const strays = [];
    let seen = 0;
    const { port } = await als.run({ of: 'start' }, () => scene.listen({ responseTimeout: 30 }, (server) => {
      /** @param {any} connection @param {string} where */
      const look = (connection, where) => {
        seen += 1;
        const of = als.getStore()?.of;
        if (of !== undefined && of !== connection.id) strays.push(`${where} of ${connection.id} in that of ${of}`);
      };
      server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => {
        look(connection, 'handshake');
        enter(als, { of: connection.id }, () => message.resolve());
      });
      server.on('connection', (/** @type {any} */ connection) => {
        look(connection, 'connection');
        connection.on('work', (/** @type {any} */ message) => {
          look(connection, 'work');
          enter(als, { of: connection.id }, () => {
            // Timers for the answer, a flush and a timeout are set in this context.
            connection.send('question', 1).catch(() => look(connection, 'timeout'));
            connection.sendWithoutResponse('note').then(() => look(connection, 'written'), () => {});
            message.resolve();
          });
        });
        connection.on('other', (/** @type {any} */ message) => {
          look(connection, 'other');
          message.resolve();
        });
        connection.on('_disconnected', () => look(connection, '_disconnected'));
        connection.on('_error', () => look(connection, '_error'));
      });
    }));
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.open({ port })));
    await Promise.all(clients.map((client) => client.handshake()));
    for (let round = 0; round < MESSAGES; round += 1) {
      clients.forEach((client, index) => {
        client.json({ n: (round + index) % 2 ? 'work' : 'other', i: `${round}` });
        if (round % 8 === 0) client.text('{"n":5}');
      });
      await delay(2);
    }
    await delay(60);
    clients.forEach((client) => client.destroy());
    await delay(30);
    assert.deepEqual(strays, []);
    assert.ok(seen > CONNECTIONS * MESSAGES, `${seen} handlers were seen`);
  }));
}

/** Keeps the thread busy, so that what clients have sent comes in one batch. @param {number} ms */
function burn(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

for (const [way, enter] of Object.entries(WAYS)) {
  it(`an answer that could not be sent is told outside of the handler that noticed: ${way}`, withScene(async (scene) => {
    /** @type {AsyncLocalStorage<any>} */
    const als = new AsyncLocalStorage();
    /** @type {RawClient} */
    let asker;
    /** @type {unknown[][]} */
    const told = [];
    const { port } = await scene.listen({}, (server) => {
      server.on('connection', (/** @type {any} */ connection) => {
        connection.on('_error', (/** @type {any} */ error) => told.push([error.code, als.getStore()]));
        connection.on('ask', (/** @type {any} */ message) => message.resolve());
        connection.on('work', () => enter(als, 'of another', () => {
          asker.destroy();
          // Long enough for the io thread to notice. The answer waits to be given to it.
          burn(200);
          connection.sendWithoutResponse('note').catch(() => {});
        }));
      });
    });
    const worker = await RawClient.open({ port });
    await worker.handshake();
    // On a busy machine the io thread may be late.
    await until(async () => {
      asker = await RawClient.open({ port });
      await asker.handshake();
      asker.json({ n: 'ask', i: '1' });
      burn(20);
      worker.json({ n: 'work' });
      burn(20);
      await delay(100);
      return told.length > 0;
    }, 'told');
    assert.deepEqual(told[0], ['cMessageNotResponded', undefined]);
  }));
}

/** Before Node 24 a store that was entered with `enterWith` stays with the connection. */
const STAYS = Number(process.versions.node.split('.')[0]) < 24;

for (const loaded of ['none', 'loaded']) {
  it(`a store that a handler enters is seen by its own connection alone; loaded with ${loaded}`, withScene(async (scene) => {
    const child = scene.child('stores.js', loaded === 'none' ? [] : [loaded]);
    const { port } = await child.report();
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.open({ port })));
    await Promise.all(clients.map((client) => client.handshake()));
    const looks = async () => {
      const answers = await Promise.all(clients.map((client) => client.request('look')));
      return answers.map(({ message }) => message.p);
    };
    assert.deepEqual(await looks(), [loaded, loaded, loaded]);
    let own = loaded;
    for (const name of ['run', 'enter', 'run', 'enter']) {
      if (name === 'enter' && STAYS) own = 'entered';
      // Mostly handled in a row with the following.
      clients[0].json({ n: name, p: 'entered' });
      assert.deepEqual(await looks(), [own, loaded, loaded], name);
    }
    // A connection that takes the place of one that has entered a store.
    clients[0].destroy();
    await delay(20);
    clients[0] = await RawClient.open({ port });
    await clients[0].handshake();
    assert.deepEqual(await looks(), [loaded, loaded, loaded]);
  }));
}

it('what was sent under fake timers leaves, and times out', withScene(async (scene) => {
  /** @type {any} */
  let connection;
  const { port, server } = await scene.listen({ responseTimeout: 50 }, (made) => {
    made.on('connection', (/** @type {any} */ its) => (connection = its));
  });
  const client = await RawClient.open({ port });
  await client.handshake();
  const before = client.texts.length;
  // All of them, `nextTick`, `queueMicrotask`, `setImmediate` and `performance` too.
  const clock = sinon.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance', 'queueMicrotask', 'nextTick'],
  });
  /** @type {Promise<unknown>} */
  let unanswered;
  try {
    unanswered = connection.send('question').then(() => 'answered', (/** @type {any} */ error) => error.code);
  } finally {
    clock.restore();
  }
  assert.equal(await within(unanswered, 'timeout'), 'scMessageTimeout');
  connection.sendWithoutResponse('after');
  await client.until(() => client.texts.length >= before + 2, 'both messages');
  assert.deepEqual(client.texts.slice(before).map((text) => JSON.parse(text).n), ['question', 'after']);
  const closed = connection.close();
  await within(closed, 'close');
  await server.stop();
}));
