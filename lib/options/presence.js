// @ts-check
'use strict';

/** The option `presence`: which rooms have it. The core keeps it (`crates/core/src/hub/presence.rs`). */

const { checkCount, checkRules, invalid } = require('./room-rules.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/** Milliseconds that a member stays that has lost its connection. */
const LEAVE_DELAY = 5000;

const WORDS = Object.freeze({
  example: '{ "lobby": {} }',
  shape: '{ leaveDelay?, events? }',
  keys: Object.freeze(['leaveDelay', 'events']),
});
const EVENTS = Object.freeze([undefined, null, 'each', 'batched', 'none']);

/**
 * @param {any} presence The option.
 * @throws {import('../../common/line-error.js')} `sInvalidOptions`, naming what is not valid in it.
 */
function checkPresence(presence) {
  checkRules('presence', presence, WORDS, (name, { leaveDelay, events }) => {
    if (leaveDelay !== undefined && leaveDelay !== null) checkCount(`${name}.leaveDelay`, leaveDelay, 0);
    if (!EVENTS.includes(events)) throw invalid(`${name}.events`, "must be 'each', 'batched' or 'none'", events);
  });
}

/**
 * Tells the core.
 * @param {any} presence The option, checked.
 * @param {NativeServer} native
 */
function applyPresence(presence, native) {
  for (const [room, { leaveDelay, events }] of Object.entries(presence ?? {})) {
    native.core.keepPresence(room, { leaveDelay: leaveDelay ?? LEAVE_DELAY, events: events ?? 'batched' });
  }
}

module.exports = { checkPresence, applyPresence };
