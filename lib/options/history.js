// @ts-check
'use strict';

/** The option `history`: which rooms keep their last messages. The core keeps them (`crates/core/src/hub/history.rs`). */

const { checkCount, checkRules, invalid } = require('./room-rules.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/** Messages of one replay unless `maxReplay` says otherwise. */
const MAX_REPLAY = 300;

const WORDS = Object.freeze({
  example: '{ "news": { size, ttl } }',
  shape: '{ size, ttl, maxReplay?, whenDown? }',
  keys: Object.freeze(['size', 'ttl', 'maxReplay', 'whenDown']),
});

/**
 * @param {any} history The option.
 * @throws {import('../../common/line-error.js')} `sInvalidOptions`, naming what is not valid in it.
 */
function checkHistory(history) {
  checkRules('history', history, WORDS, (name, { size, ttl, maxReplay, whenDown }) => {
    checkCount(`${name}.size`, size);
    checkCount(`${name}.ttl`, ttl);
    if (maxReplay !== undefined && maxReplay !== null) checkCount(`${name}.maxReplay`, maxReplay);
    if (![undefined, null, 'wait', 'local'].includes(whenDown)) throw invalid(`${name}.whenDown`, "must be 'wait' or 'local'", whenDown);
  });
}

/**
 * Tells the core.
 * @param {any} history The option, checked.
 * @param {NativeServer} native
 */
function applyHistory(history, native) {
  for (const [room, { size, ttl, maxReplay }] of Object.entries(history ?? {})) {
    native.core.keepHistory(room, { size, ttl, maxReplay: maxReplay ?? MAX_REPLAY });
  }
}

module.exports = { checkHistory, applyHistory };
