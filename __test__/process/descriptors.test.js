// @ts-check
'use strict';

/** More clients than the process may have descriptors (EMFILE). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { delay, until } = require('../helpers/timing');
const { upgradeRequest } = require('../helpers/raw-http');
const { RawClient } = require('../helpers/raw-client');
const { withScene } = require('./support/scene');

/** Descriptors of the server's process, of which Node itself has about 20 open. */
const LIMIT = 40;

/** Time for several attempts of the server to accept another connection, in ms. */
const ATTEMPTS = 350;

/**
 * Clients that want to be served, in the order they come.
 */
class Queue {
  /** @type {RawClient[]} */
  all = [];
  /** Those whose handshake is done. @type {RawClient[]} */
  served = [];

  /**
   * @param {import('./support/scene').Scene} scene
   * @param {number} port
   */
  constructor(scene, port) {
    this.port = port;
    scene.defer(() => this.all.forEach((client) => client.destroy()));
  }

  /** One more. @returns {Promise<void>} when it is served; never, when it never is */
  join() {
    const socket = net.connect({ port: this.port, host: '127.0.0.1' });
    const client = new RawClient(socket);
    this.all.push(client);
    socket.write(upgradeRequest());
    return new Promise((resolve) => {
      const onServed = () => {
        this.served.push(client);
        resolve();
      };
      client.upgraded.then(() => client.handshake()).then(onServed, () => {});
    });
  }

  get waiting() {
    return this.all.filter((client) => !this.served.includes(client));
  }

  async assertServed() {
    for (const client of this.served) assert.equal((await client.request('ask', 'on')).message.p, 'on');
  }

  /** Those that are served go, or some of them. */
  async leave(count = this.served.length) {
    const leaving = this.served.splice(0, count);
    this.all = this.all.filter((client) => !leaving.includes(client));
    leaving.forEach((client) => client.close(1000));
    await Promise.all(leaving.map((client) => client.closed()));
  }
}

/**
 * @param {import('./support/child').Child} child
 * @param {Queue} queue
 */
async function assertStops(child, queue) {
  queue.served[0].json({ n: 'stop' });
  await child.succeeded();
  assert.deepEqual(await child.remainingLines(), [], 'one error, not one for each attempt');
}

// Other systems have no limit that a shell can set.
if (process.platform !== 'win32') {
  describe('when no descriptor is free', () => {
    it('one `error` says so, clients are served on, and others let in when these go', withScene(async (scene) => {
      const child = scene.child('few-descriptors.js', [], { descriptors: LIMIT });
      const queue = new Queue(scene, await child.report());
      const failure = child.report();
      let failed = false;
      const failing = failure.then(() => (failed = true));
      while (!failed && queue.all.length < LIMIT) await Promise.race([queue.join(), failing]);

      const { code, syscall } = await failure;
      assert.deepEqual([code, syscall], ['EMFILE', 'accept']);
      for (let i = 0; i < 5; i++) queue.join();
      await delay(ATTEMPTS);
      await queue.assertServed();
      const waiting = queue.waiting.length;
      // One more: it was not the last descriptor's taking that failed, but the first client without one.
      assert.equal(waiting, 6);

      // The place of one that leaves is taken at once, and the next one waits: the same failure goes on.
      const full = queue.served.length;
      await queue.leave(1);
      await until(() => queue.served.length === full, 'one that waited is served');
      await delay(ATTEMPTS);
      await queue.assertServed();

      await queue.leave();
      await until(() => queue.served.length === waiting - 1, 'served, those that waited');
      await queue.assertServed();
      await assertStops(child, queue);
    }));

    it('a broadcast, which takes a descriptor itself where it can, reaches all', withScene(async (scene) => {
      const child = scene.child('few-descriptors.js', [], { descriptors: LIMIT });
      const queue = new Queue(scene, await child.report());
      const failed = child.report();
      while (await Promise.race([queue.join(), failed]) === undefined);
      // Without a descriptor, and with some.
      for (const text of ['first', 'second']) {
        queue.served[0].json({ n: 'tell', p: text });
        await Promise.all(queue.served.map((client) => client.message(({ p }) => p === text)));
        if (text === 'first') await queue.leave(3);
      }
      await queue.leave(queue.served.length - 1);
      queue.served[0].json({ n: 'stop' });
      await child.succeeded();
    }));

    it('of many that come at once, as many as there are descriptors are served', withScene(async (scene) => {
      const child = scene.child('few-descriptors.js', [], { descriptors: LIMIT });
      const queue = new Queue(scene, await child.report());
      for (let i = 0; i < LIMIT; i++) queue.join();
      assert.equal((await child.report()).code, 'EMFILE');
      await delay(ATTEMPTS);
      assert.ok(queue.served.length >= 5, `${queue.served.length} of ${LIMIT} are served`);
      await queue.assertServed();
      await assertStops(child, queue);
    }));
  });
}
