// @ts-check
'use strict';

/** Connecting and disconnecting from every state: what is returned, thrown and emitted, in order. */

const { clientContract, scriptedContract, clientOutcome, journal, welcome } = require('../../helpers/client-contract');
const { ABSENT } = require('../../helpers/contract');
const { attempt } = require('../../helpers/observe');
const { reservePort } = require('../../helpers/ports');
const { delay, until, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

/** No reconnection, unless a case is about it. */
const ONCE = { reconnect: false };

/**
 * @param {any} client
 * @param {string} event
 */
const next = (client, event) => within(new Promise((resolve) => client.once(event, resolve)), event);

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'connecting: states, events and the id',
    run: async (context) => {
      const { server, port } = await context.serve();
      const client = context.client(port, ONCE);
      const events = journal(client);
      const states = [client.state];
      client.on('_connecting', () => states.push(client.state));
      client.on('_connected', () => states.push(client.state));
      const started = client.connect();
      states.push(client.state);
      await next(client, '_connected');
      return { started, states, events, known: server.getConnectionById(client.id) !== undefined };
    },
    expected: {
      started: true,
      states: ['ready', 'connecting', 'connecting', 'connected'],
      events: [['_connecting'], ['_connected']],
      known: true
    }
  },
  {
    name: 'connect() while connecting or connected does nothing',
    run: async (context) => {
      const { port } = await context.serve();
      const client = context.client(port, ONCE);
      const results = [client.connect(), client.connect()];
      await next(client, '_connected');
      const events = journal(client);
      results.push(client.connect());
      await delay(20);
      return { results, events };
    },
    expected: { results: [true, false, false], events: [] }
  },
  {
    name: 'connectAsync() resolves with what the server resolved the handshake with',
    run: async (context) => {
      const { port } = await context.serve({}, (server) => {
        server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => message.resolve({ got: message.payload }));
      });
      return context.client(port, { handshake: { payload: [1, 'x'] } }).connectAsync();
    },
    expected: { got: [1, 'x'] }
  },
  {
    name: 'connectAsync() while connecting joins in',
    run: async (context) => {
      const { port } = await context.serve();
      const client = context.client(port, ONCE);
      const both = Promise.all([client.connectAsync(), client.connectAsync()]);
      return within(both, 'connected');
    },
    expected: [undefined, undefined]
  },
  {
    name: 'connectAsync() when connected',
    run: async (context) => {
      const { client } = await context.clientPair();
      return Promise.race([client.connectAsync().then(() => 'resolved'), delay(50).then(() => 'pending')]);
    },
    original: 'pending',
    ours: 'resolved'
  },
  {
    name: 'nobody listens: the error, then the disconnection',
    run: async (context) => {
      const client = context.client(await reservePort(), ONCE);
      const events = journal(client);
      client.connect();
      await next(client, '_disconnected');
      return { events, state: client.state };
    },
    expected: {
      events: [
        ['_connecting'],
        ['_connecting_error', { code: 'cWebsocketError', payload: true }],
        ['_disconnected', 1006, '']
      ],
      state: 'disconnected'
    }
  },
  {
    name: 'nobody listens: connectAsync() rejects',
    run: async (context) => clientOutcome(context.client(await reservePort(), ONCE).connectAsync()),
    expected: { rejected: { code: 'cWebsocketError', payload: true } }
  },
  {
    name: 'a URL that is none',
    run: async (context) => {
      const urls = ['ws://[', 'not a url', 'ws://localhost:99999'];
      return Promise.all(
        urls.map(async (url) => {
          const client = context.client(url, ONCE);
          const { thrown } = /** @type {any} */ (attempt(() => client.connect()));
          return [thrown?.code, await clientOutcome(client.connectAsync()), client.state];
        })
      );
    },
    original: [
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready'],
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready'],
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready']
    ],
    ours: [
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready'],
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready'],
      ['cWebsocketError', { rejected: { code: 'cWebsocketError', payload: true } }, 'ready']
    ]
  },
  {
    name: 'disconnecting: states and events on both ends',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const events = journal(client);
      /** @type {any} */
      const gone = new Promise((resolve) => connection.on('_disconnected', (/** @type {any[]} */ ...args) => resolve(args)));
      const results = [client.disconnect(3000, 'bye'), client.state, client.disconnect(), client.connect()];
      await next(client, '_disconnected');
      return { results, events, state: client.state, id: client.id, server: await within(gone, 'server told') };
    },
    expected: {
      results: [true, 'disconnecting', false, false],
      events: [['_disconnecting'], ['_disconnected', 3000, 'bye']],
      state: 'disconnected',
      id: null,
      server: [3000, 'bye']
    }
  },
  {
    name: 'disconnect() without a code is 1000',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const gone = new Promise((resolve) => connection.on('_disconnected', resolve));
      client.disconnect();
      return within(gone, 'server told');
    },
    expected: 1000
  },
  {
    name: 'disconnect() with a code that cannot be sent',
    run: async (context) => {
      const { client } = await context.clientPair();
      const thrown = attempt(() => client.disconnect(5));
      return { code: /** @type {any} */ (thrown).thrown?.code, state: client.state };
    },
    expected: { code: 'cWebsocketError', state: 'connected' }
  },
  {
    name: 'disconnect() with a code that only the WebSocket itself may report, or a long reason',
    run: async (context) => {
      const { client } = await context.clientPair();
      const calls = [[1005], [1006], [999], [5000], [1000, 'x'.repeat(124)]];
      const codes = calls.map((args) => /** @type {any} */ (attempt(() => client.disconnect(...args))).thrown?.code);
      return { codes, state: client.state };
    },
    original: ABSENT,
    ours: { codes: Array(5).fill('cWebsocketError'), state: 'connected' }
  },
  {
    name: 'disconnectAsync() resolves with the close event',
    run: async (context) => {
      const { client } = await context.clientPair();
      const { code, reason } = await client.disconnectAsync(4000, 'x');
      return [code, reason, client.state];
    },
    expected: [4000, 'x', 'disconnected']
  },
  {
    name: 'disconnect() without a connection does nothing',
    run: async (context) => {
      const client = context.client(await reservePort());
      return [client.disconnect(), client.state];
    },
    expected: [false, 'ready']
  },
  {
    name: 'disconnectAsync() without a connection',
    run: async (context) => {
      const client = context.client(await reservePort());
      return Promise.race([client.disconnectAsync().then(() => 'resolved'), delay(30).then(() => 'pending')]);
    },
    original: 'pending',
    ours: 'resolved'
  },
  {
    name: 'disconnect() while connecting',
    run: async (context) => {
      const { port } = await context.serve();
      const client = context.client(port);
      const events = journal(client);
      client.connect();
      const started = client.disconnect();
      await next(client, '_disconnected');
      // Whether the WebSocket tells an error as well is the platform's affair.
      return { started, events: events.filter(([name]) => !name.endsWith('error')), state: client.state };
    },
    // Its WebSocket closes before `close` returns, which leaves it disconnecting until the timeout.
    original: ABSENT,
    ours: {
      started: true,
      events: [['_connecting'], ['_disconnecting'], ['_disconnected', 1006, '']],
      state: 'disconnected'
    }
  },
  {
    name: 'a client can connect again after it has disconnected',
    run: async (context) => {
      const { client } = await context.clientPair();
      const first = client.id;
      await client.disconnectAsync();
      await client.connectAsync();
      return [client.state, client.id !== first, await clientOutcome(client.ping())];
    },
    expected: ['connected', true, { resolved: 'pong' }]
  },
  {
    name: 'a client that has disconnected does not reconnect',
    run: async (context) => {
      const { client } = await context.clientPair({ client: { reconnectOptions: { initialDelay: 10, maxDelay: 10 } } });
      await client.disconnectAsync();
      const events = journal(client);
      await delay(60);
      return events;
    },
    expected: []
  },
  {
    name: 'the server closes',
    run: async (context) => {
      const { client, connection } = await context.clientPair({ client: ONCE });
      const events = journal(client);
      connection.close(4001, 'go away');
      await next(client, '_disconnected');
      return { events, state: client.state, id: client.id };
    },
    expected: { events: [['_disconnected', 4001, 'go away']], state: 'disconnected', id: null }
  },
  {
    name: 'dispose() disconnects with 4205 and removes the listeners',
    run: async (context) => {
      const { client, connection } = await context.clientPair();
      const gone = new Promise((resolve) => connection.on('_disconnected', (/** @type {any[]} */ ...args) => resolve(args)));
      const events = journal(client);
      client.on('hello', () => {});
      await within(client.dispose(), 'disposed');
      return { events, names: client.eventNames(), state: client.state, server: await within(gone, 'server told') };
    },
    expected: {
      events: [['_disconnecting'], ['_disconnected', 4205, 'Client disposed']],
      names: [],
      state: 'disconnected',
      server: [4205, 'Client disposed']
    }
  },
  {
    name: 'dispose() in the other states',
    run: async (context) => {
      const { port } = await context.serve();
      const ready = context.client(port);
      await within(ready.dispose(), 'disposed when ready');
      const connecting = context.client(port);
      connecting.connect();
      await within(connecting.dispose(), 'disposed when connecting');
      const disconnected = context.client(port);
      await disconnected.connectAsync();
      await disconnected.disconnectAsync();
      await within(disconnected.dispose(), 'disposed when disconnected');
      const disconnecting = context.client(port);
      await disconnecting.connectAsync();
      disconnecting.disconnect();
      await within(disconnecting.dispose(), 'disposed when disconnecting');
      return [ready, connecting, disconnected, disconnecting].map((client) => client.state);
    },
    // See above; and when disconnecting it does not wait.
    original: ['ready', 'disconnecting', 'disconnected', 'disconnecting'],
    ours: ['ready', 'disconnected', 'disconnected', 'disconnected']
  },
  {
    name: 'a client that was disposed of while it reconnects stays away',
    run: async (context) => {
      const client = context.client(await reservePort(), { reconnectOptions: { initialDelay: 20, maxDelay: 20, randomness: 0 } });
      client.connect();
      await next(client, '_disconnected');
      await client.dispose();
      const events = journal(client);
      await delay(60);
      return events;
    },
    expected: []
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'the server does not answer the close frame: given up after disconnectTimeout',
    run: async (context) => {
      // Node's own net socket under it is stopped, so that nothing is answered.
      const port = await context.script((socket) => {
        welcome(socket);
        socket.on('message', () => setTimeout(() => /** @type {any} */ (socket)._socket.pause(), 5));
      });
      const client = context.client(port, { ...ONCE, disconnectTimeout: 40 });
      await client.connectAsync();
      await delay(20);
      const events = journal(client);
      client.disconnect();
      await next(client, '_disconnected');
      return events;
    },
    expected: [
      ['_disconnecting'],
      ['_error', { code: 'cDisconnectError' }],
      ['_disconnected', 4204, 'Disconnect timeout']
    ]
  },
  {
    name: 'disconnect() while the handshake is pending',
    run: async (context) => {
      const port = await context.script(() => {});
      const client = context.client(port, ONCE);
      const events = journal(client);
      const connected = clientOutcome(client.connectAsync());
      await until(() => client.state === 'handshaking', 'handshaking');
      client.disconnect();
      await next(client, '_disconnected');
      return { events, connected: await connected };
    },
    expected: {
      events: [
        ['_connecting'],
        ['_disconnecting'],
        ['_connecting_error', { code: 'cHandshakeError' }],
        ['_disconnected', 1000, '']
      ],
      connected: { rejected: { code: 'cHandshakeError' } }
    }
  },
  {
    name: 'the connection is lost while the handshake is pending',
    run: async (context) => {
      const port = await context.script((socket) => socket.terminate());
      const client = context.client(port, ONCE);
      const events = journal(client);
      await client.connectAsync().catch(() => {});
      await delay(10);
      // Where the WebSocket tells of an error first (Node 24), that is the failure; the original client tells of another one.
      const failures = events.filter(([name]) => name === '_connecting_error').map(([, error]) => error.code);
      if (failures.length === 2 && failures[0] === 'cWebsocketError') failures.shift();
      return { others: events.filter(([name]) => name !== '_connecting_error'), failures: failures.map((code) => code.replace('Websocket', 'Handshake')) };
    },
    expected: { others: [['_connecting'], ['_disconnected', 1006, '']], failures: ['cHandshakeError'] },
  },
  {
    name: 'disconnect() while a reconnection is awaited ends it',
    run: async (context) => {
      const client = context.client(await reservePort(), { reconnectOptions: { initialDelay: 30, maxDelay: 30, randomness: 0 } });
      client.connect();
      await next(client, '_disconnected');
      const events = journal(client);
      const returned = client.disconnect();
      await delay(70);
      return { returned, reconnects: events.length > 0 };
    },
    original: { returned: false, reconnects: true },
    ours: { returned: false, reconnects: false }
  },
  {
    name: 'dispose() in a listener of _disconnected',
    run: async (context) => {
      const client = context.client(await reservePort(), { reconnectOptions: { initialDelay: 10, maxDelay: 10, randomness: 0 } });
      client.connect();
      await next(client, '_disconnected').then(() => {});
      client.connect();
      client.on('_disconnected', () => client.dispose());
      await next(client, '_disconnected');
      await delay(5);
      const events = journal(client);
      await delay(50);
      return { reconnects: events.length > 0 };
    },
    original: { reconnects: true },
    ours: { reconnects: false }
  },
  {
    name: 'disconnect() by the application while a ping is under way ends reconnecting',
    run: async (context) => {
      const port = await context.script((socket) => welcome(socket));
      const client = context.client(port, { reconnectOptions: { initialDelay: 10, maxDelay: 10, randomness: 0 } });
      await client.connectAsync();
      const pinged = clientOutcome(client.ping());
      client.disconnect();
      await next(client, '_disconnected');
      const events = journal(client);
      await delay(50);
      return { events, pinged: await pinged };
    },
    expected: { events: [], pinged: { rejected: { code: 'cPingError', payload: { code: 'cDisconnected' } } } }
  },
  {
    name: 'an exception in a listener of _disconnected does not end reconnecting',
    run: async (context) => {
      const port = await reservePort();
      const client = context.client(port, { reconnectOptions: { initialDelay: 10, maxDelay: 10, randomness: 0 } });
      /** @type {any[]} */
      const uncaught = [];
      const before = process.rawListeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      try {
        let attempts = 0;
        client.on('_disconnected', () => {
          if (attempts === 1) throw new Error('of the application');
        });
        client.on('_connecting', () => attempts++);
        client.connect();
        await until(() => attempts > 1, 'reconnecting');
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of before) process.on('uncaughtException', /** @type {any} */ (listener));
      }
      return uncaught[0];
    },
    original: ABSENT,
    ours: 'of the application'
  }
];

clientContract('connecting', cases);
scriptedContract('connecting, scripted', scripted);
