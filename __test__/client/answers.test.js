// @ts-check
'use strict';

/** Answers of the client that fail, or that are given while they are written. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { PATIENCE, delay, until } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');

/** Milliseconds to wait for an answer that does not come. */
const SOON = 150;

/** An error that can be stringified, but not with its properties, with which errors travel. */
class RequestError extends Error {
  constructor() {
    super('x');
    /** @type {any} */
    this.request = circular();
  }

  toJSON() {
    return { message: this.message };
  }
}

const circular = () => {
  /** @type {any} */
  const value = {};
  value.self = value;
  return value;
};

/** @type {Record<string, (message: any) => unknown>} */
const FAILING = {
  'resolve with a BigInt': (message) => message.resolve(1n),
  'reject with a circular value': (message) => message.reject(circular()),
  'reject with an error that has a BigInt': (message) => message.reject(Object.assign(new Error('x'), { big: 1n }))
};

/** Where a handler answers. @type {Record<string, (answer: () => unknown) => unknown>} */
const MOMENTS = {
  'at once': (answer) => answer(),
  'in an async function': async (answer) => answer(),
  'after an await': async (answer) => {
    await delay(2);
    answer();
  },
  'in a timer': (answer) => void setTimeout(answer, 2)
};

/** What is like a promise, and is none, or another one. @type {Record<string, () => any>} */
const RETURNED = {
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'an object that says it is a promise': () => ({ [Symbol.toStringTag]: 'Promise' }),
  'a promise with another then': () => Object.assign(Promise.resolve(), { then() { throw new Error('no'); } }),
  'a proxy of a promise': () => new Proxy(Promise.resolve(), {}),
};

withClients('answers of the client', ({ test, client: build }) => {
  /**
   * Sends one request to the client, and returns what became of it.
   *
   * @param {import('../helpers/client-contract').ClientContext} context
   * @param {(message: any) => unknown} handler
   * @param {boolean} [withoutId]
   * @param {number} [timeout] Milliseconds in which it is to be answered.
   */
  async function asked(context, handler, withoutId = false, timeout = SOON) {
    /** @type {any[]} */
    const log = [];
    const { value: answer, error, fatal } = await collectFatal(async () => {
      const { client, connection } = await context.clientPair({ client: { reconnect: false } });
      client.on('_error', (/** @type {any} */ each) => log.push(each));
      client.on('ask', handler);
      if (withoutId) await connection.sendWithoutResponse('ask');
      const sent = withoutId
        ? delay(30)
        : connection.send('ask', null, timeout).then(
            (/** @type {any} */ resolved) => ({ resolved }),
            (/** @type {any} */ each) => ({ rejected: each.payload ?? each.code })
          );
      await sent;
      assert.equal(await client.ping(), 'pong');
      return sent;
    });
    if (error && fatal.length === 0) throw error;
    return { answer, log, fatal: fatal.map((each) => each?.message) };
  }

  for (const [what, answer] of Object.entries(FAILING)) {
    for (const [when, at] of Object.entries(MOMENTS)) {
      test(`${what}, ${when}, with nobody catching: reported as mInvalidJson`, async (context) => {
        const seen = await asked(context, (message) => at(() => answer(message)));
        assert.deepEqual(seen.fatal, []);
        assert.deepEqual(seen.log.map(({ code }) => code), ['mInvalidJson']);
        assert.deepEqual(seen.answer, { rejected: 'scMessageTimeout' });
      });
    }

    for (const when of ['at once', 'in an async function', 'after an await']) {
      test(`${what}, ${when}: the handler can catch it and answer otherwise`, async (context) => {
        const handler = (/** @type {any} */ message) =>
          MOMENTS[when](() => {
            assert.throws(() => answer(message), { code: 'mInvalidJson' });
            message.reject('no');
          });
        const seen = await asked(context, handler, false, PATIENCE);
        assert.deepEqual(seen, { answer: { rejected: 'no' }, log: [], fatal: [] });
      });
    }
  }

  for (const [what, make] of Object.entries(RETURNED)) {
    test(`a handler may return ${what} when its answer has failed`, async (context) => {
      const caught = (/** @type {any} */ message) => {
        assert.throws(() => message.resolve(1n));
        return make();
      };
      for (const withoutId of [false, true]) {
        const { log, fatal } = await asked(context, caught, withoutId);
        assert.deepEqual([log, fatal], [[], []]);
      }
    });
  }

  if (build === 'node') {
    test('a timer of an async handler that is fulfilled: reported', async (context) => {
      const { log, fatal } = await asked(context, async (message) => void setTimeout(() => message.resolve(1n), 2));
      assert.deepEqual([log.map(({ code }) => code), fatal], [['mInvalidJson'], []]);
    });
  }

  test('in the loop over an iteration it is thrown', async (context) => {
    const { client, connection } = await context.clientPair({ client: { reconnect: false } });
    const sent = connection.send('ask').catch((/** @type {any} */ error) => error.payload);
    for await (const message of client.messages('ask')) {
      await delay(1);
      assert.throws(() => message.resolve(1n), { code: 'mInvalidJson' });
      message.reject('no');
      break;
    }
    assert.equal(await sent, 'no');
  });

  test('reject with an error whose toJSON hides what is circular: cMessageNotResponded', async (context) => {
    const { log, fatal, answer } = await asked(context, (message) => message.reject(new RequestError()));
    assert.deepEqual(fatal, []);
    assert.deepEqual(log.map(({ code, payload }) => [code, payload.name]), [['cMessageNotResponded', 'TypeError']]);
    assert.deepEqual(answer, { rejected: 'scMessageTimeout' });
  });

  for (const outer of ['resolve', 'reject']) {
    test(`${outer} with a value whose toJSON answers: one answer, and the outer call throws`, async (context) => {
      let calls = 0;
      const { answer, log, fatal } = await asked(context, (/** @type {any} */ message) => {
        const toJSON = () => (calls++ === 0 ? message.resolve('inner') : 'outer');
        assert.throws(() => message[outer]({ toJSON }), { code: 'mAlreadyResponded' });
      }, false, PATIENCE);
      assert.deepEqual([answer, log, fatal, calls], [{ resolved: 'inner' }, [], [], 1]);
    });
  }

  for (const withoutId of [false, true]) {
    test(`a rejection that the application handles may be returned (${withoutId ? 'without' : 'with'} id)`, async (context) => {
      let handled = 0;
      const { fatal, log } = await asked(
        context,
        () => {
          const work = delay(1).then(() => Promise.reject(new Error('mine')));
          work.catch(() => (handled += 1));
          return work;
        },
        withoutId
      );
      assert.deepEqual([fatal, log, handled], [[], [], 1]);
    });

    test(`a rejection that nobody handles is the application's (${withoutId ? 'without' : 'with'} id)`, async (context) => {
      const { fatal } = await asked(context, () => delay(1).then(() => Promise.reject(new Error('mine'))), withoutId);
      assert.deepEqual(fatal, ['mine']);
    });
  }

  test('the client refuses and pings as before', async (context) => {
    const { client, connection } = await context.clientPair({ client: { reconnect: false } });
    assert.equal(await connection.ping(), 'pong');
    const refused = await connection.send('_x').catch((/** @type {any} */ error) => error.payload);
    assert.equal(refused.message, 'Reserved name');
    await until(() => client.state === 'connected', 'connected');
  });
});
