// @ts-check
'use strict';

/**
 * Well-formed messages that a peer has no business sending, or that look dangerous, with what must
 * become of them before the handshake is resolved and after:
 *
 * - `dropped`: nothing is answered, no listener is called;
 * - `refused`: answered with an error;
 * - `contained`: dropped or refused, but no listener is called;
 * - `delivered`: its listener is called, and no other;
 * - `echoed`: delivered, and the listener answered;
 * - `pong`: answered with pong;
 * - `opens`: completes the handshake.
 *
 * @typedef {'dropped' | 'refused' | 'contained' | 'delivered' | 'echoed' | 'pong' | 'opens'} Fate
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} text
 * @property {Fate} fresh before `_h` was sent
 * @property {Fate} pending `_h` was sent and not answered yet
 * @property {Fate} connected
 */

const { FORBIDDEN, ORDINARY } = require('./arena');
const { nest } = require('./texts');

/** What responses have in `e` and `p`. */
const ANSWERS = ['', ',"p":1', ',"e":null', ',"e":"no"', ',"e":{}', ',"e":[]', ',"e":{"name":"N","message":"M","stack":"S"}'];

/** Ids that mean something to plain objects. */
const AWKWARD_IDS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'unknown', 'null', '0', '\u0000', 'x'.repeat(50_000)];

/** Ids that are echoed as they are. */
const ODD_IDS = ['"__proto__"', '"constructor"', '"\\u0000"', '"\\ud800"', '" "', '-5', '1.5', '1e300', `"${'i'.repeat(50_000)}"`];

/** Properties an object with `name` and `message` might smuggle into an Error. */
const SMUGGLED = ['__proto__', 'constructor', 'stack', 'toString', 'toJSON', 'then', 'cause', 'code'];

/** Names that no listener has, and must not be found on any prototype. */
const UNHEARD = ['', ' ', 'nobody', '\u0000', '\ud800', 'Echo', 'echo ', '__defineGetter__', '__proto__', 'x'.repeat(100_000)];

/**
 * @param {string} name
 * @param {string} text
 * @param {Fate} before
 * @param {Fate} connected
 * @returns {Entry}
 */
const entry = (name, text, before, connected) => ({ name, text, fresh: before, pending: before, connected });

/** @param {string} name */
const label = (name) => (name.length > 40 ? `a name of ${name.length} characters` : JSON.stringify(name));

/** @type {Entry[]} */
const MESSAGES = [
  ...ORDINARY.flatMap((name) => [
    entry(`${name} without id`, `{"n":"${name}","p":1}`, 'dropped', 'delivered'),
    entry(`${name} with an id`, `{"n":"${name}","i":"1","p":1}`, 'refused', name === 'echo' ? 'echoed' : 'delivered')
  ]),
  ...FORBIDDEN.filter((name) => !/^_[hpr]$/.test(name)).flatMap((name) => [
    entry(`${name} without id`, `{"n":"${name}","p":1}`, 'dropped', 'dropped'),
    entry(`${name} with an id`, `{"n":"${name}","i":"1","p":1}`, 'refused', 'contained'),
    entry(`${name} with an error`, `{"n":"${name}","e":{"name":"N","message":"M"}}`, 'dropped', 'dropped')
  ]),
  ...UNHEARD.flatMap((name) => [
    entry(`${label(name)} without id`, JSON.stringify({ n: name }), 'dropped', 'dropped'),
    entry(`${label(name)} with an id`, JSON.stringify({ n: name, i: '1' }), 'refused', 'contained')
  ]),
  ...['""', '0', '-0', '0.0'].map((id) => entry(`an id of ${id}`, `{"n":"error","i":${id}}`, 'contained', 'delivered')),
  ...ODD_IDS.map((id) => {
    const shown = id.length > 20 ? `${id.length} characters` : id;
    return entry(`an id of ${shown}`, `{"n":"echo","i":${id},"p":1}`, 'refused', 'echoed');
  }),
  ...ANSWERS.map((rest) => entry(`a response nobody awaits${rest}`, `{"n":"_r","i":"unknown"${rest}}`, 'contained', 'dropped')),
  ...AWKWARD_IDS.map((id) =>
    entry(`a response to ${label(id)}`, JSON.stringify({ n: '_r', i: id, p: 1 }), 'contained', 'dropped')
  ),
  entry('a response without id', '{"n":"_r","p":1}', 'dropped', 'dropped'),
  entry('a rejection without id', '{"n":"_r","e":{"name":"N","message":"M"}}', 'dropped', 'dropped'),
  ...SMUGGLED.map((key) =>
    entry(`an error with ${key}`, `{"n":"echo","i":"1","e":{"name":"N","message":"M","${key}":{"a":1}}}`, 'refused', 'echoed')
  ),
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"toJSON":1}', '{"then":1}'].map(
    (payload) => entry(`the payload ${payload}`, `{"n":"echo","i":"1","p":${payload}}`, 'refused', 'echoed')
  ),
  ...[10, 999].map((depth) => entry(`arrays nested ${depth} deep`, nest(depth, '[', ']'), 'refused', 'echoed')),
  entry('a payload of half a megabyte', JSON.stringify({ n: 'echo', i: '1', p: 'x'.repeat(500_000) }), 'refused', 'echoed'),
  entry('ten thousand keys', JSON.stringify({ n: 'echo', i: '1', ...Object.fromEntries(Array.from({ length: 1e4 }, (_, k) => [`k${k}`, k])) }), 'refused', 'echoed'),
  entry('the key n ten thousand times', `{${'"n":"nobody",'.repeat(1e4)}"n":"echo","i":"1"}`, 'refused', 'echoed'),
  entry('a ping without id', '{"n":"_p"}', 'pong', 'pong'),
  entry('a ping with a number as id', '{"n":"_p","i":5}', 'pong', 'pong'),
  entry('a ping with a payload and an error', '{"n":"_p","i":"1","p":{"a":1},"e":"no"}', 'pong', 'pong'),
  { ...entry('_h without id', '{"n":"_h","p":{"token":"x"}}', 'contained', 'contained'), fresh: 'contained' },
  { ...entry('_h again', '{"n":"_h","i":"2","p":{"token":"x"}}', 'contained', 'refused'), fresh: 'opens' },
  { ...entry('_h with a number as id', '{"n":"_h","i":5,"p":{"token":"x"}}', 'contained', 'refused'), fresh: 'opens' },
  { ...entry('_h with an error', '{"n":"_h","i":"2","p":{"token":"x"},"e":"no"}', 'contained', 'refused'), fresh: 'opens' }
];

/** What each fate allows to be answered. @type {Record<Fate, string[]>} */
const FATES = {
  dropped: ['nothing'],
  refused: ['an error'],
  contained: ['nothing', 'an error'],
  delivered: ['nothing'],
  echoed: ['a value'],
  pong: ['pong'],
  opens: ['a value']
};

module.exports = { MESSAGES, FATES };
