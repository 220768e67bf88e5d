// @ts-check
'use strict';

/** `await using`: a client is disposed of at the end of a block, where the platform knows that. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { within } = require('../helpers/timing');

const { asyncDispose } = /** @type {any} */ (Symbol);

withClients('Symbol.asyncDispose', ({ test }) => {
  test('disposes of the client, by the dispose() of a subclass too', async (context) => {
    if (!asyncDispose) return;
    const { client } = await context.clientPair();
    await client[asyncDispose]();
    assert.equal(client.state, 'disconnected');
    let calls = 0;
    class Own extends context.Client {
      async dispose() {
        calls++;
      }
    }
    await /** @type {any} */ (new Own())[asyncDispose]();
    assert.equal(calls, 1);
  });

  test('is no method where there is none', async ({ Client }) => {
    assert.equal('undefined' in new Client(), false);
  });
});

withClients('dispose()', ({ test }) => {
  test('ends a connection that a listener of _disconnected begins meanwhile', async (context) => {
    const { client } = await context.clientPair({ client: { reconnect: false } });
    /** @type {Promise<unknown> | undefined} */
    let again;
    client.on('_disconnected', () => (again ??= client.connectAsync()));
    await within(client.dispose(), 'disposed');
    assert.deepEqual([client.state, client.ws_, client.eventNames()], ['disconnected', null, []]);
    await assert.rejects(within(/** @type {any} */ (again), 'attempt'), { code: 'cDisconnected' });
  });
});
