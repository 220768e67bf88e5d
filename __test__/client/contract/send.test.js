// @ts-check
'use strict';

/** Messages from the client: responses, rejections, timeouts, order, and what cannot be sent. */

const { clientContract, scriptedContract, clientOutcome, welcome } = require('../../helpers/client-contract');
const { outcome } = require('../../helpers/observe');
const { reservePort } = require('../../helpers/ports');
const { delay, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

/** @type {any} */
const circular = {};
circular.self = circular;

/**
 * Takes the next message of a name at the server.
 *
 * @param {any} connection
 * @param {string} name
 * @returns {Promise<any>}
 */
const received = (connection, name) => within(new Promise((resolve) => connection.once(name, resolve)), name);

/** What a case below sees of the client behind its handshake. */
const AFTER_HANDSHAKE = [
  '{"n":"a","p":{"x":[1,null]},"i":"<id>"}',
  '{"n":"b","i":"<id>"}',
  '{"n":"c","p":"1970-01-01T00:00:00.000Z"}',
  '{"n":"d"}',
  '{"n":"_p","i":"<id>"}'
];

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'send() resolves with what the server resolves with',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
      const payloads = [undefined, null, 0, '', 'ä\u{1f600}', [1, [2]], { a: { b: null } }, true];
      return Promise.all(payloads.map((payload) => client.send('echo', payload)));
    },
    expected: [undefined, null, 0, '', 'ä\u{1f600}', [1, [2]], { a: { b: null } }, true]
  },
  {
    name: 'send() rejects with what the server rejects with',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      connection.on('no', (/** @type {any} */ message) => message.reject(message.payload));
      connection.on('error', (/** @type {any} */ message) => message.reject(Object.assign(new TypeError('bad'), { status: 7 })));
      return [
        await clientOutcome(client.send('no', 'because')),
        await clientOutcome(client.send('no', { why: 1 })),
        await clientOutcome(client.send('error'))
      ];
    },
    expected: [
      { rejected: { code: 'cMessageRejected', payload: 'because' } },
      { rejected: { code: 'cMessageRejected', payload: { why: 1 } } },
      { rejected: { code: 'cMessageRejected', payload: { name: 'TypeError', message: 'bad', status: 7 } } }
    ]
  },
  {
    name: 'an error of the server is an Error',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      connection.on('no', (/** @type {any} */ message) => message.reject(new RangeError('far')));
      const error = await client.send('no').catch((/** @type {any} */ each) => each);
      return [error instanceof Error, error instanceof context.Client.Error, error.payload instanceof Error];
    },
    expected: [true, true, true]
  },
  {
    name: 'no response: rejected after responseTimeout, or the timeout given',
    run: async (context) => {
      const { client } = await context.clientPair({ client: { responseTimeout: 60 } });
      const start = Date.now();
      /** @type {string[]} */
      const order = [];
      const time = async (/** @type {string} */ name, /** @type {any} */ timeout) => {
        const result = await clientOutcome(client.send('x', 1, timeout));
        order.push(name);
        return result;
      };
      const results = await Promise.all([time('shorter', 20), time('standard', undefined), time('wrong', 'soon')]);
      return { results, order, waited: Date.now() - start >= 55 };
    },
    expected: {
      results: Array(3).fill({ rejected: { code: 'cMessageTimeout' } }),
      order: ['shorter', 'standard', 'wrong'],
      waited: true
    }
  },
  {
    name: 'timeout 0 is no limit, and responseTimeout is live',
    run: async (context) => {
      const { client, connection } = await context.clientPair({ client: { responseTimeout: 20 } });
      connection.on('slow', (/** @type {any} */ message) => setTimeout(() => message.resolve('at last'), 60));
      const patient = await clientOutcome(client.send('slow', null, 0));
      client.options.responseTimeout = 0;
      return [patient, await clientOutcome(client.send('slow'))];
    },
    expected: [{ resolved: 'at last' }, { resolved: 'at last' }]
  },
  {
    name: 'responses may come in any order',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {any[]} */
      const messages = [];
      connection.on('x', (/** @type {any} */ message) => {
        if (messages.push(message) === 3) for (const each of messages.reverse()) each.resolve(each.payload * 10);
      });
      /** @type {number[]} */
      const order = [];
      const sent = [1, 2, 3].map((n) => client.send('x', n).then((/** @type {number} */ value) => order.push(value)));
      await Promise.all(sent);
      return order;
    },
    expected: [30, 20, 10]
  },
  {
    name: 'messages arrive in the order they were sent',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      /** @type {number[]} */
      const order = [];
      connection.on('x', (/** @type {any} */ message) => order.push(message.payload));
      connection.on('last', (/** @type {any} */ message) => message.resolve());
      for (let n = 0; n < 50; n++) {
        if (n % 2) client.sendWithoutResponse('x', n);
        else client.send('x', n, 0).catch(() => {});
      }
      await client.send('last');
      return order.every((n, index) => n === index) && order.length;
    },
    expected: 50
  },
  {
    name: 'sendWithoutResponse() resolves with nothing, and asks for nothing',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const message = received(connection, 'note');
      const sent = await clientOutcome(client.sendWithoutResponse('note', { a: 1 }));
      const { name, payload, id } = await message;
      return { sent, name, payload, id };
    },
    expected: { sent: { resolved: undefined }, name: 'note', payload: { a: 1 }, id: undefined }
  },
  {
    name: 'what does not go into JSON',
    run: async (context) => {
      const { client } = await context.clientPair();
      return [
        await client.send('x', circular).catch((/** @type {any} */ { code }) => code),
        await client.sendWithoutResponse('x', circular).catch((/** @type {any} */ { code }) => code),
        await client.send('x', 5n).catch((/** @type {any} */ { code }) => code)
      ];
    },
    expected: ['cInvalidJSON', 'cInvalidJSON', 'cInvalidJSON']
  },
  {
    name: 'sending when not connected',
    run: async (context) => {
      const { server, port } = await context.serve();
      const client = context.client(port, { reconnect: false });
      const results = [await clientOutcome(client.send('x')), await clientOutcome(client.sendWithoutResponse('x'))];
      const connected = client.connectAsync();
      results.push(await clientOutcome(client.send('x')));
      await connected;
      client.disconnect();
      results.push(await clientOutcome(client.send('x')), await clientOutcome(client.ping()));
      return { results, server: server !== undefined };
    },
    expected: {
      results: [
        ...Array(4).fill({ rejected: { code: 'cDisconnected' } }),
        { rejected: { code: 'cPingError', payload: { code: 'cDisconnected' } } }
      ],
      server: true
    }
  },
  {
    name: 'pending sends are rejected when the client disconnects, at once',
    run: async (context) => {
      const { client } = await context.clientPair();
      const pending = [client.send('x'), client.send('y', 1, 0)].map(clientOutcome);
      client.disconnect();
      return [await Promise.all(pending), client.state];
    },
    expected: [Array(2).fill({ rejected: { code: 'cDisconnected' } }), 'disconnecting']
  },
  {
    name: 'pending sends are rejected when the server disconnects',
    run: async (context) => {
      const { client, connection } = await context.clientPair({ client: { reconnect: false } });
      const pending = clientOutcome(client.send('x', 1, 0));
      connection.close();
      return pending;
    },
    expected: { rejected: { code: 'cDisconnected' } }
  },
  {
    name: 'send_ and sendWithoutResponse_ take messages, and may be replaced',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const { Message } = context.Client;
      connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
      const note = received(connection, 'note');
      const echoed = await client.send_(new Message({ name: 'echo', payload: 5 }), 1000);
      await client.sendWithoutResponse_(new Message({ name: 'note', payload: 6 }));
      const { payload } = await note;
      client.send_ = async (/** @type {any} */ { name }, /** @type {unknown} */ timeout) => [name, timeout];
      return [echoed, payload, await client.send('mine', 1, 7)];
    },
    expected: [5, 6, ['mine', 7]]
  },
  {
    name: 'a long message, and many at once',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      connection.on('size', (/** @type {any} */ message) => message.resolve(message.payload.length));
      const long = await client.send('size', 'x'.repeat(300_000));
      const many = await Promise.all(Array.from({ length: 200 }, (_, n) => client.send('size', 'y'.repeat(n))));
      return [long, many.every((size, n) => size === n)];
    },
    expected: [300_000, true]
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'what goes over the wire',
    run: async (context) => {
      /** @type {string[]} */
      const texts = [];
      const port = await context.script((socket) => {
        socket.on('message', (data) => texts.push(String(data).replace(/"i":"\w+"/, '"i":"<id>"')));
        welcome(socket);
      });
      const client = context.client(port, { handshake: { payload: { token: 1 } } });
      await client.connectAsync();
      client.send('a', { x: [1, null] }).catch(() => {});
      client.send('b').catch(() => {});
      client.sendWithoutResponse('c', new Date(0));
      client.sendWithoutResponse('d');
      client.ping().catch(() => {});
      await delay(30);
      return texts;
    },
    original: ['{"n":"_h","p":{"token":1},"i":"<id>"}', ...AFTER_HANDSHAKE],
    // Ours says that it knows of positions in rooms with history.
    ours: ['{"n":"_h","p":{"token":1},"i":"<id>","o":{}}', ...AFTER_HANDSHAKE]
  },
  {
    name: 'responses that are unknown, late, or come twice are ignored',
    run: async (context) => {
      const port = await context.script((socket) => {
        welcome(socket, ({ n, i }) => {
          if (n === 'late') setTimeout(() => socket.send(JSON.stringify({ n: '_r', i, p: 'late', e: null })), 40);
          if (n !== 'twice') return;
          for (const p of ['first', 'second']) socket.send(JSON.stringify({ n: '_r', i, p, e: null }));
          socket.send('{"n":"_r","i":"nobody","p":1,"e":null}');
          socket.send('{"n":"_r","p":1,"e":null}');
        });
      });
      const client = context.client(port);
      await client.connectAsync();
      const results = [await outcome(client.send('twice')), await client.send('late', 1, 20).catch((/** @type {any} */ { code }) => code)];
      await delay(40);
      return [results, client.state];
    },
    expected: [[{ resolved: 'first' }, 'cMessageTimeout'], 'connected']
  },
  {
    name: 'which errors of a response reject',
    run: async (context) => {
      const port = await context.script((socket) => {
        welcome(socket, ({ i, p }) => socket.send(`{"n":"_r","i":"${i}","p":"value"${p}}`));
      });
      const client = context.client(port);
      await client.connectAsync();
      const errors = ['', ',"e":null', ',"e":0', ',"e":""', ',"e":false', ',"e":true', ',"e":1', ',"e":[]', ',"e":{"name":"X","message":5}'];
      return Promise.all(errors.map((error) => clientOutcome(client.send('x', error))));
    },
    expected: [
      ...Array(5).fill({ resolved: 'value' }),
      { rejected: { code: 'cMessageRejected', payload: true } },
      { rejected: { code: 'cMessageRejected', payload: 1 } },
      { rejected: { code: 'cMessageRejected', payload: [] } },
      { rejected: { code: 'cMessageRejected', payload: { name: 'X', message: 5 } } }
    ]
  },
  {
    name: 'pending sends when nobody listens any more',
    run: async (context) => clientOutcome(context.client(await reservePort()).send('x')),
    expected: { rejected: { code: 'cDisconnected' } }
  }
];

clientContract('client sends', cases);
scriptedContract('client sends, scripted', scripted);
