// @ts-check
'use strict';

/**
 * Loads modules inside a `vm` context, as Jest does: they have their own `Error`, `Uint8Array`, `Promise` and so on,
 * and values from Node are of another realm.
 */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { createRequire, isBuiltin } = require('node:module');

/** Globals that Jest's environments give to the context. */
const SHARED = [
  'process', 'Buffer', 'console', 'performance', 'queueMicrotask', 'URL', 'TextDecoder', 'TextEncoder', 'AbortController',
  'AbortSignal', 'DOMException', 'Event', 'EventTarget', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval',
  'setImmediate', 'clearImmediate', 'fetch', 'structuredClone'
];

/** @returns {{load: (file: string) => any, run: (code: string) => any}} */
function makeRealm() {
  const globals = /** @type {any} */ (globalThis);
  const context = vm.createContext(Object.fromEntries(SHARED.map((name) => [name, globals[name]])));
  /** @type {Map<string, {exports: any}>} */
  const cache = new Map();

  /** @param {string} file */
  function load(file) {
    const known = cache.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: /** @type {any} */ ({}) };
    cache.set(file, module);
    const outer = createRequire(file);
    const inner = (/** @type {string} */ id) => {
      if (isBuiltin(id)) return outer(id);
      const resolved = outer.resolve(id);
      return resolved.endsWith('.js') && !resolved.includes('node_modules') ? load(resolved) : outer(id);
    };
    const code = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(file, 'utf8')}\n})`;
    const wrapper = vm.runInContext(code, context, { filename: file });
    wrapper(module.exports, Object.assign(inner, { resolve: outer.resolve }), module, file, path.dirname(file));
    return module.exports;
  }

  return { load, run: (code) => vm.runInContext(code, context) };
}

module.exports = { makeRealm };
