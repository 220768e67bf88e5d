// @ts-check
'use strict';

/** The option `presence`: which rooms have it. The core keeps it (`crates/core/src/hub/presence.rs`). */

const { checkCount, invalid, isObject } = require('./history.js');
const { refuseUnknown } = require('./unknown-options.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/** Milliseconds that a member stays that has lost its connection. */
const LEAVE_DELAY = 5000;

const KEYS = Object.freeze(['leaveDelay', 'events']);
const EVENTS = Object.freeze([undefined, null, 'each', 'batched', 'none']);

/**
 * @param {any} presence The option.
 * @throws {import('../../common/line-error.js')} `sInvalidOptions`, naming what is not valid in it.
 */
function checkPresence(presence) {
  if (presence === undefined || presence === null) return;
  if (!isObject(presence)) {
    throw invalid('options.presence', 'must be an object with an object for each room or prefix: { "lobby": {} }', presence);
  }
  for (const [room, rule] of Object.entries(presence)) {
    const name = `options.presence[${JSON.stringify(room)}]`;
    if (room.slice(0, -1).includes('*')) throw invalid(name, 'must have its * at the end, where it stands for any rest', rule);
    if (!isObject(rule)) throw invalid(name, 'must be an object: { leaveDelay?, events? }', rule);
    refuseUnknown(name, rule, KEYS);
    const { leaveDelay, events } = /** @type {any} */ (rule);
    if (leaveDelay !== undefined && leaveDelay !== null) checkCount(`${name}.leaveDelay`, leaveDelay, 0);
    if (!EVENTS.includes(events)) throw invalid(`${name}.events`, "must be 'each', 'batched' or 'none'", events);
  }
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
