// @ts-check
'use strict';

/**
 * JSON text, byte for byte as the original writes it: it stringifies a whole message, so a `toJSON`
 * of the payload is called with the key `p`.
 */

/**
 * A payload as it stands in a message; undefined when it stringifies to nothing (`undefined`, a
 * function, a symbol).
 * @param {unknown} payload
 * @returns {string | undefined}
 * @throws {TypeError | RangeError} When it cannot be stringified: circular, a BigInt, nested too deep.
 */
function payloadJson(payload) {
  // Without a `toJSON` of its own the payload cannot see its key.
  if (typeof (/** @type {any} */ (payload)?.toJSON) !== 'function') return JSON.stringify(payload);
  const text = JSON.stringify({ p: payload });
  return text === '{}' ? undefined : text.slice('{"p":'.length, -1);
}

/**
 * What an error looks like on the wire: an `Error` as its name, message and own enumerable
 * properties, anything else as it is.
 * @param {unknown} error
 * @returns {unknown}
 */
function wireError(error) {
  if (!(error instanceof Error)) return error;
  return Object.assign({ name: error.name, message: error.message }, error);
}

/**
 * The text of a message. Keys whose value is undefined are left out.
 * @param {unknown} name
 * @param {unknown} payload
 * @param {unknown} id
 * @param {unknown} error
 * @returns {string}
 * @throws {TypeError | RangeError} As {@link payloadJson}.
 */
function messageJson(name, payload, id, error) {
  return JSON.stringify({ n: name, p: payload, i: id, e: wireError(error) });
}

/**
 * A received error: an object with a string `name` and `message` becomes an `Error` with its
 * properties.
 * @param {any} error
 * @returns {unknown}
 */
function receivedError(error) {
  const looksLikeError =
    typeof error === 'object' &&
    error !== null &&
    typeof error.name === 'string' &&
    typeof error.message === 'string';
  if (!looksLikeError) return error;
  // Assigned, a property of this name would be the prototype of the error instead.
  const { ['__proto__']: _, ...own } = error;
  return Object.assign(new Error(), own);
}

/**
 * Whether the sender of this raw id wants an answer: as in the original, an empty or zero id counts
 * as none.
 * @param {string | undefined} rawId
 */
function expectsAnswer(rawId) {
  return rawId !== undefined && rawId !== '""' && (rawId.charCodeAt(0) === 0x22 || Number(rawId) !== 0);
}

/** An integer that a double holds, written as JavaScript writes it. */
const INTEGER = /^-?[1-9]\d{0,14}$/;

/** Longest number that is written otherwise than it came: no double needs as many characters. */
const LONGEST_NUMBER = 32;

/**
 * The raw JSON of an id as it is given back: as JavaScript writes it, but a number that a double does
 * not hold as it came. The same as `push_id` in `src/envelope/write.rs`.
 * @param {string} raw
 * @returns {string}
 */
function canonicalId(raw) {
  if (raw.charCodeAt(0) === 0x22) return raw.includes('\\') ? JSON.stringify(JSON.parse(raw)) : raw;
  if (raw.length > LONGEST_NUMBER || INTEGER.test(raw)) return raw;
  const written = JSON.stringify(JSON.parse(raw));
  return decimal(written) === decimal(raw) ? written : raw;
}

/**
 * The value of a short JSON number in decimal, however it was written.
 * @param {string} raw
 * @returns {string | undefined} Undefined for what is no number.
 */
function decimal(raw) {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(raw);
  if (parts === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const significant = (whole + fraction).replace(/0+$/, '');
  const zeros = whole.length + fraction.length - significant.length;
  const digits = significant.replace(/^0+/, '');
  return digits === '' ? '0' : `${sign}${digits}e${Number(exponent) - fraction.length + zeros}`;
}

/**
 * The text of a rejected response.
 * @param {string} rawId JSON of the id.
 * @param {unknown} error
 * @returns {string}
 * @throws {TypeError | RangeError} As {@link payloadJson}.
 */
function rejectionJson(rawId, error) {
  const text = messageJson('_r', undefined, undefined, error);
  const head = '{"n":"_r"';
  return `${head},"i":${rawId}${text.slice(head.length)}`;
}

module.exports = { payloadJson, messageJson, rejectionJson, receivedError, expectsAnswer, canonicalId };
