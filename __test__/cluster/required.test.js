// @ts-check
'use strict';

/** Starting and stopping a server whose Redis cannot be reached. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const Server = require('../..');
const { reservePort } = require('../helpers/ports');

/** @param {object} options Of the adapter. */
async function unreachable(options) {
  return new Server({ host: '127.0.0.1', port: 0, adapter: { redis: `redis://127.0.0.1:${await reservePort()}`, ...options } });
}

describe('a server whose Redis cannot be reached', () => {
  it('does not start when it is required, and says why', async () => {
    const server = await unreachable({ required: true });
    for (let tries = 0; tries < 2; tries += 1) {
      await assert.rejects(server.start(), (/** @type {any} */ error) => {
        assert.equal(error.code, 'sAdapterDown');
        assert.equal(error.payload.code, 'ECONNREFUSED');
        return true;
      });
      assert.equal(server.address(), null);
      assert.equal(server.nodes.state, 'off');
    }
  });

  it('starts otherwise, tells it, and stops soon', async () => {
    const server = await unreachable({});
    const down = new Promise((resolve) => server.nodes.once('_down', resolve));
    await server.start();
    assert.equal((/** @type {any} */ (await down)).code, 'sAdapterDown');
    assert.equal(server.nodes.state, 'down');
    assert.deepEqual(await server.everyone.count(), { count: 0, missingNodes: [] });
    const begun = Date.now();
    await server.stop();
    assert.ok(Date.now() - begun < 3500, `${Date.now() - begun} ms`);
  });

  it('says that it is no Redis that answers', async () => {
    const other = net.createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = /** @type {net.AddressInfo} */ (other.address());
    const server = new Server({ host: '127.0.0.1', port: 0, adapter: { redis: `redis://127.0.0.1:${port}`, required: true } });
    await assert.rejects(server.start(), { code: 'sAdapterDown', message: /it has sent what is not of the protocol of Redis/ });
    other.close();
  });

  it('names an address that cannot be read', () => {
    const make = (/** @type {string} */ redis) => new Server({ adapter: { redis } });
    assert.throws(() => make('redis://a:99999999'), { code: 'sInvalidOptions', message: /"options\.adapter\.redis"/ });
    assert.throws(() => make('redis://user:secret@:bad:/'), (/** @type {any} */ error) => error.code === 'sInvalidOptions' && !error.message.includes('secret'));
  });
});
