// @ts-check
'use strict';

/** The histories in the primary process, by themselves: what is kept, for how long, and what is given up first. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Histories } = require('../../lib/nodes/histories');

const HOUR = 60 * 60 * 1000;

/** So that each message has an id of its own. */
let batches = 0;

/** Histories with a clock that is set by hand. */
function make() {
  const clock = { time: 0 };
  const histories = new Histories(() => clock.time);
  /** @param {string} channel @param {string} data @param {Partial<import('../../lib/nodes/histories').Entry>} [rest] */
  const append = (channel, data, rest) => histories.append({ channel, data, tag: 'f', epoch: 'e1', size: 3, ttl: 1000, id: `s:${(batches += 1)}:0`, ...rest }).position;
  /** @param {string} channel @param {number | null} [after] @param {number} [limit] */
  const texts = (channel, after = null, limit = 100) => histories.read(channel, after, limit).messages.map(([, text]) => text);
  return { clock, histories, append, texts };
}

describe('histories in memory', () => {
  it('give positions and keep the last messages', () => {
    const { histories, append } = make();
    assert.deepEqual(histories.read('a', null, 5), { position: null, messages: [] });
    assert.equal(histories.position('a', 'e1', 1000), 'e1:0:0');
    assert.equal(histories.position('a', 'e2', 1000), 'e1:0:0');
    const positions = ['v', 'w', 'x', 'y'].map((data, index) => append('a', data, { tag: `${index}`, epoch: 'e3' }));
    assert.deepEqual(positions, ['e1:1:0', 'e1:2:1', 'e1:3:2', 'e1:4:3']);
    const all = [['e1:2:1', 'w'], ['e1:3:2', 'x'], ['e1:4:3', 'y']];
    assert.deepEqual(histories.read('a', null, 5), { position: 'e1:4:3', messages: all });
    assert.deepEqual(histories.read('a', null, 2).messages, all.slice(1));
    assert.deepEqual(histories.read('a', 0, 2).messages, all.slice(0, 2));
    assert.deepEqual(histories.read('a', 2, 100).messages, all.slice(1));
    assert.deepEqual(histories.read('a', 4, 100).messages, []);
    assert.deepEqual(histories.read('a', 99, 100).messages, []);
    assert.equal(append('b', 'z'), 'e1:1:f');
  });

  it('count as many messages as there are, however many were dropped', () => {
    const { histories, append, texts } = make();
    for (let number = 1; number <= 1000; number += 1) {
      append('a', String(number), { size: 7 });
      const kept = Array.from({ length: Math.min(number, 7) }, (_, index) => String(number - Math.min(number, 7) + 1 + index));
      assert.deepEqual(texts('a'), kept);
      assert.deepEqual(histories.read('a', number - 1, 5).messages, [[`e1:${number}:f`, String(number)]]);
    }
    assert.deepEqual([histories.bytes, histories.count], [7 * 64 + 6 * 3 + 4, 1]);
  });

  it('drop messages a ttl after the last one, and keep their position for a day', () => {
    const { clock, histories, append, texts } = make();
    append('a', 'x');
    clock.time = 900;
    append('a', 'y');
    clock.time = 1899;
    assert.deepEqual(texts('a'), ['x', 'y']);
    clock.time = 1900;
    assert.deepEqual(histories.read('a', null, 5), { position: 'e1:2:f', messages: [] });
    assert.deepEqual(histories.read('a', 0, 5).messages, []);
    assert.equal(histories.bytes, 0);
    assert.equal(append('a', 'z', { epoch: 'e2' }), 'e1:3:f');
    assert.deepEqual(histories.read('a', 1, 5).messages, [['e1:3:f', 'z']]);
    clock.time += 24 * HOUR + 2000;
    assert.equal(append('a', 'z', { epoch: 'e2' }), 'e2:1:f');
    // Whoever asks for the position keeps it.
    clock.time += 24 * HOUR;
    assert.equal(histories.position('a', 'e3', 1000), 'e2:1:f');
    clock.time += 24 * HOUR;
    assert.equal(histories.position('a', 'e3', 1000), 'e2:1:f');
    clock.time += 24 * HOUR + 2000;
    histories.sweep();
    assert.equal(histories.count, 0);
  });

  it('above the limit the rooms that keep most give up their oldest messages', () => {
    const { histories, append, texts } = make();
    const long = 'x'.repeat(936);
    histories.limit = 20_000;
    append('quiet', 'one');
    for (let number = 0; number < 100; number += 1) append('loud', long, { size: 1000 });
    assert.ok(histories.bytes <= 20_000 && histories.bytes > 18_000, `${histories.bytes}`);
    assert.deepEqual(texts('quiet'), ['one']);
    assert.equal(texts('loud').length, 19);
    histories.limit = 10;
    assert.equal(append('quiet', 'two'), 'e1:2:f');
    assert.deepEqual([texts('quiet'), texts('loud'), histories.bytes], [[], [], 0]);
    assert.equal(append('quiet', 'three'), 'e1:3:f');
  });

  it('of too many rooms without messages those are dropped that nobody uses', () => {
    const { clock, histories, append } = make();
    for (let number = 0; number < 100_010; number += 1) histories.position(`room ${number}`, 'e', 1);
    append('kept', 'x', { ttl: 10 * HOUR });
    histories.sweep();
    assert.equal(histories.count, 100_011);
    clock.time = 60_000;
    for (let number = 0; number < 5; number += 1) histories.position(`room ${number}`, 'f', 1);
    clock.time = 130_000;
    histories.sweep();
    assert.equal(histories.count, 100_000);
    for (const [room, epoch] of [[0, 'e'], [4, 'e'], [5, 'f'], [15, 'f'], [16, 'e']]) {
      assert.match(histories.position(`room ${room}`, 'f', 1), new RegExp(`^${epoch}:`), `room ${room}`);
    }
  });

  it('what is given again is kept once, also when it was given up since', () => {
    const { append, texts } = make();
    const give = (/** @type {string} */ data, /** @type {string} */ id, channel = 'a') => append(channel, data, { id, size: 1 });
    assert.equal(give('x', 'one:7:0'), 'e1:1:f');
    assert.equal(give('y', 'one:7:1'), 'e1:2:f');
    assert.equal(give('z', 'one:7:0', 'b'), 'e1:1:f');
    assert.equal(give('v', 'two:7:0'), 'e1:3:f');
    assert.deepEqual([give('x', 'one:7:0'), give('y', 'one:7:1'), give('v', 'two:7:0')], ['e1:1:f', 'e1:2:f', 'e1:3:f']);
    assert.deepEqual(texts('a'), ['v']);
    assert.equal(give('x', 'one:8:0'), 'e1:4:f');
  });
});
