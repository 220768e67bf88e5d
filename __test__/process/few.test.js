// @ts-check
'use strict';

/** A few clients in a hurry: JavaScript's thread waits for their sockets itself, as long as that is cheaper. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Opcode } = require('../helpers/frames');
const { until } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const CLIENTS = 4;
/** Requests of one client: far more than it takes until the sockets are lent. */
const REQUESTS = 1000;
const ATTEMPTS = 20;
const NEWCOMERS = 10;
/** How long the application is busy, in ms, and how soon the io thread is to serve others meanwhile. */
const BUSY = 2000;
const SOON = 1000;

const LENT = /the application drives the sockets/;
const env = { RUST_LOG: 'line_socket_core::transport::driver=debug', DEBUG: '' };
/** Elsewhere than with Node on Linux nothing is lent. */
const lends = process.platform === 'linux';

/** @param {import('./support/scene').Scene} scene @param {string} [kind] Of the child. */
async function begin(scene, kind = 'main') {
  const child = scene.child('few.js', [kind], { env });
  const port = await child.report();
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => scene.open(port)));
  for (const client of clients) await client.handshake();
  return { child, clients, port };
}

/**
 * Has the sockets lent. On a busy machine requests do not follow one another soon enough, so that it may take several attempts.
 * @param {any} child
 * @param {any[]} clients
 */
async function hurry(child, clients) {
  for (let i = 0; i < ATTEMPTS; i++) {
    await request(clients);
    if (!lends || LENT.test(child.stderr)) return;
  }
}

/** @param {any[]} clients Each has one request in flight at a time. */
async function request(clients) {
  await Promise.all(clients.map(async (client, index) => {
    for (let i = 0; i < REQUESTS; i++) {
      const { message } = await client.request('echo', [index, i]);
      assert.deepEqual(message.p, [index, i]);
      client.frames.length = 0;
      client.cursor = 0;
    }
  }));
}

/** @param {any} child @param {any[]} clients */
async function stop(child, clients) {
  clients[0].json({ n: 'stop' });
  await child.succeeded();
  const { stderr } = await child.exited();
  if (lends) assert.match(stderr, LENT);
}

describe('a few clients in a hurry', () => {
  for (const kind of ['main', 'attached']) {
    it(`are answered in order, before and after a pause, and the server stops: ${kind}`, withScene(async (scene) => {
      const { child, clients } = await begin(scene, kind);
      await hurry(child, clients);
      await clients[1].request('later', 50);
      await hurry(child, clients);
      await stop(child, clients);
    }));
  }

  it('do not keep others from being served, large messages and time limits included', withScene(async (scene) => {
    const { child, clients, port } = await begin(scene);
    await hurry(child, clients);
    let isOver = false;
    const hurrying = (async () => {
      while (!isOver) await request(clients);
    })();
    hurrying.catch(() => {});
    const large = 'x'.repeat(1 << 20);
    for (let i = 0; i < NEWCOMERS; i++) {
      const began = Date.now();
      const newcomer = await scene.open(port);
      await newcomer.handshake();
      assert.equal((await newcomer.request('echo', large)).message.p, large);
      // The server asks back, and gets no answer.
      assert.equal((await newcomer.request('ask back', 20)).message.p, 'scMessageTimeout');
      newcomer.destroy();
      await newcomer.ended;
      const took = Date.now() - began;
      assert.ok(took < SOON, `${took} ms`);
    }
    isOver = true;
    await hurrying;
    await stop(child, clients);
  }));

  it('get answers to pings while the application is busy', withScene(async (scene) => {
    const { child, clients } = await begin(scene);
    await hurry(child, clients);
    const began = Date.now();
    clients[0].json({ n: 'block', p: BUSY });
    await clients[2].request('echo', 1).catch(() => {});
    const rest = Date.now() - began;
    assert.ok(rest >= BUSY - 50, `the application was not busy: ${rest} ms`);
    clients[0].json({ n: 'block', p: BUSY });
    setTimeout(() => clients[1].frame({ opcode: Opcode.PING, payload: Buffer.from('here?') }), 100);
    const asked = Date.now();
    await until(() => clients[1].frames.some((/** @type {any} */ { opcode }) => opcode === Opcode.PONG), 'a pong');
    const took = Date.now() - asked;
    assert.ok(took < SOON, `${took} ms`);
    await stop(child, clients);
  }));

  it('lose nothing but their connection when the thread of the server is terminated, 10 times', withScene(async (scene) => {
    const child = scene.child('few.js', ['workers'], { env });
    await child.succeeded();
    assert.deepEqual((await child.remainingLines()).map((line) => JSON.parse(line)), ['ok']);
    const { stderr } = await child.exited();
    if (lends) assert.match(stderr, LENT);
  }));
});
