// @ts-check
'use strict';

/**
 * Where the client stands in rooms with history: what it brings when it comes back, so that the server sends
 * it what it has missed.
 */

/**
 * Most characters of all positions as JSON. A server takes 1,000 rooms and, with the payload of the handshake, 64 KiB;
 * a room takes at least 17 characters, and a character at most 3 bytes.
 */
const MAX_LENGTH = 16000;

/** Ids kept of messages that went to several rooms. */
const MAX_IDS = 1000;

/** @typedef {import('../types/client').Recovery} Recovery */
/** @typedef {import('./envelope.js').Envelope & {r?: any, o?: any, d?: any}} Envelope */

/**
 * @param {Record<string, string> | null | undefined} given Those of an earlier page.
 * @param {(recovery: Recovery) => void} onRecovered
 */
function keepPositions(given, onRecovered) {
  /** By room, the one that a message came for last at the end. @type {Map<string, string>} */
  const positions = new Map(Object.entries(given ?? {}));
  const ids = new Set();
  /** Rooms whose positions the server has been told of, and has not answered. */
  let brought = new Set();

  const all = () => Object.fromEntries(positions);

  return {
    all,

    /**
     * Lets a handshake message bring the positions.
     * @template {{toString(): string}} T
     * @param {T} message
     * @returns {T}
     */
    bring(message) {
      for (const room of positions.keys()) if (JSON.stringify(all()).length > MAX_LENGTH) positions.delete(room);
      brought = new Set(positions.keys());
      const text = message.toString;
      message.toString = () => `${text.call(message).slice(0, -1)},"o":${JSON.stringify(all())}}`;
      return message;
    },

    /**
     * Notes the position that a message comes with.
     * @param {Envelope} envelope
     * @returns {boolean} Whether it is for the application, and new: one that went to several rooms may come for each.
     */
    note({ n: name, p: payload, r: room, o: position, d: id }) {
      positions.delete(room);
      if (position) positions.set(room, position);
      if (name === '_o') {
        if (brought.delete(room) && position) onRecovered({ .../** @type {any} */ (payload), room });
        return false;
      }
      const isNew = !ids.has(id);
      if (id) ids.add(id);
      if (ids.size > MAX_IDS) ids.delete(ids.values().next().value);
      return isNew;
    },
  };
}

module.exports = { keepPositions };
