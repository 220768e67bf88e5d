// @ts-check
'use strict';

/**
 * `lib/emitter/emitter.js` against `event-emitter-extra` 0.1.7: the same cases run on both and must give the
 * same observations; then what differs on purpose; then random operations on both.
 */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const Emitter = require('../lib/emitter/emitter.js');
const { cases, observe } = require('./helpers/emitter-cases');

// Not the main entry, which replaces the global `Promise` and `Object.assign`.
// @ts-expect-error -- It has types for its main entry only.
const Original = require('event-emitter-extra/dist/commonjs.modern.js');

describe('as event-emitter-extra', () => {
  for (const [name, run] of Object.entries(cases)) {
    it(name, () => {
      const expected = observe(Original, run);
      assert.notDeepEqual(expected, { returned: '(undefined)', entries: [] }, 'the case observes nothing');
      assert.deepEqual(observe(Emitter, run), expected);
    });
  }

  for (const Class of [Original, Emitter]) {
    const which = Class === Emitter ? 'ours' : 'original';

    it(`emitAsync, ${which}`, async () => {
      const emitter = new Class();
      await assert.rejects(emitter.emitAsync('a'), { message: 'No listener' });
      assert.throws(() => emitter.emitAsync(5), { message: 'Event name should be string' });
      assert.deepEqual(await emitter.emitAsync([]), []);
      assert.deepEqual(await emitter.emitAsync(['none']), [false]);

      emitter.on('a', (/** @type {number} */ n) => n).on('a', async (/** @type {number} */ n) => n + 1);
      emitter.on('a', () => new Promise((resolve) => { setTimeout(resolve, 1, 'late'); }));
      assert.deepEqual(await emitter.emitAsync('a', 1), [1, 2, 'late']);

      emitter.on('a', () => Promise.reject(new Error('refused')));
      await assert.rejects(emitter.emitAsync('a'), { message: 'refused' });
    });
  }
});

describe('on purpose unlike event-emitter-extra', () => {
  const inherited = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

  for (const name of inherited) {
    it(`${name} is an ordinary name`, () => {
      const emitter = new Emitter();
      assert.equal(emitter.emit(name), false);
      assert.equal(emitter.listenerCount(name), 0);
      assert.deepEqual(emitter.listeners(name), []);

      const handler = () => 1;
      emitter.on(name, handler);
      assert.deepEqual(emitter.eventNames(), [name]);
      assert.deepEqual(emitter.emit(name), [1]);
      emitter.on(name, () => 2);
      assert.deepEqual(emitter.emit(name), [1, 2]);
      for (const other of inherited) if (other !== name) assert.equal(emitter.emit(other), false);

      emitter.removeListener(name, handler).removeAllListeners(name);
      assert.equal(emitter.emit(name), false);
      assert.deepEqual(emitter.eventNames(), []);
    });
  }

  it('setMaxListeners(0) is unlimited', () => {
    const emitter = new Emitter().setMaxListeners(0);
    for (let i = 0; i < 100; i++) emitter.on('a', () => i);
    assert.equal(emitter.getMaxListeners(), 0);
    assert.equal(emitter.listenerCount('a'), 100);
    assert.throws(() => new Original().setMaxListeners(0).on('a', () => {}), { message: /^Max listener count/ });
  });

  it('the default limits are those of now', () => {
    const before = { names: Emitter.defaultMaxListeners, patterns: Emitter.defaultMaxRegexListeners };
    const [emitter, own] = [new Emitter(), new Emitter().setMaxListeners(5).setMaxRegexListeners(6)];
    try {
      Emitter.defaultMaxListeners = 1;
      Emitter.defaultMaxRegexListeners = 2;
      assert.equal(emitter.getMaxListeners(), 1);
      assert.equal(emitter.getMaxRegexListeners(), 2);
      assert.equal(own.getMaxListeners(), 5);
      assert.equal(own.getMaxRegexListeners(), 6);
      emitter.on('a', () => {});
      assert.throws(() => emitter.on('a', () => {}), { message: 'Max listener count reached for event: a' });
    } finally {
      Emitter.defaultMaxListeners = before.names;
      Emitter.defaultMaxRegexListeners = before.patterns;
    }
  });

  it('a newListener handler may remove the event being added to', () => {
    const emitter = new Emitter();
    const other = () => 'other';
    let entered = false;
    emitter.on('newListener', () => {
      if (entered) return;
      entered = true;
      emitter.on('a', other).removeListener('a', other);
    });
    emitter.on('a', () => 'kept');
    assert.deepEqual(emitter.emit('a'), ['kept']);
  });

  it('an async generator function is a handler', () => {
    const emitter = new Emitter().on('a', async function* () { yield 1; });
    assert.equal(/** @type {any[]} */ (emitter.emit('a')).length, 1);
  });

  it('an emitter has no visible fields, with listeners or without', () => {
    const emitter = new Emitter();
    assert.deepEqual(Reflect.ownKeys(emitter), []);
    emitter.on('a', () => {}).on(/a/, () => {}).setMaxListeners(5);
    assert.deepEqual(Reflect.ownKeys(emitter), []);
  });

  it('emitters share nothing', () => {
    const [one, two] = [new Emitter(), new Emitter()];
    assert.throws(() => one.setMaxListeners(-1).on('a', () => {}));
    two.on('a', () => 'two').on(/a/, () => 'pattern');
    assert.equal(one.emit('a'), false);
    assert.deepEqual(one.listeners('a'), []);
    assert.deepEqual(two.emit('a'), ['two', 'pattern']);
  });
});
