// @ts-check
'use strict';

/** The option `history`: which rooms keep their last messages. The core keeps them (`crates/core/src/hub/history.rs`). */

const { history: TABLE } = require('./nested-table.js');
const { checkRules } = require('./room-rules.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/**
 * @param {any} history The option.
 * @throws {import('../../common/line-error.js')} `sInvalidOptions`, naming what is not valid in it.
 */
function checkHistory(history) {
  checkRules('history', history, '{ "news": { size, ttl } }', TABLE);
}

/**
 * Tells the core.
 * @param {any} history The option, checked.
 * @param {NativeServer} native
 */
function applyHistory(history, native) {
  for (const [room, { size, ttl, maxReplay, whenDown }] of Object.entries(history)) {
    const rule = { size, ttl, maxReplay: maxReplay ?? TABLE.maxReplay.initial, localWhenDown: whenDown === 'local' };
    native.core.keepHistory(room, rule);
  }
}

module.exports = { checkHistory, applyHistory };
