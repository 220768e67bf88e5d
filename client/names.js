// @ts-check
'use strict';

const { failure, text } = require('../common/failure.js');
const { ErrorCode } = require('./enums.js');

/** Names that have been warned of. */
const warned = new Set();

/** What the original's own demo passes, which has no effect there either. */
const WITHOUT_EFFECT = 'handshakePayload';

/** What options of other clients are here. @type {Record<string, string>} */
const ELSEWHERE = {
  __proto__: /** @type {any} */ (null),
  auth: 'handshake.payload',
  handshakePayload: 'handshake.payload',
  'handshake.auth': 'handshake.payload',
  'handshake.token': 'handshake.payload.token',
  reconnection: 'reconnect',
  reconnectionDelay: 'reconnectOptions.initialDelay',
  reconnectionDelayMax: 'reconnectOptions.maxDelay',
  randomizationFactor: 'reconnectOptions.randomness',
  ackTimeout: 'responseTimeout',
};

/** @param {string} name As it may be spelt by others: `max_payload`. */
const plain = (name) => name.toLowerCase().replace(/[^a-z]/g, '');

/**
 * Refuses misspelt options. Those that resemble none may be there in applications of the original, where
 * they have no effect: they are warned of once. The build for a `<script>` tag checks no names.
 * @param {any} given
 * @param {Record<string, any>} known The options here, with those within them.
 * @param {string} [within] The option that they are keys of, and a point.
 * @throws {LineError} `cInvalidOptions`
 */
function checkNames(given, known, within = '') {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(known, key)) continue;
    FULL: refuseMisspelt(key, known, within);
    const name = within + key;
    if (warned.has(name)) continue;
    warned.add(name);
    let warning = `LineClient: "${name}" is no option, and has no effect`;
    FULL: if (name in ELSEWHERE) warning += `; did you mean "${ELSEWHERE[name]}"?`;
    globalThis.console?.warn?.(warning);
  }
}

/**
 * @param {string} name
 * @param {Record<string, any>} known
 * @param {string} within As of `checkNames`.
 */
function refuseMisspelt(name, known, within) {
  const word = plain(name);
  const names = Object.keys(known);
  const nested = names.flatMap((path) => Object.keys(Object(known[path])).map((each) => `${path}.${each}`));
  // Also what is given one level too high, or as one word: `timeout`, `handshakeTimeout`.
  const same = [...nested, ...names].find((path) => [path, path.replace(/.*\./, '')].some((each) => plain(each) === word));
  const near = same ?? nearest(word, names);
  if (near && name !== WITHOUT_EFFECT) {
    throw failure(ErrorCode.INVALID_OPTIONS, undefined, text`"${within}${name}" is no option; did you mean "${within}${near}"?`);
  }
}

/**
 * @param {string} word
 * @param {string[]} known
 * @returns {string | undefined} The name that differs in the fewest letters, if these are few.
 */
function nearest(word, known) {
  const edits = (/** @type {string} */ each) => distance(word, plain(each));
  const [best] = [...known].sort((a, b) => edits(a) - edits(b));
  return edits(best) <= Math.max(2, word.length / 3) ? best : undefined;
}

/**
 * How many letters must be added, left out or replaced to make one word of the other.
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  let row = Array.from(`${other}.`, (_, column) => column);
  for (const letter of one) {
    const next = [row[0] + 1];
    [...other].forEach((each, i) => next.push(Math.min(next[i] + 1, row[i + 1] + 1, row[i] + Number(letter !== each))));
    row = next;
  }
  return row[other.length];
}

module.exports = { checkNames };
