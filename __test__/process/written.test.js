// @ts-check
'use strict';

/** When the promise of `sendWithoutResponse` settles (contract section 3). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** More than the sockets of both sides hold, less than makes the peer a slow consumer. */
const BIG = 'x'.repeat(12 * 1024 * 1024);

/** How long something that must not happen is waited for, in ms. */
const WATCHED = 200;

/** @param {Promise<unknown>} promise @returns {() => string} `pending`, `fulfilled` or the code of the rejection */
function watch(promise) {
  let state = 'pending';
  promise.then(
    () => (state = 'fulfilled'),
    (error) => (state = error.code),
  );
  return () => state;
}

describe('sendWithoutResponse', () => {
  it('resolves soon for a peer that reads', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    await within(connection.sendWithoutResponse('news', 1), 'promise');
    await client.message(({ n }) => n === 'news');
  }));

  it('resolves when a peer that does not read begins to, and not before; in order', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    client.socket.pause();
    /** @type {string[]} */
    const order = [];
    const big = connection.sendWithoutResponse('big', BIG).then(() => order.push('big'));
    const small = connection.sendWithoutResponse('small', 1).then(() => order.push('small'));
    const states = [watch(big), watch(small)];
    await delay(WATCHED);
    assert.deepEqual(states.map((state) => state()), ['pending', 'pending']);
    assert.ok(connection.socket.bufferedAmount > 0);
    client.socket.resume();
    await within(Promise.all([big, small]), 'promises');
    assert.deepEqual(order, ['big', 'small']);
    await until(() => connection.socket.bufferedAmount === 0, 'drained');
    const { message } = await client.message(({ n }) => n === 'big');
    assert.equal(message.p.length, BIG.length);
    await client.message(({ n }) => n === 'small');
  }));

  it('of several, those that have left are resolved while the rest waits', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    await connection.sendWithoutResponse('small', 1);
    client.socket.pause();
    const early = watch(connection.sendWithoutResponse('small', 2));
    await until(() => early() === 'fulfilled', 'fulfilled');
    const late = watch(connection.sendWithoutResponse('big', BIG));
    await delay(WATCHED);
    assert.deepEqual([early(), late()], ['fulfilled', 'pending']);
  }));

  for (const [how, leave] of Object.entries({
    'resets the connection': (/** @type {any} */ { client }) => client.reset(),
    'is disconnected by the application': (/** @type {any} */ { connection }) => connection.socket.terminate(),
    'is disconnected by stop()': (/** @type {any} */ { server }) => server.stop(),
  })) {
    it(`is rejected with scDisconnected when the peer ${how}`, withScene(async (scene) => {
      const pair = await scene.pair();
      pair.client.socket.pause();
      const state = watch(pair.connection.sendWithoutResponse('big', BIG));
      await delay(50);
      assert.equal(state(), 'pending');
      leave(pair);
      await until(() => state() !== 'pending', 'settled');
      assert.equal(state(), 'scDisconnected');
    }));
  }
});
