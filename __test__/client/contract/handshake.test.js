// @ts-check
'use strict';

/** The handshake: its payload, what the server makes of it, and what comes around it. */

const { clientContract, scriptedContract, clientOutcome, journal } = require('../../helpers/client-contract');
const { delay, until, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

const ONCE = { reconnect: false };

/**
 * @param {any} client
 * @param {string} event
 */
const next = (client, event) => within(new Promise((resolve) => client.once(event, resolve)), event);

/**
 * A scripted server that answers handshakes with a text, in which `<id>` stands for the id.
 *
 * @param {import('../../helpers/client-contract').ClientContext} context
 * @param {string[]} texts
 */
const answering = (context, ...texts) =>
  context.script((socket) => {
    socket.on('message', (data) => {
      const { n, i } = JSON.parse(String(data));
      if (n === '_h') for (const text of texts) socket.send(text.replace('<id>', i));
    });
  });

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'the payload reaches the server, the id it sets the client',
    run: async (context) => {
      /** @type {any[]} */
      const seen = [];
      const { port } = await context.serve({}, (server) => {
        server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => {
          seen.push(message.payload);
          connection.setId('mine');
          message.resolve('welcome');
        });
      });
      const client = context.client(port, { handshake: { payload: { token: 's3cret' } } });
      const events = journal(client);
      const resolved = await client.connectAsync();
      return { seen, id: client.id, resolved, events };
    },
    expected: {
      seen: [{ token: 's3cret' }],
      id: 'mine',
      resolved: 'welcome',
      events: [['_connecting'], ['_connected', 'welcome']]
    }
  },
  {
    name: 'rejected: the error, then the disconnection',
    run: async (context) => {
      const { port } = await context.serve({}, (server) => {
        server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => {
          message.reject(Object.assign(new Error('Unknown token'), { status: 401 }));
        });
      });
      const client = context.client(port, ONCE);
      const events = journal(client);
      const rejected = await clientOutcome(client.connectAsync());
      await until(() => client.state === 'disconnected', 'disconnected');
      return { rejected, events };
    },
    expected: {
      rejected: {
        rejected: { code: 'cHandshakeRejected', payload: { name: 'Error', message: 'Unknown token', status: 401 } }
      },
      events: [
        ['_connecting'],
        ['_connecting_error', { code: 'cHandshakeRejected', payload: { name: 'Error', message: 'Unknown token', status: 401 } }],
        ['_disconnecting'],
        ['_disconnected', 4203, 'Handshake rejected']
      ]
    }
  },
  {
    name: 'rejected: the client tries again, with the payload of then',
    run: async (context) => {
      const { port } = await context.serve({}, (server) => {
        server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => {
          if (message.payload === 'new') message.resolve('welcome');
          else message.reject('old');
        });
      });
      const client = context.client(port, {
        handshake: { payload: 'old' },
        reconnectOptions: { initialDelay: 10, maxDelay: 10 }
      });
      client.on('_connecting_error', () => (client.options.handshake.payload = 'new'));
      const connected = next(client, '_connected');
      client.connect();
      return connected;
    },
    expected: 'welcome'
  },
  {
    name: 'not answered: the error after handshake.timeout',
    run: async (context) => {
      const { port } = await context.serve({}, (server) => server.on('handshake', () => {}));
      const client = context.client(port, { ...ONCE, handshake: { timeout: 40 } });
      const events = journal(client);
      const rejected = await clientOutcome(client.connectAsync());
      await until(() => client.state === 'disconnected', 'disconnected');
      return { rejected, events: events.map(([name, what]) => (what?.code ? [name, what.code] : [name])) };
    },
    expected: {
      rejected: { rejected: { code: 'cHandshakeError' } },
      events: [['_connecting'], ['_connecting_error', 'cHandshakeError'], ['_disconnecting'], ['_disconnected']]
    }
  },
  {
    name: 'handshake.timeout 0 is no limit, and responseTimeout has no say',
    run: async (context) => {
      const { port } = await context.serve({}, (server) => {
        server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => setTimeout(() => message.resolve(1), 60));
      });
      const client = context.client(port, { ...ONCE, responseTimeout: 20, handshake: { timeout: 0 } });
      return client.connectAsync();
    },
    expected: 1
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'an answer that is no object',
    run: async (context) => {
      const results = [];
      for (const answer of ['5', '"x"', 'null', 'true']) {
        const port = await answering(context, `{"n":"_r","i":"<id>","p":${answer},"e":null}`);
        const client = context.client(port, ONCE);
        const rejected = clientOutcome(client.connectAsync());
        const { code } = /** @type {any} */ (await next(client, '_disconnected'));
        results.push([await rejected, code]);
      }
      return results;
    },
    expected: [
      [{ rejected: { code: 'cHandshakeError', payload: 5 } }, 4202],
      [{ rejected: { code: 'cHandshakeError', payload: 'x' } }, 4202],
      [{ rejected: { code: 'cHandshakeError', payload: null } }, 4202],
      [{ rejected: { code: 'cHandshakeError', payload: true } }, 4202]
    ]
  },
  {
    name: 'an answer that is an object of another kind',
    run: async (context) => {
      const results = [];
      for (const answer of ['{}', '[]', '{"id":5,"payload":[1]}']) {
        const port = await answering(context, `{"n":"_r","i":"<id>","p":${answer},"e":null}`);
        const client = context.client(port, ONCE);
        results.push([await client.connectAsync(), client.id]);
      }
      return results;
    },
    expected: [[undefined, undefined], [undefined, undefined], [[1], 5]]
  },
  {
    name: 'a message right behind the answer comes after _connected',
    run: async (context) => {
      const port = await answering(context, '{"n":"_r","i":"<id>","p":{"id":"a"},"e":null}', '{"n":"first"}');
      const client = context.client(port, ONCE);
      /** @type {string[]} */
      const order = [];
      client.on('first', () => order.push(`first, ${client.state}`));
      client.on('_connected', () => order.push('_connected'));
      client.connect();
      await until(() => order.length === 2, 'both');
      return order;
    },
    // With ws both come in one turn of the event loop, as they do in one packet.
    original: ['first, handshaking', '_connected'],
    ours: ['_connected', 'first, connected']
  },
  {
    name: 'messages and pings before the answer',
    run: async (context) => {
      /** @type {string[]} */
      const answers = [];
      const port = await context.script((socket) => {
        socket.on('message', (data) => {
          const { n, i } = JSON.parse(String(data));
          if (n !== '_h') return answers.push(String(data));
          socket.send('{"n":"early"}');
          socket.send('{"n":"_p","i":"1"}');
          return setTimeout(() => socket.send(`{"n":"_r","i":"${i}","p":{},"e":null}`), 20);
        });
      });
      const client = context.client(port, ONCE);
      /** @type {string[]} */
      const order = [];
      client.on('early', () => order.push(client.state));
      await client.connectAsync();
      await delay(10);
      return { order, answers };
    },
    expected: { order: ['handshaking'], answers: ['{"n":"_r","p":"pong","i":"1","e":null}'] }
  }
];

clientContract('client handshake', cases);
scriptedContract('client handshake, scripted', scripted);
