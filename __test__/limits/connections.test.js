// @ts-check
'use strict';

/** How many connections there may be: `maxConnections`, `maxConnectionsPerAddress`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { exchange, upgradeRequest, statusOf } = require('../helpers/raw-http');
const { until } = require('../helpers/timing');
const { TRUST, identity } = require('../helpers/tls');
const { withScene } = require('../process/support/scene');

/**
 * @param {number} port
 * @param {Record<string, string>} [headers]
 * @returns {Promise<string>} The answer to an upgrade, its head only when it is accepted.
 */
function ask(port, headers) {
  return exchange(port, upgradeRequest({ headers }), { done: (answer) => statusOf(answer) === 101 });
}

/**
 * A connection that says nothing.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {string} [localAddress]
 * @returns {Promise<net.Socket>}
 */
async function mute(scene, port, localAddress) {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  scene.defer(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

describe('maxConnections', () => {
  it('further ones get 503 and when to try again, until one leaves', withScene(async (scene) => {
    const { server, port } = await scene.listen({ maxConnections: 2 });
    const first = await scene.open(port);
    await scene.open(port);
    const refused = await ask(port);
    assert.equal(statusOf(refused), 503);
    assert.match(refused, /^Retry-After: 10\r$/m);
    first.close(1000);
    await first.closed();
    await until(() => server.getStats().connections === 1, 'gone');
    const { client } = await scene.connect({ server, port });
    await client.fence();
    const { connections, connectionsTotal, refused: reasons } = server.getStats();
    assert.deepEqual([connections, connectionsTotal, reasons.maxConnections], [2, 3, 1]);
  }));

  it('those that have said nothing yet count as well', withScene(async (scene) => {
    const { port } = await scene.listen({ maxConnections: 2 });
    const sockets = [await mute(scene, port), await mute(scene, port)];
    assert.equal(statusOf(await ask(port)), 503);
    sockets[0].destroy();
    await until(async () => statusOf(await ask(port)) === 101, 'room');
  }));

  it('an encrypted one gets its answer encrypted', withScene(async (scene) => {
    const { port } = await scene.listen({ tls: identity('server'), maxConnections: 1 });
    await scene.open(port, { tls: TRUST });
    await assert.rejects(scene.open(port, { tls: TRUST }), { status: 503 });
  }));

  it('may be set while the server runs; 0 is no limit', withScene(async (scene) => {
    const { server, port } = await scene.listen({ maxConnections: 1 });
    await scene.open(port);
    assert.equal(statusOf(await ask(port)), 503);
    server.options.maxConnections = 0;
    await scene.open(port);
    await scene.open(port);
    server.options.maxConnections = 2;
    assert.equal(statusOf(await ask(port)), 503);
  }));

  it('of very many that do not take their answer some get none', withScene(async (scene) => {
    const { server, port } = await scene.listen({ maxConnections: 1 });
    const { client } = await scene.connect({ server, port });
    const sockets = await Promise.all(Array.from({ length: 300 }, () => mute(scene, port)));
    const closed = until(() => sockets.every((socket) => socket.closed), 'end of all');
    await until(() => server.getStats().refused.maxConnections === 300, 'refused');
    await client.fence();
    sockets.forEach((socket) => socket.resume());
    await closed;
    const unanswered = sockets.filter(({ bytesRead }) => bytesRead === 0).length;
    assert.ok(unanswered >= 300 - 256 && unanswered < 300, `${unanswered} of 300 got no answer`);
  }));
});

describe('maxConnectionsPerAddress', () => {
  it('further ones of the same address get 503, those of another do not', withScene(async (scene) => {
    const { server, port } = await scene.listen({ host: '0.0.0.0', maxConnectionsPerAddress: 2 });
    const first = await scene.open(port);
    await mute(scene, port);
    assert.equal(statusOf(await ask(port)), 503);
    const other = await mute(scene, port, '127.0.0.2');
    const answer = new Promise((resolve) => other.once('data', resolve));
    other.write(upgradeRequest());
    assert.equal(statusOf(String(await answer)), 101);
    first.destroy();
    await until(() => server.getStats().connections === 1, 'gone');
    await scene.open(port);
    assert.equal(server.getStats().refused.maxConnectionsPerAddress, 1);
  }));

  it('behind a trusted proxy it holds for each client, and not for the proxy', withScene(async (scene) => {
    const { server, port } = await scene.listen({ trustProxy: true, maxConnectionsPerAddress: 2 });
    /** @param {string} client */
    const open = (client) => scene.open(port, { headers: { 'X-Forwarded-For': client } });
    const [ada] = [await open('192.0.2.1'), await open('192.0.2.1'), await open('192.0.2.2')];
    assert.equal(statusOf(await ask(port, { 'X-Forwarded-For': '192.0.2.1' })), 503);
    await open('2001:db8:0:1::1');
    await open('2001:db8:0:1::2');
    assert.equal(statusOf(await ask(port, { 'X-Forwarded-For': '2001:db8:0:1:ffff::3' })), 503);
    await open('2001:db8:0:2::1');
    ada.destroy();
    await until(() => server.getStats().connections === 5, 'gone');
    await open('192.0.2.1');
  }));
});
