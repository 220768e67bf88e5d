// @ts-check
'use strict';

/** Actions of a test's own, for the tests of `nodes.js`. */

let isPrepared = false;

module.exports = {
  prepare() {
    isPrepared = true;
  },
  actions: {
    double: (/** @type {any} */ _server, /** @type {{value: number}} */ { value }) => ({ doubled: 2 * value, prepared: isPrepared }),
  },
};
