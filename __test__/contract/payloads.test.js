// @ts-check
'use strict';

/** Contract section 1: bytes on the wire equal what `JSON.stringify` writes, for every kind of value. */

const { contract } = require('../helpers/contract');
const { attempt, normalise, outcome, anonymous } = require('../helpers/observe');

class Point {
  /** @param {number} x @param {number} y */
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }

  get sum() {
    return this.x + this.y;
  }
}

/** @param {Record<string, unknown>} properties */
const failure = (properties) => Object.assign(new TypeError('no'), properties);

/**
 * Values, and the text each must become; `undefined` where `p` must be absent. `error` is the text
 * of `e` when the value is the argument of `reject`, where that differs.
 *
 * @type {[string, () => unknown, string | undefined, {error?: string}?][]}
 */
const VALUES = [
  ['undefined', () => undefined, undefined],
  ['null', () => null, 'null'],
  ['true', () => true, 'true'],
  ['false', () => false, 'false'],
  ['zero', () => 0, '0'],
  ['negative zero', () => -0, '0'],
  ['an integer', () => Number('9007199254740993'), '9007199254740992'],
  ['a fraction', () => 0.1, '0.1'],
  ['a large exponent', () => 1e21, '1e+21'],
  ['NaN', () => NaN, 'null'],
  ['Infinity', () => -Infinity, 'null'],
  ['an empty string', () => '', '""'],
  ['a string', () => 'hello', '"hello"'],
  ['quotes and control characters', () => '"\\/\b\f\n\r\t\u0001\u001f\u007f', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u007f"'],
  ['line separators', () => '\u2028\u2029', '"\u2028\u2029"'],
  ['latin-1 letters', () => 'caf\u00e9 \u00ff', '"caf\u00e9 \u00ff"'],
  ['letters beyond the BMP', () => '\u4f60\u597d \u{1f600}', '"\u4f60\u597d \u{1f600}"'],
  ['a lone high surrogate', () => 'a\ud800b', '"a\\ud800b"'],
  ['a lone low surrogate', () => '\udfff', '"\\udfff"'],
  ['a NUL character', () => 'a\0b', '"a\\u0000b"'],
  ['a String object', () => new String('boxed'), '"boxed"'],
  ['a Number object', () => new Number(5), '5'],
  ['a Boolean object', () => new Boolean(false), 'false'],
  ['an empty object', () => ({}), '{}'],
  ['an object', () => ({ b: 1, a: [true, null] }), '{"b":1,"a":[true,null]}'],
  ['integer-like keys', () => ({ b: 1, 2: 'two', 1: 'one' }), '{"1":"one","2":"two","b":1}'],
  ['nested undefined', () => ({ a: undefined, b: [undefined], c: 1 }), '{"b":[null],"c":1}'],
  ['a function', () => () => 1, undefined],
  ['a symbol', () => Symbol('s'), undefined],
  ['nested functions and symbols', () => ({ f() {}, s: Symbol('s'), l: [() => 1, Symbol('s')] }), '{"l":[null,null]}'],
  ['symbol keys', () => ({ [Symbol('k')]: 1, a: 2 }), '{"a":2}'],
  ['an empty array', () => [], '[]'],
  ['a sparse array', () => [1, , 3], '[1,null,3]'], // eslint-disable-line no-sparse-arrays
  ['an array with properties', () => Object.assign([1], { extra: 2 }), '[1]'],
  ['a date', () => new Date(Date.UTC(2020, 1, 3, 4, 5, 6, 7)), '"2020-02-03T04:05:06.007Z"'],
  ['an invalid date', () => new Date(NaN), 'null'],
  ['a nested date', () => ({ at: new Date(0) }), '{"at":"1970-01-01T00:00:00.000Z"}'],
  ['toJSON', () => ({ toJSON: () => ({ replaced: true }) }), '{"replaced":true}'],
  ['toJSON returning undefined', () => ({ toJSON: () => undefined }), undefined],
  ['nested toJSON with its key', () => ({ k: { toJSON: (/** @type {string} */ key) => `key ${key}` } }), '{"k":"key k"}'],
  ['toJSON in an array with its index', () => [{ toJSON: (/** @type {string} */ key) => `key ${key}` }], '["key 0"]'],
  ['a class instance', () => new Point(1, 2), '{"x":1,"y":2}'],
  ['an object without prototype', () => Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['inherited properties', () => Object.create({ inherited: 1 }), '{}'],
  ['a Map and a Set', () => ({ m: new Map([[1, 2]]), s: new Set([1]) }), '{"m":{},"s":{}}'],
  ['a RegExp', () => /x/g, '{}'],
  ['a Buffer', () => Buffer.from('ab'), '{"type":"Buffer","data":[97,98]}'],
  ['a typed array', () => new Uint8Array([1, 2]), '{"0":1,"1":2}'],
  ['a __proto__ key', () => JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
  ['an error', () => new TypeError('no'), '{}', { error: '{"name":"TypeError","message":"no"}' }],
  [
    'an error with properties',
    () => failure({ code: 'E_NO', detail: { a: [1] }, gone: undefined }),
    '{"code":"E_NO","detail":{"a":[1]}}',
    { error: '{"name":"TypeError","message":"no","code":"E_NO","detail":{"a":[1]}}' }
  ],
  [
    'an error with its own name and message',
    () => failure({ message: 'mine', name: 'Mine' }),
    '{"name":"Mine"}', // assigning `message` does not make it enumerable
    { error: '{"name":"Mine","message":"mine"}' }
  ],
  ['an error without message', () => new Error(), '{}', { error: '{"name":"Error","message":""}' }],
  [
    'an error with toJSON',
    () => failure({ toJSON: () => 'as JSON' }),
    '"as JSON"',
    { error: '"as JSON"' }
  ],
  ['an object that looks like an error', () => ({ name: 'N', message: 'M' }), '{"name":"N","message":"M"}'],
  ['a nested error', () => ({ cause: failure({ code: 1 }) }), '{"cause":{"code":1}}'],
  ['a long string', () => 'x'.repeat(70000), `"${'x'.repeat(70000)}"`],
  ['a long string of three-byte letters', () => '\u4f60'.repeat(30000), `"${'\u4f60'.repeat(30000)}"`],
  ['a string of 125 bytes with its envelope', () => 'x'.repeat(90), `"${'x'.repeat(90)}"`]
];

/** `"key":value,` or nothing. @param {string} key @param {string | undefined} text */
const field = (key, text) => (text === undefined ? '' : `,"${key}":${text}`);

/** @type {import('../helpers/contract').Case[]} */
const cases = VALUES.map(([name, make, text, { error = text } = {}]) => ({
  name,
  run: async (context) => {
    const target = await context.serve();
    target.server.once('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => handshake.resolve(make()));
    const { client, connection, response } = await context.connect(target);
    connection.on('resolve', (/** @type {any} */ message) => message.resolve(make()));
    connection.on('reject', (/** @type {any} */ message) => message.reject(make()));
    const resolved = await client.request('resolve', null, '1');
    const rejected = await client.request('reject', null, '2');
    connection.send('ask', make()).catch(() => {});
    const asked = await client.message();
    connection.sendWithoutResponse('note', make());
    const note = await client.message();
    target.server.broadcast('all', make());
    const all = await client.message();
    return {
      handshake: normalise(response.text),
      resolve: resolved.text,
      reject: rejected.text,
      send: anonymous(asked),
      sendWithoutResponse: note.text,
      broadcast: all.text
    };
  },
  expected: {
    handshake: `{"n":"_r","p":{${field('payload', text).slice(1)}${text === undefined ? '' : ','}"id":"<id>"},"i":"hs","e":null}`,
    resolve: `{"n":"_r"${field('p', text)},"i":"1","e":null}`,
    reject: `{"n":"_r","i":"2"${field('e', error)}}`,
    send: `{"n":"ask"${field('p', text)},"i":"<id>"}`,
    sendWithoutResponse: `{"n":"note"${field('p', text)}}`,
    broadcast: `{"n":"all"${field('p', text)}}`
  }
}));

/** @returns {any} */
function circular() {
  /** @type {any} */
  const value = {};
  value.self = value;
  return value;
}

const MESSAGE_REFUSED = { code: 'mInvalidJson' };
const RESPONSE_REFUSED = { code: 'mInvalidJson' };
const SEND_REFUSED = { code: 'scInvalidJson' };

/** @type {[string, () => unknown][]} */
const REFUSED = [
  ['a circular object', circular],
  ['a BigInt', () => 1n],
  ['a nested BigInt', () => ({ list: [1n] })],
  ['a toJSON that throws', () => ({ toJSON() { throw new RangeError('never'); } })],
  ['a getter that throws', () => ({ get x() { throw new RangeError('never'); } })],
  ['an error with a circular property', () => failure({ cause: circular() })]
];

for (const [name, make] of REFUSED) {
  cases.push({
    name: `${name} is refused and nothing is sent`,
    run: async (context) => {
      const { server, client, connection } = await context.pair();
      /** @type {any[]} */
      const answers = [];
      connection.on('ask', (/** @type {any} */ message) => {
        answers.push(attempt(() => message.resolve(make())), attempt(() => message.reject(make())));
        message.resolve('still open');
      });
      const response = await client.request('ask', null, '1');
      const before = client.frames.length;
      const seen = {
        answers,
        response: response.text,
        send: await outcome(connection.send('x', make())),
        sendWithoutResponse: await outcome(connection.sendWithoutResponse('x', make())),
        broadcast: attempt(() => server.broadcast('x', make())),
        sent: 0
      };
      await client.fence();
      seen.sent = client.frames.length - before - 1;
      return seen;
    },
    expected: {
      answers: [{ thrown: RESPONSE_REFUSED }, { thrown: RESPONSE_REFUSED }],
      response: '{"n":"_r","p":"still open","i":"1","e":null}',
      send: { rejected: SEND_REFUSED },
      sendWithoutResponse: { rejected: SEND_REFUSED },
      broadcast: { thrown: MESSAGE_REFUSED },
      sent: 0
    }
  });
}

/** A value that tells under which key it was written. */
const keyed = () => ({ toJSON: (/** @type {string} */ key) => `key ${key}` });

cases.push({
  name: 'the key given to toJSON is the one of the envelope',
  run: async (context) => {
    const target = await context.serve();
    target.server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => handshake.resolve(keyed()));
    const { client, connection, response } = await context.connect(target);
    connection.on('resolve', (/** @type {any} */ message) => message.resolve(keyed()));
    connection.on('reject', (/** @type {any} */ message) => message.reject(keyed()));
    const resolved = await client.request('resolve', null, '1');
    const rejected = await client.request('reject', null, '2');
    connection.sendWithoutResponse('note', keyed());
    const note = await client.message();
    target.server.broadcast('all', keyed());
    const all = await client.message();
    return [normalise(response.text), resolved.text, rejected.text, note.text, all.text];
  },
  expected: [
    '{"n":"_r","p":{"payload":"key payload","id":"<id>"},"i":"hs","e":null}',
    '{"n":"_r","p":"key p","i":"1","e":null}',
    '{"n":"_r","i":"2","e":"key e"}',
    '{"n":"note","p":"key p"}',
    '{"n":"all","p":"key p"}'
  ]
});

cases.push({
  name: 'a library error travels without its stack',
  run: async (context) => {
    const { client, connection, server } = await context.pair();
    const LineError = server.constructor.Error;
    connection.on('ask', (/** @type {any} */ message) => message.reject(new LineError('myCode', 'my message', { a: 1 })));
    const { message } = await client.request('ask', null, '1');
    return { e: { ...message.e, stack: undefined }, leaks: 'stack' in message.e };
  },
  original: {
    e: { name: 'LineError', message: 'my message', code: 'myCode', payload: { a: 1 }, stack: undefined },
    // It assigns `stack`, which newer versions of V8 do not make an enumerable property of.
    leaks: Object.keys(Object.assign(Object.create(new Error()), { stack: '' })).includes('stack')
  },
  ours: {
    e: { name: 'LineError', message: 'my message', code: 'myCode', payload: { a: 1 }, stack: undefined },
    leaks: false
  }
});

contract('payload bytes', cases);
