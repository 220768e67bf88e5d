// @ts-check
'use strict';

/**
 * The implementations the suites run against.
 *
 * `LINE_IMPL` selects: `original` (npm `line-socket@1.0.0`), `native` (this package), or both when
 * unset. `LINE_NATIVE_PATH` is the module tested as `native`, by default this package's `lib`; set
 * it to test an installed copy.
 */

const path = require('node:path');

/**
 * @typedef {object} Implementation
 * @property {'original' | 'native'} name
 * @property {any} Server
 */

/** @returns {Implementation} */
function loadOriginal() {
  // Its emitter library replaces the global Promise, which is restored so that both run on the same one.
  const NativePromise = global.Promise;
  const Server = require('line-socket/dist/server');
  global.Promise = NativePromise;
  return { name: 'original', Server };
}

/** @returns {Implementation} */
function loadNative() {
  const file = process.env.LINE_NATIVE_PATH ?? path.join(__dirname, '../../lib/index.js');
  return { name: 'native', Server: require(path.resolve(file)) };
}

/**
 * The selected implementations, loaded.
 *
 * @returns {Implementation[]}
 */
function implementations() {
  const only = process.env.LINE_IMPL;
  if (only === 'original') return [loadOriginal()];
  if (only === 'native') return [loadNative()];
  if (only) throw new Error(`LINE_IMPL must be "original" or "native", not "${only}"`);
  return [loadOriginal(), loadNative()];
}

module.exports = { implementations, loadOriginal, loadNative };
