// @ts-check
'use strict';

/** Messages from the server: delivery, responses, what cannot be answered. */

const { clientContract, scriptedContract, journal, welcome } = require('../../helpers/client-contract');
const { CRASHES } = require('../../helpers/contract');
const { attempt, outcome } = require('../../helpers/observe');
const { delay, until, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

/** @type {any} */
const circular = {};
circular.self = circular;

/**
 * A scripted server that sends texts once the client is connected, and notes what comes back.
 *
 * @param {import('../../helpers/client-contract').ClientContext} context
 * @param {string[]} texts
 */
async function told(context, ...texts) {
  /** @type {string[]} */
  const answers = [];
  /** @type {(text: string) => void} */
  let send = () => {};
  const port = await context.script((socket) => {
    send = (text) => socket.send(text);
    welcome(socket, (message) => answers.push(JSON.stringify(message)));
  });
  const client = context.client(port, { reconnect: false });
  await client.connectAsync();
  return {
    client,
    answers,
    /** Sends the texts, and waits until they have been handled. */
    tell: async () => {
      for (const text of texts) send(text);
      const answered = answers.length;
      send('{"n":"_p","i":"fence"}');
      await until(() => answers.slice(answered).some((answer) => answer.includes('fence')), 'answered');
      await delay(5);
      return answers.filter((answer) => !answer.includes('fence'));
    }
  };
}

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'a message reaches the listeners of its name',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {any[]} */
      const seen = [];
      client.on('news', (/** @type {any} */ { name, payload, id }) => seen.push([name, payload, id]));
      client.on(/ews$/, (/** @type {any} */ { payload }) => seen.push(payload));
      client.on('other', () => seen.push('other'));
      await connection.sendWithoutResponse('news', { a: [1] });
      await connection.sendWithoutResponse('nothing');
      await until(() => seen.length >= 2, 'seen');
      return seen;
    },
    expected: [['news', { a: [1] }, undefined], { a: [1] }]
  },
  {
    name: 'messages reach their listeners in order',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {number[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ { payload }) => seen.push(payload));
      for (let n = 0; n < 100; n++) connection.sendWithoutResponse('x', n);
      await until(() => seen.length === 100, 'seen');
      return seen.every((n, index) => n === index);
    },
    expected: true
  },
  {
    name: 'the client resolves and rejects',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      client.on('yes', (/** @type {any} */ message) => message.resolve([message.payload]));
      client.on('later', (/** @type {any} */ message) => setTimeout(() => message.resolve(), 5));
      client.on('no', (/** @type {any} */ message) => message.reject(Object.assign(new Error('no'), { status: 1 })));
      return Promise.all(['yes', 'later', 'no'].map((name) => outcome(connection.send(name, name))));
    },
    expected: [
      { resolved: ['yes'] },
      { resolved: undefined },
      { rejected: { code: 'scMessageRejected', payload: { name: 'Error', message: 'no', status: 1 } } }
    ]
  },
  {
    name: 'a message is answered once',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ message) => {
        message.resolve(1);
        seen.push(attempt(() => message.resolve(2)), attempt(() => message.reject(3)));
      });
      return [await connection.send('x'), seen];
    },
    expected: [1, Array(2).fill({ thrown: { code: 'mAlreadyResponded' } })]
  },
  {
    name: 'an answer that does not go into JSON',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ message) => {
        for (const call of [() => message.resolve(circular), () => message.reject(circular)]) {
          seen.push(/** @type {any} */ (attempt(call)).thrown?.code);
        }
        message.resolve('fine');
      });
      return [await connection.send('x'), seen];
    },
    expected: ['fine', ['mInvalidJson', 'mInvalidJson']]
  },
  {
    name: 'events of an answered message',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ message) => {
        message.once('resolved', (/** @type {any} */ value) => seen.push(['resolved', value]));
        message.once('rejected', (/** @type {any} */ value) => seen.push(['rejected', value]));
        if (message.payload) message.resolve('v');
        else message.reject('e');
      });
      await connection.send('x', true);
      await connection.send('x', false).catch(() => {});
      return seen;
    },
    expected: [['resolved', 'v'], ['rejected', 'e']]
  },
  {
    name: 'an answer after the connection has ended',
    run: async (context) => {
      const { client, connection } = await context.clientPair({ client: { reconnect: false } });
      const message = within(new Promise((resolve) => client.once('x', resolve)), 'message');
      connection.send('x').catch(() => {});
      const late = /** @type {any} */ (await message);
      await client.disconnectAsync();
      const events = journal(client);
      late.resolve(1);
      const atOnce = events.length;
      await delay(10);
      return { atOnce, events };
    },
    expected: {
      atOnce: 0,
      events: [['_error', { code: 'cMessageNotResponded', payload: { code: 'cDisconnected' } }]]
    }
  },
  {
    name: 'broadcasts, to all and to a room',
    run: async (context) => {
      const { server, client, connection, port } = await context.clientPair();
      const other = context.client(port);
      await other.connectAsync();
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ { payload }) => seen.push(['first', payload]));
      other.on('x', (/** @type {any} */ { payload }) => seen.push(['second', payload]));
      connection.joinRoom('r');
      server.getRoom('r').broadcast('x', 'room');
      await until(() => seen.length === 1, 'room broadcast');
      server.broadcast('x', 'all');
      await until(() => seen.length === 3, 'broadcast');
      return seen.sort();
    },
    expected: [['first', 'all'], ['first', 'room'], ['second', 'all']]
  },
  {
    name: 'pings of the server are answered',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const seen = [await connection.ping()];
      // Applications of the original spy on it.
      client.onPingMessage_ = (/** @type {any} */ message) => {
        seen.push(message.name);
        Object.getPrototypeOf(client).onPingMessage_.call(client, message);
      };
      return [...seen.splice(0), await connection.ping(), seen];
    },
    expected: ['pong', 'pong', ['_p']]
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'answers on the wire',
    run: async (context) => {
      const { client, tell } = await told(context, '{"n":"a","i":"1","p":2}', '{"n":"b","i":"2"}', '{"n":"c","i":7}');
      client.on('a', (/** @type {any} */ message) => message.resolve({ got: message.payload }));
      client.on('b', (/** @type {any} */ message) => message.reject(new TypeError('no')));
      client.on('c', (/** @type {any} */ message) => message.resolve());
      return tell();
    },
    expected: [
      '{"n":"_r","p":{"got":2},"i":"1","e":null}',
      '{"n":"_r","i":"2","e":{"name":"TypeError","message":"no"}}',
      '{"n":"_r","i":7,"e":null}'
    ]
  },
  {
    name: 'an empty id and zero count as none',
    run: async (context) => {
      const { client, tell } = await told(context, '{"n":"a","i":""}', '{"n":"a","i":0}');
      client.on('a', (/** @type {any} */ message) => message.resolve(1));
      return tell();
    },
    expected: []
  },
  {
    name: 'messages in binary frames',
    run: async (context) => {
      /** @type {any} */
      let socket;
      const port = await context.script((each) => welcome((socket = each)));
      const client = context.client(port);
      await client.connectAsync();
      const message = new Promise((resolve) => client.once('x', resolve));
      socket.send(Buffer.from('{"n":"x","p":"ä"}'), { binary: true });
      return /** @type {any} */ (await within(message, 'message')).payload;
    },
    expected: 'ä'
  },
  {
    name: 'an answer to a message without an id, inside the handler',
    run: async (context) => {
      const { client, tell } = await told(context, '{"n":"x"}');
      const events = journal(client);
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ message) => {
        seen.push(attempt(() => message.resolve()), attempt(() => message.reject(1)));
      });
      await tell();
      return { seen, events };
    },
    expected: { seen: Array(2).fill({ thrown: { code: 'mMissingId' } }), events: [] }
  },
  {
    name: 'an answer to a message without an id that the handler does not catch',
    run: async (context) => {
      const { client, tell } = await told(context, '{"n":"x"}', '{"n":"y"}', '{"n":"z"}');
      const events = journal(client);
      client.on('x', (/** @type {any} */ message) => message.resolve());
      client.on('y', async (/** @type {any} */ message) => message.reject());
      client.on('z', (/** @type {any} */ message) => setTimeout(() => message.resolve(), 1));
      await tell();
      await delay(10);
      return events;
    },
    original: CRASHES,
    ours: Array(3).fill(['_error', { code: 'mMissingId' }])
  }
];

clientContract('client receives', cases);
scriptedContract('client receives, scripted', scripted);
