// @ts-check
'use strict';

/**
 * What errors of the client say to people: what the server, or the system, has said. In the build for a `<script>` tag they say
 * their code.
 */

const assert = require('node:assert/strict');
const { refusedPort, withClients } = require('./support');

/** @param {Promise<unknown>} promise @returns {Promise<string>} */
const messageOf = (promise) => promise.then(() => 'none', ({ message }) => message);

withClients('texts of errors', ({ test, textOr }) => {
  test('a rejected message, and one without an answer', async (context) => {
    const { client, connection } = await context.clientPair();
    connection.on('no', (/** @type {any} */ message) => message.reject(message.payload));
    const said = (/** @type {unknown} */ payload) => messageOf(client.send('no', payload));
    const rejected = (/** @type {string} */ text) => textOr(text, 'cMessageRejected');
    assert.equal(await said({ name: 'Error', message: 'Not today' }), rejected('The server rejected the message: Not today'));
    for (const payload of ['no', 5, {}, { message: { toString: 1 } }, { message: '' }]) {
      assert.equal(await said(payload), rejected('The server rejected the message'));
    }
    assert.equal(await messageOf(client.send('ask', 1, 20)), textOr('No answer to ask within 20 ms', 'cMessageTimeout'));
  });

  test('a rejected handshake', async (context) => {
    const { server, port } = await context.serve();
    server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => handshake.reject(handshake.payload));
    const said = (/** @type {unknown} */ payload) => {
      return messageOf(context.client(port, { reconnect: false, handshake: { payload } }).connectAsync());
    };
    const rejected = (/** @type {string} */ text) => textOr(text, 'cHandshakeRejected');
    assert.equal(await said({ name: 'Error', message: 'Who are you?' }), rejected('Handshake rejected: Who are you?'));
    assert.equal(await said('no'), rejected('Handshake rejected'));
  });

  test('no connection', async (context) => {
    const client = context.client(await refusedPort(), { reconnect: false });
    const noConnection = 'No connection: call connect() first, or let messages wait with the option "queue"';
    assert.equal(await messageOf(client.send('a')), textOr(noConnection, 'cDisconnected'));
    const failed = /^The WebSocket failed(: .*ECONNREFUSED.*|: Received network error or non-101 status code\.)?$/;
    assert.match(await messageOf(client.connectAsync()), textOr(failed, /^cWebsocketError$/));
  });

  test('a connection that ends before the answer, and one that never comes', async (context) => {
    const { client } = await context.clientPair();
    const other = context.client(await refusedPort(), { queue: {} });
    const [answer, queued] = [messageOf(client.send('ask')), messageOf(other.send('ask'))];
    await client.dispose();
    assert.equal(await answer, textOr('No connection: it ended before the answer came', 'cDisconnected'));
    await other.dispose();
    assert.equal(await queued, textOr('No connection: the client has stopped connecting', 'cDisconnected'));
  });
});
