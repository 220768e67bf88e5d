// @ts-check
'use strict';

/** The options within `perMessageDeflate`: each is honoured, or refused by its name. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');

const { Server } = loadNative();

const NOTHING = [undefined, null];
const NO_FLAGS = [0, 1, 'true', {}, []];
const NO_NUMBERS = ['1', true, 1.5, NaN, Infinity, {}, []];

/** @type {[string, {good: unknown[], bad: unknown[]}][]} */
const OPTIONS = [
  ['serverNoContextTakeover', { good: [true, false], bad: NO_FLAGS }],
  ['clientNoContextTakeover', { good: [true, false], bad: NO_FLAGS }],
  ['serverMaxWindowBits', { good: [8, 15, true, false], bad: [7, 16, 8.5, '8', {}, []] }],
  ['clientMaxWindowBits', { good: [8, 15, true, false], bad: [7, 16, 8.5, '8', {}, []] }],
  ['threshold', { good: [0, 1024, 2 ** 40], bad: [-1, ...NO_NUMBERS] }],
  ['level', { good: [-1, 0, 9], bad: [-2, 10, ...NO_NUMBERS] }],
  ['memLevel', { good: [1, 9], bad: [0, 10, ...NO_NUMBERS] }],
  ['concurrencyLimit', { good: [1, 10], bad: [0, -1, ...NO_NUMBERS] }],
  ['zlibDeflateOptions', { good: [{}], bad: [1, true, 'x', []] }],
  ['zlibDeflateOptions.level', { good: [-1, 9], bad: [10, ...NO_NUMBERS] }],
  ['zlibDeflateOptions.memLevel', { good: [1, 9], bad: [0, ...NO_NUMBERS] }],
  ['zlibDeflateOptions.strategy', { good: [0, 4], bad: [-1, 5, ...NO_NUMBERS] }],
  ['zlibDeflateOptions.windowBits', { good: [8, 15], bad: [7, 16, ...NO_NUMBERS] }],
  ['zlibDeflateOptions.chunkSize', { good: [64, 2 ** 20], bad: [63, 2 ** 20 + 1, ...NO_NUMBERS] }],
  ['zlibDeflateOptions.dictionary', { good: [], bad: [Buffer.alloc(9)] }],
  ['zlibDeflateOptions.flush', { good: [], bad: [2] }],
  ['zlibInflateOptions', { good: [{}], bad: [1, true, 'x', []] }],
  ['zlibInflateOptions.chunkSize', { good: [64, 2 ** 20], bad: [63, 2 ** 20 + 1, ...NO_NUMBERS] }],
  ['zlibInflateOptions.windowBits', { good: [], bad: [15] }],
  ['maxPayload', { good: [], bad: [1024] }],
  ['constructor', { good: [], bad: [1] }],
];

/**
 * @param {string} path
 * @param {unknown} value
 */
function nest(path, value) {
  return path.split('.').reduceRight((inner, name) => ({ [name]: inner }), /** @type {any} */ (value));
}

describe('options of perMessageDeflate', () => {
  for (const [path, { good, bad }] of OPTIONS) {
    it(path, () => {
      for (const value of [...good, ...NOTHING]) new Server({ perMessageDeflate: nest(path, value) });
      for (const value of bad) {
        assert.throws(
          () => new Server({ perMessageDeflate: nest(path, value) }),
          (/** @type {any} */ error) =>
            error.code === 'sInvalidOptions' && error.message.includes(`"options.perMessageDeflate.${path}"`),
          `${path}: ${String(value)}`,
        );
      }
    });
  }

  it('the example of ws is understood', () => {
    const perMessageDeflate = {
      zlibDeflateOptions: { chunkSize: 1024, memLevel: 7, level: 3 },
      zlibInflateOptions: { chunkSize: 10 * 1024 },
      clientNoContextTakeover: true,
      serverNoContextTakeover: true,
      serverMaxWindowBits: 10,
      concurrencyLimit: 10,
      threshold: 1024,
    };
    assert.equal(new Server({ perMessageDeflate }).options.perMessageDeflate, perMessageDeflate);
  });

  it('what is given twice is refused', () => {
    for (const name of ['level', 'memLevel']) {
      const perMessageDeflate = { [name]: 3, zlibDeflateOptions: { [name]: 3 } };
      assert.throws(() => new Server({ perMessageDeflate }), { code: 'sInvalidOptions' }, name);
    }
  });

  it('concurrencyLimit must not be less than ioThreads', () => {
    const perMessageDeflate = { concurrencyLimit: 3 };
    new Server({ perMessageDeflate, ioThreads: 3 });
    assert.throws(() => new Server({ perMessageDeflate, ioThreads: 4 }), /concurrencyLimit/);
    const server = new Server({ ioThreads: 4 });
    assert.throws(() => (server.options.perMessageDeflate = perMessageDeflate), /concurrencyLimit/);
  });
});
