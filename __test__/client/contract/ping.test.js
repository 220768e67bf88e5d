// @ts-check
'use strict';

/** Pings of the client, by hand and after silence; and uptime. */

const { clientContract, scriptedContract, clientOutcome, journal, welcome } = require('../../helpers/client-contract');
const { delay, until, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

/**
 * A scripted server that notes when pings come, and answers them unless told otherwise.
 *
 * @param {import('../../helpers/client-contract').ClientContext} context
 * @param {(socket: import('ws').WebSocket, id: string) => void} [answer]
 */
async function pinged(context, answer) {
  /** @type {number[]} */
  const times = [];
  const port = await context.script((socket) => {
    welcome(socket, ({ n, i }) => {
      if (n !== '_p') return;
      times.push(Date.now());
      if (answer) answer(socket, i);
      else socket.send(`{"n":"_r","i":"${i}","p":"pong","e":null}`);
    });
  });
  return { port, times };
}

const ATTEMPTS = 5;

/**
 * What `getUptime()` returns: at first, of a client that is not connected, for a while after it is, in the end, and afterwards.
 *
 * @param {import('../../helpers/client-contract').ClientContext} context
 * @param {number} port
 */
async function uptimes(context, port) {
  const client = context.client(port, { uptime: true, uptimeOptions: { interval: 20, window: 200 } });
  const first = client.getUptime();
  await delay(110);
  const idle = client.getUptime();
  await client.connectAsync();
  await delay(110);
  const some = client.getUptime();
  await delay(200);
  // A busy machine samples less often.
  const all = await until(() => client.getUptime() === 1, 'all', 1000).then(() => true, () => false);
  await client.dispose();
  return { first, idle, some: some > 0.2 && some < 0.8, all, disposed: client.getUptime() };
}

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'ping() resolves with pong',
    run: async (context) => (await context.clientPair()).client.ping(),
    expected: 'pong'
  },
  {
    name: 'ping() when it cannot be sent',
    run: async (context) => {
      const { client, connection } = await context.clientPair({ client: { reconnect: false } });
      const gone = new Promise((resolve) => connection.on('_disconnected', (/** @type {any[]} */ ...args) => resolve(args)));
      client.send_ = () => Promise.reject(new Error('No ping allowed'));
      return [await clientOutcome(client.ping()), client.state, await within(gone, 'server told')];
    },
    expected: [
      { rejected: { code: 'cPingError', payload: { name: 'Error', message: 'No ping allowed' } } },
      'disconnecting',
      [4201, 'Auto ping failed']
    ]
  },
  {
    name: 'getUptime() without the option',
    run: async (context) => (await context.clientPair()).client.getUptime(),
    expected: undefined
  },
  {
    name: 'getUptime()',
    run: async (context) => {
      const { port } = await context.serve();
      let shown = await uptimes(context, port);
      // A busy machine samples late. Then it is done again.
      for (let i = 1; i < ATTEMPTS && !shown.some; i++) shown = await uptimes(context, port);
      return shown;
    },
    // It never forgets what was before the window.
    original: { first: 0, idle: 0, some: true, all: false, disposed: 0 },
    ours: { first: 0, idle: 0, some: true, all: true, disposed: 0 }
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'ping() without an answer in responseTimeout: 4201, and another try',
    run: async (context) => {
      const { port } = await pinged(context, () => {});
      const client = context.client(port, { responseTimeout: 40, reconnectOptions: { initialDelay: 10, maxDelay: 10 } });
      await client.connectAsync();
      const events = journal(client);
      const result = await clientOutcome(client.ping());
      await until(() => client.state === 'connected', 'connected again');
      return { result, events };
    },
    expected: {
      result: { rejected: { code: 'cPingError', payload: { code: 'cMessageTimeout' } } },
      events: [['_disconnecting'], ['_disconnected', 4201, 'Auto ping failed'], ['_connecting'], ['_connected']]
    }
  },
  {
    name: 'ping() whose connection is gone when it fails',
    run: async (context) => {
      const { port } = await pinged(context, (socket) => socket.close(4000));
      const client = context.client(port, { reconnect: false });
      await client.connectAsync();
      return [await clientOutcome(client.ping()), client.state];
    },
    expected: [{ resolved: undefined }, 'disconnected']
  },
  {
    name: 'auto-ping repeats after each pingInterval of silence',
    run: async (context) => {
      const { port, times } = await pinged(context);
      const start = Date.now();
      await context.client(port, { pingInterval: 60 }).connectAsync();
      await until(() => times.length === 3, 'three pings');
      // Each comes an interval after what came before it, or later.
      return times.every((time, index) => time - start >= 60 * (index + 1) - 2);
    },
    expected: true
  },
  {
    name: 'auto-ping waits while messages come',
    run: async (context) => {
      /** @type {string[]} */
      const pings = [];
      const port = await context.script((socket) => {
        welcome(socket, ({ n }) => pings.push(n));
        const timer = setInterval(() => socket.send('{"n":"busy"}'), 20);
        socket.on('close', () => clearInterval(timer));
      });
      const client = context.client(port, { pingInterval: 150 });
      await client.connectAsync();
      let last = Date.now();
      let silences = 0;
      client.on('busy', () => {
        // On a machine that is busy as well.
        if (Date.now() - last >= 130) silences++;
        last = Date.now();
      });
      await delay(400);
      return pings.length <= silences;
    },
    expected: true
  },
  {
    name: 'auto-ping without an answer disconnects with 4201',
    run: async (context) => {
      const { port } = await pinged(context, () => {});
      const client = context.client(port, { pingInterval: 30, responseTimeout: 30, reconnect: false });
      await client.connectAsync();
      const events = journal(client);
      await until(() => client.state === 'disconnected', 'disconnected');
      return events;
    },
    expected: [['_disconnecting'], ['_disconnected', 4201, 'Auto ping failed']]
  },
  {
    name: 'pingInterval 0 never pings',
    run: async (context) => {
      const { port, times } = await pinged(context);
      await context.client(port, { pingInterval: 0 }).connectAsync();
      await delay(80);
      return times;
    },
    expected: []
  },
  {
    name: 'auto-ping ends with the connection',
    run: async (context) => {
      const { port, times } = await pinged(context);
      const client = context.client(port, { pingInterval: 30, reconnect: false });
      await client.connectAsync();
      await client.disconnectAsync();
      const events = journal(client);
      await delay(80);
      return { times, events };
    },
    expected: { times: [], events: [] }
  }
];

clientContract('client pings', cases);
scriptedContract('client pings, scripted', scripted);
