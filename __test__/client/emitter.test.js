// @ts-check
'use strict';

/**
 * The client's emitter against the server's: the same cases and random operations give the same
 * observations, apart from the wording of errors.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const Emitter = require('../../client/emitter.js');
const Server = require('../../lib/emitter/emitter.js');
const { cases, observe } = require('../helpers/emitter-cases');
const { randomRun } = require('../helpers/emitter-random');

/** Boxed strings and numbers are none here, which saves code. */
const BOXED = ['boxed strings are names', 'limits are integers', 'arguments of the wrong type'];

/**
 * Leaves out what an error says.
 *
 * @param {any} value
 * @returns {any}
 */
function withoutWording(value) {
  if (Array.isArray(value)) return value.map(withoutWording);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === 'threw' ? true : withoutWording(each)])
  );
}

describe('the emitter of the client', () => {
  for (const [name, run] of Object.entries(cases)) {
    if (BOXED.includes(name)) continue;
    it(name, () => {
      assert.deepEqual(withoutWording(observe(Emitter, run)), withoutWording(observe(Server, run)));
    });
  }

  it('takes integers as limits', () => {
    const emitter = new Emitter();
    for (const limit of /** @type {any[]} */ (['5', 1.5, NaN, Infinity, null, {}])) {
      assert.throws(() => emitter.setMaxListeners(limit));
      assert.throws(() => emitter.setMaxRegexListeners(limit));
      assert.throws(() => emitter.addListener('a', () => {}, limit));
    }
    assert.equal(emitter.listenerCount('a'), 0);
  });

  it('takes strings and patterns as names, functions as handlers', () => {
    const emitter = new Emitter();
    for (const name of /** @type {any[]} */ ([5, null, undefined, {}, true, Symbol.iterator])) {
      assert.throws(() => emitter.on(name, () => {}));
      assert.throws(() => emitter.emit(name));
    }
    for (const handler of /** @type {any[]} */ (['x', null, undefined, {}])) {
      assert.throws(() => emitter.on('a', handler));
    }
  });

  it('knows no names but those listened to', () => {
    for (const name of ['constructor', '__proto__', 'toString', '__defineGetter__']) {
      const emitter = new Emitter();
      assert.deepEqual([emitter.emit(name), emitter.listeners(name)], [false, []]);
      assert.deepEqual(emitter.on(name, () => 1).emit(name), [1]);
      assert.deepEqual(emitter.eventNames(), [name]);
    }
  });

  it('rejects emitAsync without listeners, and waits for promises', async () => {
    const emitter = new Emitter();
    await assert.rejects(emitter.emitAsync('a'), { message: 'No listener' });
    emitter.on('a', (/** @type {number} */ n) => n).on('a', async (/** @type {number} */ n) => n + 1);
    assert.deepEqual(await emitter.emitAsync('a', 1), [1, 2]);
  });

  it('does the same as the other for random operations', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const [ours, other] = [Emitter, Server].map((Class) => {
        return randomRun(Class, seed, 200).map((line) => line.replace(/"threw":".*?"/, '"threw"'));
      });
      assert.deepEqual(ours, other, `seed ${seed}`);
    }
  });
});
