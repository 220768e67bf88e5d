// @ts-check
'use strict';

/** Reconnection, its delays, and redirects. */

const http = require('node:http');
const net = require('node:net');
const timers = require('node:timers');

/**
 * What timers are made by. Our clients keep that of when they are loaded, so this comes first; the one for Node has it from
 * Node's module.
 */
const original = global.setTimeout;
let makeTimer = original;
/** @type {any} */ (timers).setTimeout = /** @type {any} */ (global).setTimeout = (/** @type {[any, any]} */ ...args) => makeTimer(...args);

const { clientContract, scriptedContract, journal, welcome } = require('../../helpers/client-contract');
const { delay, until, within } = require('../../helpers/timing');

/** @typedef {import('../../helpers/client-contract').ClientCase} ClientCase */

/** How long a WebSocket of ws waits for the close frame of the other end, in ms. */
const CLOSING = 30000;

/**
 * Notes how long each reconnection was to be waited for, and lets it begin at once.
 *
 * @param {(ms: number) => boolean} isDelay tells those timers from others
 * @param {() => Promise<unknown>} body
 */
async function delaysOf(isDelay, body) {
  /** @type {number[]} */
  const delays = [];
  makeTimer = /** @type {any} */ (/** @type {any} */ callback, /** @type {number} */ ms, /** @type {any[]} */ ...args) => {
    if (!isDelay(ms)) return original(callback, ms, ...args);
    delays.push(ms);
    return original(callback, 1, ...args);
  };
  try {
    await body();
  } catch (error) {
    throw new Error(`delays: ${delays.join(', ')}`, { cause: error });
  } finally {
    makeTimer = original;
  }
  return delays;
}

/**
 * A server that cuts every connection.
 *
 * @param {import('../../helpers/client-contract').ClientContext} context
 * @returns {Promise<number>} its port
 */
async function cutting(context) {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  context.defer(() => server.close());
  return /** @type {net.AddressInfo} */ (server.address()).port;
}

/** @type {ClientCase[]} */
const cases = [
  {
    name: 'the server closes: the client connects again, with a new id',
    run: async (context) => {
      const { client, connection, server } = await context.clientPair({
        client: { reconnectOptions: { initialDelay: 10, maxDelay: 10 } }
      });
      const first = client.id;
      const events = journal(client);
      connection.close(4000, 'again');
      await until(() => events.some(([name]) => name === '_connected'), 'connected again');
      return { events, another: client.id !== first, known: server.getConnectionById(client.id) !== undefined };
    },
    expected: {
      events: [['_disconnected', 4000, 'again'], ['_connecting'], ['_connected']],
      another: true,
      known: true
    }
  },
  {
    name: 'the option reconnect is off',
    run: async (context) => {
      const { client, connection } = await context.clientPair({
        client: { reconnect: false, reconnectOptions: { initialDelay: 5, maxDelay: 5 } }
      });
      const events = journal(client);
      connection.close();
      await until(() => client.state === 'disconnected', 'disconnected');
      await delay(40);
      return events.map(([name]) => name);
    },
    expected: ['_disconnected']
  },
  {
    name: 'disconnect() with retry connects again',
    run: async (context) => {
      const { client } = await context.clientPair({ client: { reconnectOptions: { initialDelay: 10, maxDelay: 10 } } });
      const events = journal(client);
      client.disconnect(3001, 'x', true);
      await until(() => events.some(([name]) => name === '_connected'), 'connected again');
      return events;
    },
    expected: [['_disconnecting'], ['_disconnected', 3001, 'x'], ['_connecting'], ['_connected']]
  },
  {
    name: 'the server was stopped and comes back',
    run: async (context) => {
      const { server, client } = await context.clientPair({ client: { reconnectOptions: { initialDelay: 20, maxDelay: 20 } } });
      await server.stop();
      await until(() => client.state === 'disconnected' || client.state === 'connecting', 'disconnected');
      await delay(50);
      await server.start();
      await until(() => client.state === 'connected', 'connected again');
      return client.ping();
    },
    expected: 'pong'
  }
];

/** @type {ClientCase[]} */
const scripted = [
  {
    name: 'delays grow by multiply, up to maxDelay',
    run: async (context) => {
      const client = context.client(await cutting(context), {
        handshake: { timeout: 0 },
        pingInterval: 0,
        reconnectOptions: { initialDelay: 20000, multiply: 2, maxDelay: 110000, randomness: 0 }
      });
      let attempts = 0;
      client.on('_connecting', () => attempts++);
      const delays = await delaysOf((ms) => ms >= 20000 && ms !== CLOSING, async () => {
        client.connect();
        await until(() => attempts >= 6, 'attempts');
      });
      return delays.slice(0, 5);
    },
    expected: [20000, 40000, 80000, 110000, 110000]
  },
  {
    name: 'randomness adds at most its part',
    run: async (context) => {
      // Never as long as CLOSING.
      const client = context.client(await cutting(context), {
        reconnectOptions: { initialDelay: 20000, multiply: 1, maxDelay: 20000, randomness: 0.4 }
      });
      let attempts = 0;
      client.on('_connecting', () => attempts++);
      const delays = await delaysOf((ms) => ms >= 20000 && ms !== CLOSING, async () => {
        client.connect();
        await until(() => attempts >= 8, 'attempts');
      });
      const waits = delays.slice(0, 7);
      return [waits.every((ms) => ms >= 20000 && ms <= 28000), new Set(waits).size > 1];
    },
    expected: [true, true]
  },
  {
    name: 'delays begin anew after a connection',
    run: async (context) => {
      const port = await context.script((socket, index) => {
        if (index >= 2) welcome(socket);
        else socket.terminate();
      });
      const client = context.client(port, {
        handshake: { timeout: 0 },
        pingInterval: 0,
        reconnectOptions: { initialDelay: 20000, multiply: 2, maxDelay: 110000, randomness: 0 }
      });
      let connected = 0;
      client.on('_connected', () => {
        connected++;
        if (connected === 1) client.disconnect(4000, 'x', true);
      });
      return delaysOf((ms) => ms >= 20000 && ms !== CLOSING, async () => {
        client.connect();
        await until(() => connected >= 2, 'connected again');
      });
    },
    expected: [20000, 40000, 20000]
  },
  {
    name: 'connect() by hand while a reconnection is awaited',
    run: async (context) => {
      const port = await context.script((socket, index) => {
        if (index === 0) socket.terminate();
        else welcome(socket);
      });
      const client = context.client(port, { reconnectOptions: { initialDelay: 60, maxDelay: 60 } });
      client.connect();
      await until(() => client.state === 'disconnected', 'disconnected');
      const connected = client.connectAsync();
      await within(connected, 'connected');
      const events = journal(client);
      await delay(100);
      return events;
    },
    expected: []
  },
  {
    name: 'redirects are followed by the next attempt, when asked for',
    run: async (context) => {
      const target = await context.script((socket) => welcome(socket));
      const redirecting = http.createServer((_, response) => {
        response.writeHead(302, { location: `http://127.0.0.1:${target}/x` }).end();
      });
      redirecting.on('upgrade', (_, socket) => {
        socket.on('error', () => {});
        socket.end(`HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${target}/x\r\nConnection: close\r\n\r\n`);
      });
      await new Promise((resolve) => redirecting.listen(0, '127.0.0.1', () => resolve(undefined)));
      const { port } = /** @type {net.AddressInfo} */ (redirecting.address());
      context.defer(() => redirecting.close());
      const reconnectOptions = { initialDelay: 60, maxDelay: 60, randomness: 0 };
      const client = context.client(port, {
        followRedirections: true,
        // Of ours; the original sends the payload of the handshake anywhere.
        redirectOrigins: [`ws://127.0.0.1:${target}`],
        reconnectOptions
      });
      const other = context.client(port, { reconnectOptions });
      client.connect();
      other.connect();
      await until(() => client.state === 'connected', 'connected');
      const first = other.state === 'connected';
      return [client.urlFollowed === `ws://127.0.0.1:${target}/x`, client.url === `ws://127.0.0.1:${port}`, first];
    },
    expected: [true, true, false]
  },
  {
    name: 'what says where redirects lead to may be replaced',
    run: async (context) => {
      const target = await context.script((socket) => welcome(socket));
      const { Client } = context;
      const { fetchResponseUrl } = Client;
      /** @type {string[]} */
      const asked = [];
      Client.fetchResponseUrl = async (/** @type {string} */ url) => {
        asked.push(url);
        return `http://127.0.0.1:${target}`;
      };
      try {
        const port = await cutting(context);
        const client = context.client(port, {
          followRedirections: true,
          redirectOrigins: [`ws://127.0.0.1:${target}`],
          reconnectOptions: { initialDelay: 20, maxDelay: 20 }
        });
        client.connect();
        await until(() => client.state === 'connected', 'connected');
        return [asked.includes(`http://127.0.0.1:${port}`), client.urlFollowed === `ws://127.0.0.1:${target}`];
      } finally {
        Client.fetchResponseUrl = fetchResponseUrl;
      }
    },
    expected: [true, true]
  },
  {
    name: 'a redirect does not take encryption away',
    run: async (context) => {
      const { Client } = context;
      const { fetchResponseUrl } = Client;
      Client.fetchResponseUrl = async () => 'http://127.0.0.1:1';
      try {
        const client = context.client(`wss://127.0.0.1:${await cutting(context)}`, { followRedirections: true, reconnect: false });
        client.connect();
        await until(() => client.state === 'disconnected', 'disconnected');
        await delay(5);
        return client.urlFollowed;
      } finally {
        Client.fetchResponseUrl = fetchResponseUrl;
      }
    },
    original: 'ws://127.0.0.1:1',
    ours: null
  }
];

clientContract('client reconnects', cases);
scriptedContract('client reconnects, scripted', scripted);
