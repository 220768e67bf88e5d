// @ts-check
'use strict';

/**
 * @typedef {object} Envelope
 * @property {string} n Name.
 * @property {unknown} [p] Payload.
 * @property {string | number} [i] Id.
 * @property {unknown} [e] Error.
 */

/**
 * The envelope in a received WebSocket message; undefined when it is none (contract section 4).
 * @param {unknown} data A string; an `ArrayBuffer`, or its view, with UTF-8.
 * @returns {Envelope | undefined}
 */
function readEnvelope(data) {
  try {
    const text =
      typeof data === 'string'
        ? data
        : new TextDecoder('utf-8', { fatal: true }).decode(/** @type {any} */ (data));
    const envelope = JSON.parse(text);
    const { n, i } = envelope;
    const isId = i === undefined || typeof i === 'string' || typeof i === 'number';
    return typeof n === 'string' && isId ? envelope : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether only the protocol may use a name: our own events begin with an underscore, and no peer may
 * fire them. Names such as `__proto__` are ordinary ones.
 * @param {string} name
 */
const isReserved = (name) => name.startsWith('_') && !(name.startsWith('__') && name.endsWith('__'));

module.exports = { readEnvelope, isReserved };
