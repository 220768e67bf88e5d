// @ts-check
'use strict';

/** A peer that does not read what is sent to it is bounded in memory (contract section 4). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const MIB = 1024 * 1024;

/** Messages that make the 200 MiB. */
const MESSAGES = 3200;

/**
 * How much the resident memory may grow, for one client that has stopped and for five: 16 MiB may wait
 * for each, and the rest is JavaScript's own garbage.
 */
const LIMIT = 100 * MIB;

/** The close code and reason of a peer that is too slow. */
const SLOW = { disconnected: 4206, reason: 'Slow consumer' };

/**
 * A child, clients that have stopped reading (the first of them by itself), and one that reads.
 * @param {import('./support/scene').Scene} scene
 * @param {object} options Of the server.
 * @param {number} [count] Of those that have stopped.
 */
async function audience(scene, options, count = 1) {
  const child = scene.child('broadcaster.js', [JSON.stringify(options), count === 1 ? MESSAGES : 2 * MESSAGES]);
  const port = await child.report();
  const stopped = [];
  for (let i = 0; i < count; i++) stopped.push(await scene.open(port));
  const ordinary = await scene.open(port);
  await Promise.all([...stopped, ordinary].map((client) => client.handshake()));
  stopped.forEach(({ socket }) => socket.pause());
  return { child, slow: stopped[0], ordinary };
}

/** @param {number} growth */
function assertBounded(growth) {
  assert.ok(growth < LIMIT, `grew by ${Math.round(growth / MIB)} MiB`);
}

/** Numbers of the broadcasts a client got. @param {import('../helpers/raw-client').RawClient} client */
function numbersOf(client) {
  return client.texts.filter((text) => text.startsWith('{"n":"news"')).map((text) => JSON.parse(text).p[0]);
}

/** @param {number[]} numbers */
function assertAscending(numbers) {
  assert.ok(numbers.every((number, index) => index === 0 || number > numbers[index - 1]), 'in order');
}

// Memory is read in /proc, which Linux has.
if (process.platform === 'linux') {
  describe('200 MiB broadcast to a peer that does not read', () => {
    it("slowConsumer: 'close': it is told to go, with 4206, and the others get everything", withScene(async (scene) => {
      const { child, slow, ordinary } = await audience(scene, { slowConsumer: 'close', closeTimeout: 60000 });
      ordinary.json({ n: 'broadcast' });
      const { broadcast, growth } = await child.report(15000);
      assert.equal(broadcast, MESSAGES);
      assertBounded(growth);
      slow.socket.resume();
      const { code, reason } = await slow.closed();
      assert.deepEqual({ disconnected: code, reason }, SLOW);
      assert.deepEqual(await child.report(), SLOW);
      await ordinary.request('ask', 'the last');
      assert.deepEqual(numbersOf(ordinary), Array.from({ length: MESSAGES }, (_, index) => index));
      const got = numbersOf(slow);
      assert.ok(got.length < MESSAGES);
      assertAscending(got);
      ordinary.json({ n: 'stop' });
      await child.succeeded();
    }));

    it("slowConsumer: 'close': one that never reads is cut after closeTimeout, with 4206 too", withScene(async (scene) => {
      const { child, slow, ordinary } = await audience(scene, { closeTimeout: 100 });
      ordinary.json({ n: 'broadcast' });
      const reports = [await child.report(15000), await child.report()];
      assert.deepEqual(reports.find(({ disconnected }) => disconnected !== undefined), SLOW);
      assertBounded(reports.find(({ broadcast }) => broadcast !== undefined).growth);
      assert.equal(slow.socket.isPaused(), true);
    }));

    it("slowConsumer: 'drop': it stays, without some broadcasts, and gets every response", withScene(async (scene) => {
      const { child, slow, ordinary } = await audience(scene, { slowConsumer: 'drop' });
      const ids = Array.from({ length: 100 }, (_, index) => `id${index}`);
      ordinary.json({ n: 'broadcast' });
      for (const id of ids) {
        slow.json({ n: 'ask', p: id, i: id });
        await delay(1);
      }
      const { broadcast, growth } = await child.report(15000);
      assert.equal(broadcast, MESSAGES);
      assertBounded(growth);
      slow.socket.resume();
      await slow.request('ask', 'the last');
      const answered = slow.texts.map((text) => JSON.parse(text)).filter(({ n, i }) => n === '_r' && ids.includes(i));
      assert.deepEqual(answered.map(({ i, p, e }) => [i, p, e]), ids.map((id) => [id, id, null]));
      const got = numbersOf(slow);
      assert.ok(got.length > 0 && got.length < MESSAGES, `${got.length} broadcasts`);
      assertAscending(got);
      await ordinary.request('ask', 'still there');
      ordinary.json({ n: 'stop' });
      await child.exited();
    }));
  });
  describe('400 MiB broadcast to five peers that do not read', () => {
    for (const slowConsumer of ['close', 'drop']) {
      it(`slowConsumer: '${slowConsumer}': is bounded in memory`, withScene(async (scene, test) => {
        const { child, ordinary } = await audience(scene, { slowConsumer, closeTimeout: 60000 }, 5);
        ordinary.json({ n: 'broadcast' });
        // It reads, and keeps nothing.
        ordinary.socket.removeAllListeners('data').resume();
        const { broadcast, growth } = await child.report(30000);
        assert.equal(broadcast, 2 * MESSAGES);
        test.diagnostic(`grew by ${Math.round(growth / MIB)} MiB`);
        assertBounded(growth);
      }));
    }
  });
}
