// @ts-check
'use strict';

/** The proxy that tests use as a bad network. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { once } = require('node:events');
const { TcpProxy } = require('../helpers/proxy');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** @typedef {import('../process/support/scene').Scene} Scene */

/**
 * A server that answers with what it gets, and one client through a proxy.
 * @param {Scene} scene
 */
async function connect(scene) {
  /** @type {net.Socket[]} */
  const served = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => socket.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scene.defer(() => {
    server.close();
    served.forEach((socket) => socket.destroy());
  });
  const proxy = await TcpProxy.start(scene, /** @type {net.AddressInfo} */ (server.address()).port);
  const client = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }).setNoDelay(true);
  scene.defer(() => client.destroy());
  const seen = { text: '', pieces: 0, isEnded: false, error: /** @type {string | undefined} */ (undefined) };
  client.setEncoding('utf8').on('data', (text) => {
    seen.text += text;
    seen.pieces += 1;
  });
  client.on('end', () => (seen.isEnded = true));
  client.on('error', (/** @type {NodeJS.ErrnoException} */ error) => (seen.error = error.code));
  await until(() => served.length === 1, 'connected');
  return { proxy, client, seen, peer: served[0], until: (/** @type {string} */ text) => until(() => seen.text === text, `got ${text}`) };
}

describe('the proxy for tests', () => {
  it('passes bytes on, whole or byte by byte', withScene(async (scene) => {
    const way = await connect(scene);
    way.client.write('hello');
    await way.until('hello');
    let reads = 0;
    way.peer.on('data', () => (reads += 1));
    Object.assign(way.proxy.toServer, { pieces: 1, delay: 2 });
    way.client.write('world');
    await way.until('helloworld');
    assert.equal(reads, 5);
  }));

  it('stalls one direction, and then lets flow what has waited', withScene(async (scene) => {
    const way = await connect(scene);
    way.proxy.toClients.stall();
    way.client.write('a');
    let isSeen = false;
    way.peer.once('data', () => (isSeen = true));
    await until(() => isSeen, 'at the server');
    way.peer.end();
    await delay(30);
    assert.deepEqual([way.seen.text, way.seen.isEnded], ['', false]);
    way.proxy.toClients.flow();
    await way.until('a');
    await until(() => way.seen.isEnded, 'end');
  }));

  it('cuts by a reset or an end, and refuses what comes after', withScene(async (scene) => {
    const way = await connect(scene);
    assert.equal(way.proxy.connections, 1);
    way.proxy.refuses = true;
    const closed = new Promise((resolve) => way.peer.once('close', resolve));
    assert.equal(way.proxy.cut(), 1);
    await within(closed, 'end at the server');
    await until(() => way.seen.error === 'ECONNRESET', 'reset at the client');
    await until(() => way.proxy.connections === 0, 'no connection');
    const refused = net.connect(way.proxy.port, '127.0.0.1');
    const [error] = await within(once(refused, 'error'), 'refusal');
    assert.equal(error.code, 'ECONNRESET');
  }));

  it('ends one direction alone', withScene(async (scene) => {
    const way = await connect(scene);
    way.proxy.halfClose('toClients');
    await until(() => way.seen.isEnded, 'end');
    let got = '';
    way.peer.on('data', (bytes) => (got += bytes));
    way.client.write('still');
    await until(() => got === 'still', 'still forwarded');
  }));

  it('vanishes: nothing arrives, and no end', withScene(async (scene) => {
    const way = await connect(scene);
    way.proxy.silence();
    let isReached = false;
    way.peer.on('data', () => (isReached = true)).on('end', () => (isReached = true));
    way.client.end('gone');
    await delay(50);
    assert.equal(isReached, false);
  }));
});
