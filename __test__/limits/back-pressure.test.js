// @ts-check
'use strict';

/** What an application sees of a client that does not read: `bufferedAmount`, `writableNeedDrain`, `_drain`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const MIB = 1024 * 1024;

/** More than the sockets of both sides hold, less than makes the peer a slow consumer. */
const BIG = 'x'.repeat(12 * MIB);

/** How long something that must not happen is waited for, in ms. */
const WATCHED = 100;

/** @param {any} connection @returns {() => number} How often `_drain` was emitted. */
function countDrains(connection) {
  let count = 0;
  connection.on('_drain', (/** @type {any[]} */ ...args) => {
    assert.deepEqual(args, []);
    count += 1;
  });
  return () => count;
}

describe('a client that does not read', () => {
  it('has bytes that wait, is to be sent less, and _drain is emitted once all have left', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    const drains = countDrains(connection);
    assert.deepEqual([connection.bufferedAmount, connection.writableNeedDrain], [0, false]);
    client.socket.pause();
    connection.send('big', BIG).catch(() => {});
    await delay(WATCHED);
    assert.ok(connection.bufferedAmount > MIB, `${connection.bufferedAmount}`);
    assert.equal(connection.bufferedAmount, connection.socket.bufferedAmount);
    assert.equal(connection.writableNeedDrain, true);
    assert.equal(drains(), 0);
    client.socket.resume();
    await until(() => drains() === 1, 'drained');
    assert.deepEqual([connection.bufferedAmount, connection.writableNeedDrain], [0, false]);
    await client.message(({ n }) => n === 'big');
    await delay(WATCHED);
    assert.equal(drains(), 1);
  }));

  it('gets everything in order when the sender heeds the hint, and little of it waits', withScene(async (scene) => {
    const { client, connection } = await scene.pair({ highWaterMark: MIB });
    const piece = 'x'.repeat(256 * 1024);
    client.socket.pause();
    let most = 0;
    const sending = (async () => {
      for (let number = 0; number < 200; number++) {
        connection.sendWithoutResponse('piece', [number, piece]).catch(() => {});
        most = Math.max(most, connection.bufferedAmount);
        if (connection.writableNeedDrain) await new Promise((resolve) => connection.once('_drain', resolve));
      }
    })();
    await delay(WATCHED);
    client.socket.resume();
    await within(sending, 'end of sending');
    await client.fence();
    const numbers = client.texts.filter((text) => text.startsWith('{"n":"piece"')).map((text) => JSON.parse(text).p[0]);
    assert.deepEqual(numbers, Array.from({ length: 200 }, (_, number) => number));
    assert.ok(most < MIB + 2 * piece.length, `${most} bytes waited`);
  }));

  it('and one that reads are told apart by a broadcast', withScene(async (scene) => {
    const target = await scene.listen();
    const slow = await scene.connect(target);
    const quick = await scene.connect(target);
    slow.client.socket.pause();
    for (let i = 0; i < 12; i++) target.server.broadcast('news', BIG.slice(0, MIB));
    await until(() => quick.connection.bufferedAmount === 0, 'sent to the one that reads');
    assert.equal(quick.connection.writableNeedDrain, false);
    assert.equal(slow.connection.writableNeedDrain, true);
  }));

  it('that goes is not waited for: nothing is buffered, no _drain follows', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    const drains = countDrains(connection);
    const ended = new Promise((resolve) => connection.once('_disconnected', resolve));
    client.socket.pause();
    connection.send('big', BIG).catch(() => {});
    await delay(WATCHED);
    client.reset();
    await within(ended, 'end of the connection');
    assert.deepEqual([connection.bufferedAmount, connection.writableNeedDrain], [0, false]);
    // The number of the connection may belong to another by now.
    connection.on('_drain', () => {});
    await delay(WATCHED);
    assert.equal(drains(), 0);
  }));
});

describe('_drain', () => {
  it('is emitted also when one write takes all', withScene(async (scene) => {
    const { connection, client } = await scene.pair({ highWaterMark: 1000 });
    const drains = countDrains(connection);
    connection.sendWithoutResponse('news', 'x'.repeat(500));
    assert.equal(connection.writableNeedDrain, false);
    connection.sendWithoutResponse('news', 'x'.repeat(500));
    assert.equal(connection.writableNeedDrain, true);
    assert.equal(drains(), 0);
    await until(() => drains() === 1, 'drained');
    await client.fence();
    assert.equal(drains(), 1);
  }));

  it('reaches patterns and lists of names, which begin to listen when it is due already', withScene(async (scene) => {
    const { connection } = await scene.pair({ highWaterMark: 1 });
    /** @type {string[]} */
    const heard = [];
    connection.sendWithoutResponse('news');
    connection.on(/^_dr/, () => heard.push('pattern'));
    connection.on(['_drain', 'other'], () => heard.push('list'));
    await until(() => heard.length === 2, 'heard');
  }));

  it('is not for clients to send', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    const drains = countDrains(connection);
    const { message } = await client.request('_drain');
    assert.match(message.e.message, /reserved/);
    assert.equal(drains(), 0);
  }));

  it('follows a highWaterMark that is set later', withScene(async (scene) => {
    const { server, connection } = await scene.pair();
    const drains = countDrains(connection);
    await connection.sendWithoutResponse('news', 'x'.repeat(1000));
    server.options.highWaterMark = 1000;
    await connection.sendWithoutResponse('news', 'x'.repeat(1000));
    await until(() => drains() === 1, 'drained');
  }));
});

describe('more than maxBufferedBytes in one turn', () => {
  it('does not make a slow consumer of a client whose socket takes more', withScene(async (scene) => {
    const { client, connection } = await scene.pair({ maxBufferedBytes: MIB });
    const piece = 'x'.repeat(128 * 1024);
    // Nothing is flushed between these. The socket alone holds more than the half MiB above the limit.
    const sent = Array.from({ length: 12 }, (_, number) => connection.sendWithoutResponse('news', [number, piece]));
    await within(Promise.all(sent), 'promises');
    await client.fence();
    assert.equal(client.texts.filter((text) => text.startsWith('{"n":"news"')).length, 12);
  }));

  it('ends one that does not read', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair({ maxBufferedBytes: MIB });
    const ended = new Promise((resolve) => connection.once('_disconnected', resolve));
    client.socket.pause();
    for (let i = 0; i < 16; i++) server.broadcast('news', BIG.slice(0, MIB));
    assert.equal(connection.socket.readyState, connection.socket.CLOSING);
    client.socket.resume();
    assert.equal(await within(ended, 'end of the connection'), 4206);
  }));
});
