// @ts-check
'use strict';

/** What browsers know of the network and the page, with a fake `document` and fake events of the global. */

const assert = require('node:assert/strict');
const { withClients, refusedPort } = require('./support');
const { journal, welcome } = require('../helpers/client-contract');
const { delay, until } = require('../helpers/timing');

/** @typedef {import('../helpers/client-contract').ClientContext} ClientContext */

/** Reconnects so late that only the network can be the reason. */
const LATE = { initialDelay: 100_000, maxDelay: 100_000 };

/** The page: an event target for the global, and one for the document. */
class FakePage {
  /** The types listened to. */
  #types = new Set();
  #window = new EventTarget();
  #document = Object.assign(new EventTarget(), { visibilityState: 'visible' });

  /** @param {ClientContext} context */
  constructor(context) {
    const globals = /** @type {any} */ (globalThis);
    for (const method of ['addEventListener', 'removeEventListener']) {
      const note = method === 'addEventListener' ? 'add' : 'delete';
      for (const target of [this.#window, this.#document]) {
        const original = /** @type {any} */ (target)[method];
        /** @type {any} */ (target)[method] = (/** @type {any[]} */ ...args) => {
          this.#types[note](args[0]);
          original.apply(target, args);
        };
      }
      globals[method] = /** @type {any} */ (this.#window)[method];
    }
    globals.document = this.#document;
    context.defer(() => {
      for (const name of ['addEventListener', 'removeEventListener', 'document']) delete globals[name];
    });
  }

  get listeners() {
    return this.#types.size;
  }

  /** @param {'online' | 'offline'} type */
  goes(type) {
    this.#window.dispatchEvent(new Event(type));
  }

  /** @param {'visible' | 'hidden'} state */
  becomes(state) {
    this.#document.visibilityState = state;
    this.#document.dispatchEvent(new Event('visibilitychange'));
  }
}

/**
 * A client that waits to reconnect, to a server that comes back.
 *
 * @param {ClientContext} context
 * @param {Record<string, unknown>} [options]
 */
async function waiting(context, options) {
  const port = await context.script((socket, index) => {
    if (index === 0) socket.terminate();
    else welcome(socket);
  });
  const client = context.client(port, { reconnectOptions: LATE, ...options });
  client.connect();
  await until(() => client.state === 'disconnected', 'disconnected');
  return client;
}

withClients('the network', ({ test }) => {
  test('online: connects at once', async (context) => {
    const page = new FakePage(context);
    const client = await waiting(context);
    page.goes('online');
    await until(() => client.state === 'connected', 'connected');
  });

  test('the page is looked at again: connects at once', async (context) => {
    const page = new FakePage(context);
    const client = await waiting(context);
    page.becomes('hidden');
    await delay(20);
    assert.equal(client.state, 'disconnected');
    page.becomes('visible');
    await until(() => client.state === 'connected', 'connected');
  });

  test('offline: does not try to connect', async (context) => {
    const page = new FakePage(context);
    const client = await waiting(context);
    page.goes('offline');
    await delay(20);
    assert.equal(client.state, 'disconnected');
  });

  test('events while connected: pings, to know whether the connection still is', async (context) => {
    const page = new FakePage(context);
    let pings = 0;
    const port = await context.script((socket) => {
      welcome(socket, ({ n, i }) => {
        if (n !== '_p') return;
        pings++;
        socket.send(`{"n":"_r","i":"${i}","p":"pong","e":null}`);
      });
    });
    const client = context.client(port);
    await client.connectAsync();
    page.goes('offline');
    page.goes('online');
    page.becomes('hidden');
    page.becomes('visible');
    await until(() => pings === 3, 'three pings');
    await delay(20);
    assert.deepEqual([pings, client.state], [3, 'connected']);
  });

  test('a connection that does not answer then is given up, and made anew', async (context) => {
    const page = new FakePage(context);
    const port = await context.script((socket) => welcome(socket));
    const client = context.client(port, { responseTimeout: 30, reconnectOptions: { initialDelay: 5, maxDelay: 5 } });
    await client.connectAsync();
    const events = journal(client);
    page.goes('offline');
    await until(() => events.some(([name]) => name === '_connected'), 'connected again');
    assert.deepEqual(events.map(([name]) => name), ['_disconnecting', '_disconnected', '_connecting', '_connected']);
  });

  test('does not connect a client that nobody has connected, or that was disconnected', async (context) => {
    const page = new FakePage(context);
    const ready = context.client(await refusedPort());
    const stopped = context.client((await context.serve()).port);
    await stopped.connectAsync();
    await stopped.disconnectAsync();
    page.goes('online');
    await delay(20);
    assert.deepEqual([ready.state, stopped.state, page.listeners], ['ready', 'disconnected', 0]);
  });

  test('is not watched with the option off', async (context) => {
    const page = new FakePage(context);
    const client = await waiting(context, { watchNetwork: false });
    assert.equal(page.listeners, 0);
    page.goes('online');
    await delay(20);
    assert.equal(client.state, 'disconnected');
  });

  test('keeps one set of listeners over reconnections, and none after dispose()', async (context) => {
    const page = new FakePage(context);
    const client = await waiting(context);
    assert.equal(page.listeners, 3);
    page.goes('online');
    await until(() => client.state === 'connected', 'connected');
    assert.equal(page.listeners, 3);
    await client.dispose();
    assert.equal(page.listeners, 0);
  });

  test('none after a disconnection that is not to be followed by another try', async (context) => {
    const page = new FakePage(context);
    await waiting(context, { reconnect: false });
    await delay(5);
    assert.equal(page.listeners, 0);
  });

  /** Tells of a change, and throws when it is asked for its visibility. */
  const hasNoVisibility = {
    addEventListener: (/** @type {string} */ _, /** @type {() => void} */ handle) => setTimeout(handle),
    removeEventListener() {},
    get visibilityState() {
      throw new Error('half-made');
    },
  };

  /** Globals as server rendering, React Native and tests leave them. @type {Record<string, () => any>[]} */
  const HALF_MADE = [
    { document: () => ({}) },
    { document: () => null },
    { document: () => hasNoVisibility },
    { document: () => 5 },
    { document: () => ({ addEventListener: true, removeEventListener: true }) },
    { document: () => ({ addEventListener() {} }) },
    { document: () => ({ addEventListener() { throw new Error('half-made'); }, removeEventListener() { throw new Error('half-made'); } }) },
    { document: () => { throw new Error('half-made'); } },
    { window: () => ({}), document: () => ({ visibilityState: 'visible' }), navigator: () => ({}) },
    { addEventListener: () => 5 },
    { addEventListener: () => () => {} },
    { addEventListener: () => () => { throw new Error('half-made'); }, removeEventListener: () => () => {} },
    { addEventListener: () => () => {}, removeEventListener: () => () => { throw new Error('half-made'); } },
    { navigator: () => undefined, window: () => undefined }
  ];

  HALF_MADE.forEach((globals, index) => {
    test(`half-made globals (${Object.keys(globals)}, ${index}): connects, disconnects and reconnects`, async (context) => {
      const before = Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      for (const [name, get] of Object.entries(globals)) Object.defineProperty(globalThis, name, { get, configurable: true });
      context.defer(() => {
        for (const [name, descriptor] of /** @type {any[]} */ (before)) {
          if (descriptor) Object.defineProperty(globalThis, name, descriptor);
          else delete /** @type {any} */ (globalThis)[name];
        }
      });
      const port = await context.script((socket) => welcome(socket));
      const client = context.client(port, { reconnectOptions: { initialDelay: 1, maxDelay: 1 } });
      await client.connectAsync();
      const events = journal(client);
      client.disconnect(4000, 'x', true);
      await until(() => events.some(([name]) => name === '_connected'), 'connected again');
      assert.deepEqual(events.map(([name]) => name), ['_disconnecting', '_disconnected', '_connecting', '_connected']);
      await client.dispose();
    });
  });

  test('a WebSocket that cannot be listened to is closed, and connect() throws', async (context) => {
    let closed = 0;
    class Frozen {
      constructor() {
        Object.freeze(this);
      }

      close() {
        closed++;
      }
    }
    const client = context.client('ws://x', { webSocket: Frozen });
    assert.throws(() => client.connect(), { code: 'cWebsocketError' });
    assert.deepEqual([client.state, client.ws_, closed], ['ready', null, 1]);
  });
});
