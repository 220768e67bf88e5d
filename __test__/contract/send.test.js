// @ts-check
'use strict';

/** Contract section 3, `send` and `order`: requests and messages from the server to the client. */

const { contract } = require('../helpers/contract');
const { anonymous, describeError, outcome } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/**
 * Sends one request and lets the client answer it with `fields`.
 *
 * @param {Context} context
 * @param {Record<string, unknown>} fields of the response besides `n` and `i`
 */
async function answered(context, fields) {
  const { client, connection } = await context.pair();
  const sent = outcome(connection.send('ask', 1));
  const { message } = await client.message();
  client.json({ n: '_r', i: message.i, ...fields });
  return sent;
}

const rejected = (/** @type {unknown} */ payload) => ({
  rejected: { code: 'scMessageRejected', payload }
});
const TIMED_OUT = { rejected: { code: 'scMessageTimeout' } };
const NOT_CONNECTED = { rejected: { code: 'scDisconnected' } };
const NOT_OPEN = { rejected: { code: 'scDisconnected' } };
const CLOSED = { rejected: { code: 'scDisconnected' } };

/** @type {[string, Record<string, unknown>, unknown][]} */
const ANSWERS = [
  ['a payload resolves', { p: { a: [1] }, e: null }, { resolved: { a: [1] } }],
  ['no payload resolves undefined', { e: null }, { resolved: undefined }],
  ['no e at all resolves', { p: 1 }, { resolved: 1 }],
  ['a null payload resolves null', { p: null, e: null }, { resolved: null }],
  ['e 0 resolves', { p: 1, e: 0 }, { resolved: 1 }],
  ['an empty string in e resolves', { p: 1, e: '' }, { resolved: 1 }],
  ['e false resolves', { p: 1, e: false }, { resolved: 1 }],
  ['a string in e rejects', { e: 'no' }, rejected('no')],
  ['a number in e rejects', { e: 5 }, rejected(5)],
  ['e true rejects', { e: true }, rejected(true)],
  ['an empty object in e rejects', { e: {} }, rejected({})],
  ['an array in e rejects', { e: [1] }, rejected([1])],
  ['an object without message rejects with the object', { e: { name: 'N', a: 1 } }, rejected({ name: 'N', a: 1 })],
  ['e wins over a payload', { p: 1, e: 'no' }, rejected('no')],
  [
    'an object with name and message rejects with an error',
    { e: { name: 'TypeError', message: 'no', code: 'E_NO' } },
    rejected({ name: 'TypeError', message: 'no', code: 'E_NO' })
  ]
];

/** Timeout arguments that are no integer of 0 or more, for which `responseTimeout` holds. */
const NOT_A_TIMEOUT = [undefined, null, -1, 1.5, NaN, Infinity, '20', true, {}];

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  ...ANSWERS.map(([name, fields, expected]) => ({
    name: `answer: ${name}`,
    run: (/** @type {Context} */ context) => answered(context, fields),
    expected
  })),
  {
    name: 'the error of a rejected request is an Error with the properties of the client',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      const sent = connection.send('ask').catch((/** @type {any} */ error) => error);
      const { message } = await client.message();
      client.json({ n: '_r', i: message.i, e: { name: 'TypeError', message: 'no', code: 7 } });
      const error = await sent;
      const { payload } = error;
      return [error instanceof server.constructor.Error, payload instanceof Error, payload.constructor === Error, payload.code];
    },
    expected: [true, true, true, 7]
  },
  {
    name: 'the request has a string id of its own',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sends = Array.from({ length: 20 }, (_, i) => connection.send('ask', i));
      const ids = new Set();
      const kinds = new Set();
      for (const _ of sends) {
        const { message } = await client.message();
        ids.add(message.i);
        kinds.add(typeof message.i);
        client.json({ n: '_r', i: message.i, p: message.p, e: null });
      }
      return { ids: ids.size, kinds: [...kinds], answers: await Promise.all(sends) };
    },
    expected: { ids: 20, kinds: ['string'], answers: Array.from({ length: 20 }, (_, i) => i) }
  },
  {
    name: 'responses may come in any order',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sends = ['a', 'b', 'c'].map((name) => connection.send(name));
      const requests = [await client.message(), await client.message(), await client.message()];
      for (const { message } of requests.reverse()) client.json({ n: '_r', i: message.i, p: message.n.toUpperCase() });
      return Promise.all(sends);
    },
    expected: ['A', 'B', 'C']
  },
  {
    name: 'unknown, repeated and missing ids of responses are ignored',
    run: async (context) => {
      const { client, connection } = await context.pair();
      /** @type {any[]} */
      const errors = [];
      connection.on('_error', (/** @type {any} */ error) => errors.push(describeError(error)));
      const sent = connection.send('ask');
      const { message } = await client.message();
      client.json({ n: '_r', i: 'unknown', p: 'wrong' });
      client.json({ n: '_r', p: 'wrong' });
      client.json({ n: '_r', i: message.i, p: 'right' });
      client.json({ n: '_r', i: message.i, p: 'again' });
      client.json({ n: '_r', i: message.i, e: 'again' });
      await client.fence();
      return [await sent, errors];
    },
    expected: ['right', []]
  },
  {
    name: 'a timeout rejects scMessageTimeout, and the late response is ignored',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sent = outcome(connection.send('ask', null, 30));
      const { message } = await client.message();
      const result = await sent;
      client.json({ n: '_r', i: message.i, p: 'late' });
      await client.fence();
      return result;
    },
    expected: TIMED_OUT
  },
  {
    name: 'a timeout argument that is no integer of 0 or more falls back to responseTimeout',
    run: async (context) => {
      const { connection } = await context.pair({ responseTimeout: 60 });
      const start = Date.now();
      const sends = NOT_A_TIMEOUT.map((timeout) => outcome(connection.send('ask', null, timeout)));
      return Promise.all(sends.map(async (sent) => [await sent, Date.now() - start >= 50]));
    },
    expected: NOT_A_TIMEOUT.map(() => [TIMED_OUT, true])
  },
  {
    name: 'timeout 0 waits for ever',
    run: async (context) => {
      const { client, connection } = await context.pair({ responseTimeout: 20 });
      const sent = outcome(connection.send('ask', null, 0));
      const { message } = await client.message();
      await delay(80);
      client.json({ n: '_r', i: message.i, p: 'at last' });
      return sent;
    },
    expected: { resolved: 'at last' }
  },
  {
    name: 'responseTimeout 0 waits for ever',
    run: async (context) => {
      const { client, connection } = await context.pair({ responseTimeout: 0 });
      const sent = outcome(connection.send('ask'));
      const { message } = await client.message();
      await delay(60);
      client.json({ n: '_r', i: message.i, p: 'at last' });
      return sent;
    },
    expected: { resolved: 'at last' }
  },
  {
    name: 'changing server.options.responseTimeout affects later sends',
    run: async (context) => {
      const { connection, server } = await context.pair();
      server.options.responseTimeout = 25;
      return outcome(connection.send('ask'));
    },
    expected: TIMED_OUT
  },
  {
    name: 'pending requests reject scDisconnected when the client closes',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sends = [connection.send('a'), connection.send('b', 1, 0)].map(outcome);
      await client.fence();
      client.close(1000);
      return Promise.all(sends);
    },
    expected: [CLOSED, CLOSED]
  },
  {
    name: 'pending requests reject scDisconnected when the client is cut off',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sent = outcome(connection.send('a'));
      await client.fence();
      client.reset();
      return sent;
    },
    expected: CLOSED
  },
  {
    name: 'pending requests reject scDisconnected when the server closes',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const sent = outcome(connection.send('a'));
      await client.fence();
      await connection.close(4000, 'enough');
      return sent;
    },
    expected: CLOSED
  },
  {
    name: 'pending requests reject scDisconnected when the server stops',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      const sent = outcome(connection.send('a'));
      await client.fence();
      await server.stop();
      return sent;
    },
    expected: CLOSED
  },
  {
    name: 'sending to a closed connection rejects',
    run: async (context) => {
      const { client, connection } = await context.pair();
      client.close(1000);
      await until(() => connection.state === 'disconnected', 'disconnected');
      return [await outcome(connection.send('a')), await outcome(connection.sendWithoutResponse('a'))];
    },
    expected: [NOT_CONNECTED, NOT_CONNECTED]
  },
  {
    name: 'sending on a connection that is closing rejects',
    run: async (context) => {
      const { client, connection } = await context.pair();
      client.answersClose = false;
      connection.close();
      await client.closeFrame();
      const result = [await outcome(connection.send('a')), await outcome(connection.sendWithoutResponse('a'))];
      return { result, frames: client.frames.length, state: connection.state };
    },
    expected: { result: [NOT_OPEN, NOT_OPEN], frames: 2, state: 'connected' }
  },
  {
    name: 'sendWithoutResponse resolves undefined once sent',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const result = await outcome(connection.sendWithoutResponse('note', { a: 1 }));
      return [result, (await client.message()).text];
    },
    expected: [{ resolved: undefined }, '{"n":"note","p":{"a":1}}']
  },
  {
    name: 'the value is written when send is called',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      const value = { state: 'before' };
      connection.sendWithoutResponse('note', value);
      server.broadcast('all', value);
      connection.send('ask', value).catch(() => {});
      value.state = 'after';
      return [await client.message(), await client.message(), await client.message()].map(({ message }) => message.p.state);
    },
    expected: ['before', 'before', 'before']
  },
  {
    name: 'names are written as JSON strings, whatever they are',
    run: async (context) => {
      const { client, connection } = await context.pair();
      const names = ['', 'constructor', '__proto__', '_private', 'caf\u00e9', '"\\\n', '\ud800', 'x'.repeat(200)];
      for (const name of names) connection.sendWithoutResponse(name);
      await client.fence();
      return client.texts.slice(1, -1);
    },
    expected: ['', 'constructor', '__proto__', '_private', 'caf\u00e9', '"\\\n', '\ud800', 'x'.repeat(200)].map(
      (name) => `{"n":${JSON.stringify(name)}}`
    )
  },
  {
    name: 'send, sendWithoutResponse, broadcasts and responses leave in the order they were called',
    run: async (context) => {
      const { client, connection, server } = await context.pair();
      connection.joinRoom('room');
      connection.on('go', (/** @type {any} */ message) => {
        connection.sendWithoutResponse('1');
        connection.send('2').catch(() => {});
        server.broadcast('3');
        server.getRoom('room').broadcast('4');
        message.resolve('5');
        connection.sendWithoutResponse('6');
        server.broadcast('7');
        connection.send('8').catch(() => {});
      });
      client.json({ n: 'go', i: '1' });
      await client.fence();
      return client.texts.slice(1, -1).map((text) => JSON.parse(text)).map(({ n, p }) => p ?? n);
    },
    expected: ['1', '2', '3', '4', '5', '6', '7', '8']
  },
  {
    name: 'frames are single, final, unmasked text frames',
    run: async (context) => {
      const { client, connection } = await context.pair();
      for (const length of [0, 105, 106, 107, 65513, 65514, 200000]) connection.sendWithoutResponse('note', 'x'.repeat(length));
      await client.fence();
      return client.frames.slice(1, -1).map(({ opcode, fin, rsv, masked, payload }) => [opcode, fin, rsv, masked, payload.length]);
    },
    expected: [0, 105, 106, 107, 65513, 65514, 200000].map((length) => [1, true, 0, false, length + 19])
  },
  {
    name: 'send_ takes a message, and overriding it does not touch send to others',
    run: async (context) => {
      const target = await context.serve();
      const a = await context.connect(target);
      const b = await context.connect(target);
      const { Message } = target.server.constructor;
      const sent = a.connection.send_(new Message({ name: 'raw', payload: 1 }), 500);
      const request = await a.client.message();
      a.client.json({ n: '_r', i: request.message.i, p: 'direct' });
      a.connection.send_ = () => Promise.resolve('overridden');
      b.connection.send('ask').catch(() => {});
      return [anonymous(request), await sent, anonymous(await b.client.message())];
    },
    expected: ['{"n":"raw","p":1,"i":"<id>"}', 'direct', '{"n":"ask","i":"<id>"}']
  }
];

contract('send', cases);
