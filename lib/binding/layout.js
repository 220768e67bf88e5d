// @ts-check
'use strict';

/**
 * The layout of native events. Generated from the Rust definitions (`src/layout.rs`): do not edit, run
 * `UPDATE_LAYOUT=1 cargo test layout`.
 */

/** Kinds of events: `Kind` in `hub/record.rs`. */
const KIND = Object.freeze({
  MESSAGE: 1,
  HANDSHAKE: 2,
  RESPONSE: 3,
  CLOSED: 4,
  INVALID: 5,
  PING_DUE: 6,
  WRITTEN: 7,
  PING: 8,
  DRAINED: 9,
  PING_FAILED: 10,
  UPGRADE: 11,
  ACCEPT_FAILED: 12,
  DETACHED: 13,
  STOPPED: 14,
  OUTLINED: 15,
  OPENED: 16,
  RELEASED: 17,
  PIPE_OUTPUT: 18,
  PIPE_ROOM: 19,
  ANSWERED: 20,
  PRESENCE: 21,
  NODES: 22,
  ENGINE: 23,
});

/** The queues of events: `hub/lane.rs`. */
const LANE = Object.freeze({
  SPARSE: 0,
  BACKLOGGED: 1,
});

/** Integers in front of the records of a batch and of each record, and the most records. */
const SIZE = Object.freeze({
  HEADER: 3,
  RECORD: 8,
  EVENTS: 256,
});

/** What the native `send` and `respond` return: `src/messages.rs`. */
const OUTCOME = Object.freeze({
  QUEUED: 0,
  NOT_OPEN: 1,
  OVERFLOW: 2,
});

/** Forms of a payload, their bits, and the integers of an answer: `src/answers.rs`. */
const ANSWER = Object.freeze({
  NONE: 0,
  JSON: 1,
  STRING: 2,
  BITS: 2,
  WORDS: 4,
});

/** A field of a record that is absent. */
const NONE = -1;

/** What the ids of messages for many begin with; their key follows. */
const REQUEST_PREFIX = 'R';

module.exports = { KIND, LANE, SIZE, OUTCOME, ANSWER, NONE, REQUEST_PREFIX };
