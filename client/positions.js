// @ts-check
'use strict';

const { isString } = require('../common/kind-of.js');

/**
 * Where the client stands in rooms with history: what it brings when it comes back, so that the server sends
 * it what it has missed.
 */

/**
 * Most characters of all positions as JSON: a server takes 64 KiB with the payload of the handshake, and 1,000 rooms, each
 * of some 20 characters at least.
 */
const MAX_LENGTH = 16000;

/** Most rooms whose positions are kept, as many as a server takes, and most ids of messages that went to several rooms. */
const MAX_KEPT = 1000;

/**
 * Whether a value of the server may be kept.
 * @type {(value: unknown) => value is string}
 */
const isText = (value) => isString(value) && value.length < MAX_LENGTH;

/**
 * Forgets the oldest.
 * @param {Map<string, any> | Set<string>} kept
 */
function trim(kept) {
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT) kept.delete(oldest);
}

/** @typedef {import('../types/client').Recovery} Recovery */
/** @typedef {import('./envelope.js').Envelope & {r?: any, o?: any, d?: any}} Envelope */

/**
 * @param {Record<string, string> | null | undefined} given Those of an earlier page.
 * @param {(recovery: Recovery) => void} onRecovered
 */
function keepPositions(given, onRecovered) {
  /** By room, the one that a message came for last at the end. @type {Map<string, string>} */
  const positions = new Map(Object.entries({ ...given }));
  const ids = new Set();
  /** Rooms whose positions the server has been told of, and has not answered. */
  let brought = new Map();

  const known = () => Object.fromEntries(positions);

  return {
    known,

    /** The positions for a handshake, without those that are too many. */
    bring() {
      let left = MAX_LENGTH;
      for (const entry of [...positions].reverse()) {
        left -= JSON.stringify(entry).length;
        if (left < 0) positions.delete(entry[0]);
      }
      brought = new Map(positions);
      return known();
    },

    /**
     * Notes the position that a message comes with.
     * @param {Envelope} envelope
     * @returns {boolean} Whether it is new: one that went to several rooms may come for each.
     */
    note({ n: name, r: room, o: position, p: payload, d: id }) {
      const isNew = !ids.has(id);
      if (isText(id)) trim(ids.add(id));
      // The answer to the handshake has `o`, and no room.
      if (isText(room)) {
        const wasKnown = positions.delete(room);
        if (position && isText(position)) trim(positions.set(room, position));
        const { recovered, replayed } = Object(payload);
        // A member is told of a loss as after a join. After a first join, the room is known if something was replayed.
        if (name === '_o' && (brought.delete(room) || (wasKnown && payload && !replayed))) onRecovered({ room, recovered, replayed });
      }
      return isNew;
    },
  };
}

module.exports = { keepPositions };
