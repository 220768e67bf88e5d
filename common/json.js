// @ts-check
'use strict';

const { isString, kindOf } = require('./kind-of.js');
const LineError = require('./line-error.js');
const { succeeds } = require('./succeeds.js');

/**
 * JSON text, byte for byte as the original writes it: it stringifies a whole message, so a `toJSON`
 * of the payload is called with the key `p`.
 */

/** Sent in place of an error that the peer must not see (option `errors: 'public'`). */
const INTERNAL = /* @__PURE__ */ Object.freeze({ name: 'Error', message: 'internal' });

/**
 * Names that programs give a meaning to when they print, copy, compare or await an error, besides the
 * members that every `Error` has.
 */
const MEANINGFUL = /^((stack|cause|then|toJSON|inspect|asymmetricMatch)$|@@|Symbol[.(]|nodejs\.)/;

/**
 * A value as it stands in a message; undefined when it stringifies to nothing (`undefined`, a
 * function, a symbol).
 * @param {string} key Of the message.
 * @param {unknown} value
 * @param {(this: any, key: string, value: any) => any} [replacer] As that of `JSON.stringify`.
 * @returns {string | undefined}
 * @throws {unknown} When it cannot be stringified: a `TypeError` for a circular value or a BigInt, a
 *   `RangeError` for one nested too deep, or the error of a `toJSON`.
 */
function memberJson(key, value, replacer) {
  const text = JSON.stringify({ [key]: value }, replacer);
  return text === '{}' ? undefined : text.slice(`{"${key}":`.length, -1);
}

/**
 * A payload as it stands in a message.
 * @param {unknown} payload
 * @returns {string | undefined}
 * @throws {unknown} As {@link memberJson}.
 */
function payloadJson(payload) {
  // Of the values of JSON these three can be written without `JSON.stringify`, which takes ten times as long.
  if (typeof payload === 'number') return Number.isFinite(payload) ? `${payload}` : 'null';
  if (typeof payload === 'boolean') return payload ? 'true' : 'false';
  if (payload === null) return 'null';
  // Without a `toJSON` of its own the payload cannot see its key.
  if (typeof (/** @type {any} */ (payload)?.toJSON) !== 'function') return JSON.stringify(payload);
  return memberJson('p', payload);
}

/**
 * An error as it stands in a message.
 * @param {unknown} error
 * @param {boolean} [publicOnly] Whether errors that are not marked as public are hidden.
 * @returns {string | undefined}
 * @throws {unknown} As {@link memberJson}.
 */
function errorJson(error, publicOnly) {
  if (!publicOnly) return memberJson('e', wireError(error));
  return memberJson('e', isHidden(error) ? INTERNAL : wireError(error), hideErrors);
}

/**
 * A replacer of `JSON.stringify` that hides errors inside others, and the stacks of those that are public.
 * @this {any}
 * @param {string} key
 * @param {unknown} value What the value's `toJSON` returned, if it has one.
 * @returns {unknown}
 */
function hideErrors(key, value) {
  if (isHidden(value) || isHidden(this[key])) return INTERNAL;
  return key === 'stack' && isError(this) ? undefined : value;
}

/** @param {unknown} value */
function isHidden(value) {
  return isError(value) && /** @type {any} */ (value)[LineError.PUBLIC] !== true;
}

/**
 * Whether a value is an error, of this realm or another. In a `vm` context, as under Jest, errors of Node
 * itself are of another realm.
 * @param {any} value
 * @returns {value is Error}
 */
function isError(value) {
  FULL: if (typeof value !== 'object' || value === null) return false;
  let is = value instanceof Error || ['Error', 'DOMException'].includes(kindOf(value));
  FULL: is ||= inheritsError(value);
  return is;
}

/**
 * Whether an object inherits from another realm's `Error`, without its constructor.
 * @param {object} value
 */
function inheritsError(value) {
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (at.constructor?.name === 'Error' && Object.hasOwn(at, 'toString')) return true;
  }
  return false;
}

/**
 * What an error looks like on the wire: an `Error` as its name, message and own enumerable
 * properties, anything else as it is. The stack of a class that inherits without the constructor of `Error` is such a
 * property, but peers must not see it.
 * @param {unknown} error
 * @returns {unknown}
 */
function wireError(error) {
  if (!isError(error)) return error;
  /** @type {Record<string, unknown>} */
  const wire = { name: error.name, message: error.message, .../** @type {object} */ (error) };
  FULL: delete wire.stack;
  return wire;
}

/**
 * The text of a message. Keys whose value is undefined are left out.
 * @param {unknown} name
 * @param {unknown} payload
 * @param {unknown} id
 * @param {unknown} error
 * @param {Record<string, string>} [positions] Where a client stands in rooms.
 * @returns {string}
 * @throws {unknown} As {@link memberJson}.
 */
function messageJson(name, payload, id, error, positions) {
  return JSON.stringify({ n: name, p: payload, i: id, e: wireError(error), o: positions });
}

/**
 * The text of an answer that rejects.
 * @param {string} rawId Raw JSON of the id.
 * @param {string | undefined} error Result of {@link errorJson}.
 * @returns {string}
 */
function rejectionJson(rawId, error) {
  const member = error === undefined ? '' : `,"e":${error}`;
  return `{"n":"_r","i":${rawId}${member}}`;
}

/**
 * Whether a value can be stringified. Errors are tried as they are, not in their wire form.
 * @param {unknown} value
 */
const isJson = (value) => succeeds(() => JSON.stringify(value));

/**
 * Why a value could not be stringified, for people.
 * @param {any} cause What was thrown: a `toJSON` may throw anything.
 * @returns {string}
 */
function reasonOf(cause) {
  try {
    // Only strings have `trim`.
    return cause.message.trim();
  } catch {
    // It has no message, or reading it throws.
    return `a toJSON threw ${typeof cause}`;
  }
}

/**
 * A received error. An object with a string `name` and `message` becomes an `Error` with its properties.
 * Properties that would replace a member of the error, or that programs give a meaning to, are left out:
 * code that prints, copies or awaits the error must not read a value of the peer's there.
 * @param {any} error A value of JSON.
 * @returns {unknown}
 */
function receivedError(error) {
  // Of the values of JSON only objects have properties of these names.
  const { name, message } = Object(error);
  if (!isString(name) || !isString(message)) return error;
  /** @type {any} */
  const received = new Error();
  for (const key of Object.keys(error)) {
    const isOrdinary = !(key in received || MEANINGFUL.test(key));
    if (isOrdinary || key === 'name' || key === 'message') received[key] = error[key];
  }
  return received;
}

/**
 * Whether the sender of this raw id expects an answer. As in the original, an empty or zero id counts as none.
 * @param {string | undefined} rawId
 */
function expectsAnswer(rawId) {
  return rawId !== undefined && rawId !== '""' && (rawId.charCodeAt(0) === 0x22 || Number(rawId) !== 0);
}

/** An integer that a double holds, written as JavaScript writes it. */
const INTEGER = /^-?[1-9]\d{0,14}$/;

/** Characters of the longest number that is rewritten: JavaScript writes every double in fewer. */
const LONGEST_NUMBER = 32;

/**
 * The raw JSON of an id as it stands in the answer: written as JavaScript writes it. A number that a double
 * cannot hold stays as it came. The same as `push_id` in `crates/core/src/envelope/write.rs`.
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
 * @returns {string | undefined} Undefined when it is not a number.
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

module.exports = {
  memberJson,
  payloadJson,
  errorJson,
  messageJson,
  rejectionJson,
  isError,
  isJson,
  reasonOf,
  receivedError,
  expectsAnswer,
  canonicalId,
};
