// @ts-check
'use strict';

/** A client whose id another connection has taken stays away: two tabs would take it from each other for ever. */

const assert = require('node:assert/strict');
const { journal } = require('../helpers/client-contract');
const { delay, until } = require('../helpers/timing');
const { withClients } = require('./support');

/** A new object for each client, which keeps it. */
const reconnecting = () => ({ reconnectOptions: { initialDelay: 1, maxDelay: 1, randomness: 0 } });

withClients('a client that is taken over', ({ test }) => {
  test('stops, and says so after _disconnected', async (context) => {
    const { client, connection } = await context.clientPair({ client: reconnecting() });
    const events = journal(client);
    client.on('_taken_over', (/** @type {unknown[]} */ ...args) => events.push(['_taken_over', ...args]));
    connection.close(4208, 'Taken over');
    await until(() => events.some(([name]) => name === '_taken_over'), 'event');
    await delay(100);
    assert.deepEqual(events, [['_disconnected', 4208, 'Taken over'], ['_taken_over', undefined]]);
    assert.equal(client.state, 'disconnected');

    await client.connectAsync();
    assert.equal(client.state, 'connected', 'connect() connects it again');
  });

  test('reconnects after another loss once it has been connected again', async (context) => {
    const { client, connection, server } = await context.clientPair({ client: reconnecting() });
    connection.close(4208, 'Taken over');
    await until(() => client.state === 'disconnected', 'end');
    await client.connectAsync();
    const events = journal(client);
    await until(() => server.getConnectionById(client.id) !== undefined, 'connection');
    server.getConnectionById(client.id).close(4000, 'other');
    await until(() => events.some(([name]) => name === '_connected'), 'connected again');
  });

  test('two of one id: the later one keeps it', async (context) => {
    const { server, port } = await context.serve();
    let count = 0;
    server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      count += 1;
      await connection.setIdAsync('ada', { conflict: 'takeover' });
      handshake.resolve();
    });
    const first = context.client(port, reconnecting());
    await first.connectAsync();
    const second = context.client(port, reconnecting());
    await second.connectAsync();
    await until(() => first.state === 'disconnected', 'end of the first');
    await delay(100);
    assert.deepEqual([count, first.state, second.state], [2, 'disconnected', 'connected']);
  });
});
