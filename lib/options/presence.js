// @ts-check
'use strict';

/** The option `presence`: which rooms have it. The core keeps it (`crates/core/src/hub/presence.rs`). */

const { presence: TABLE } = require('./nested-table.js');
const { checkRules } = require('./room-rules.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/**
 * @param {any} presence The option.
 * @throws {import('../../common/line-error.js')} `sInvalidOptions`, naming what is not valid in it.
 */
function checkPresence(presence) {
  checkRules('presence', presence, '{ "lobby": {} }', TABLE);
}

/**
 * Tells the core.
 * @param {any} presence The option, checked.
 * @param {NativeServer} native
 */
function applyPresence(presence, native) {
  for (const [room, { leaveDelay, events }] of Object.entries(presence)) {
    native.core.keepPresence(room, { leaveDelay: leaveDelay ?? TABLE.leaveDelay.initial, events: events ?? TABLE.events.initial });
  }
}

module.exports = { checkPresence, applyPresence };
