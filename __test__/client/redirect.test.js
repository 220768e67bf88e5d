// @ts-check
'use strict';

/** Where redirects are followed to: whoever gets the handshake gets its payload. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { withClients } = require('./support');
const { welcome } = require('../helpers/client-contract');
const { attempt } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');

/** @typedef {import('../helpers/client-contract').ClientContext} ClientContext */

const QUICK = { initialDelay: 30, maxDelay: 30, randomness: 0 };

/**
 * An HTTP server that redirects everything.
 * @param {ClientContext} context
 * @param {(port: number) => string} target
 */
async function redirecting(context, target) {
  const server = http.createServer((request, response) => {
    const here = request.url === '/here';
    response.writeHead(here ? 200 : 302, here ? {} : { location: target(port) }).end();
  });
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\n\r\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  context.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return port;
}

withClients('redirects', ({ test, textOr }) => {
  test('to another origin are not followed: the payload of the handshake stays here, and _error says so', async (context) => {
    let hits = 0;
    const target = await context.script((socket) => {
      hits++;
      welcome(socket);
    });
    const port = await redirecting(context, () => `http://127.0.0.1:${target}/`);
    const handshake = { payload: { token: 'secret' } };
    const client = context.client(port, { followRedirections: true, handshake, reconnectOptions: QUICK });
    /** @type {any[]} */
    const errors = [];
    client.on('_error', (/** @type {any} */ error) => errors.push(error));
    client.connect();
    await until(() => errors.length >= 2, 'told');
    await delay(50);
    assert.deepEqual([hits, client.urlFollowed], [0, null]);
    assert.equal(errors[0].code, 'cWebsocketError');
    assert.match(errors[0].message, textOr(new RegExp(`ws://127.0.0.1:${target}\\b.*redirectOrigins`), /^cWebsocketError$/));
  });

  test('to an origin that the option names are', async (context) => {
    const target = await context.script((socket) => welcome(socket));
    const port = await redirecting(context, () => `http://127.0.0.1:${target}/x`);
    const redirectOrigins = ['wss://example.org', `ws://127.0.0.1:${target}/any/path`];
    const client = context.client(port, { followRedirections: true, redirectOrigins, reconnectOptions: QUICK });
    client.connect();
    await until(() => client.state === 'connected', 'connected');
    assert.equal(client.urlFollowed, `ws://127.0.0.1:${target}/x`);
  });

  test('on the same host are', async (context) => {
    const port = await redirecting(context, (own) => `http://127.0.0.1:${own}/here`);
    const client = context.client(port, { followRedirections: true, reconnectOptions: QUICK });
    client.connect();
    await until(() => client.urlFollowed === `ws://127.0.0.1:${port}/here`, 'followed');
  });

  test('to names that resemble the host are not', async (context) => {
    const { Client } = context;
    const { fetchResponseUrl } = Client;
    const targets = [
      'http://127.0.0.1.example.org/', 'http://user:127.0.0.1@example.org/', 'http://127.0.0.1:81/', 'http://localhost/',
      'https://example.org/?127.0.0.1', 'ftp://127.0.0.1/', 'http://[', '', undefined
    ];
    try {
      for (const target of targets) {
        Client.fetchResponseUrl = async () => target;
        const client = context.client('ws://127.0.0.1', { followRedirections: true, reconnect: false, webSocket: Failing });
        client.connect();
        await until(() => client.state === 'disconnected', 'disconnected');
        await delay(2);
        assert.equal(client.urlFollowed, null, target);
      }
    } finally {
      Client.fetchResponseUrl = fetchResponseUrl;
    }
  });

  test('may begin to encrypt', async (context) => {
    const { Client } = context;
    const { fetchResponseUrl } = Client;
    try {
      Client.fetchResponseUrl = async () => 'https://example.org/x';
      const client = context.client('ws://example.org', { followRedirections: true, reconnect: false, webSocket: Failing });
      client.connect();
      await until(() => client.urlFollowed === 'wss://example.org/x', 'followed');
    } finally {
      Client.fetchResponseUrl = fetchResponseUrl;
    }
  });

  test('have an option that is checked', async ({ Client }) => {
    for (const redirectOrigins of ['ws://x', 5, true, {}, ['x'], [5], [null], ['ws://[']]) {
      assert.deepEqual(attempt(() => new Client('ws://x', { redirectOrigins })), { thrown: { code: 'cInvalidOptions' } });
    }
  });
});

/** A WebSocket that cannot connect. */
class Failing {
  /** @type {any} */
  onerror;
  /** @type {any} */
  onclose;

  constructor() {
    setTimeout(() => {
      this.onerror({ type: 'error' });
      this.onclose({ code: 1006, reason: '' });
    }, 1);
  }

  close() {}
}
