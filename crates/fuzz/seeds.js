// @ts-check
'use strict';

/**
 * Writes the seeds: `node crates/fuzz/seeds.js`. Each is the smallest input that reaches some part of a
 * target; where fuzzing found more, add it here, so that a name says what it is for.
 */

const fs = require('node:fs');
const path = require('node:path');
const { constants, deflateRawSync } = require('node:zlib');

/** A masked frame whose key, of zeros, leaves the payload readable. */
const frame = (/** @type {number} */ first, /** @type {string | Buffer} */ payload = '') => {
  const body = Buffer.from(payload);
  const length =
    body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), body]);
};
const bytes = (/** @type {string} */ hex) => Buffer.from(hex, 'hex');

/** Sizes of messages and reads that come before the bytes of a client: see `src/codec.rs`, `src/cuts.rs`. */
const LARGE = bytes('f100');
const LARGE_IN_THREES = bytes('f10103');
const SMALL = bytes('de00');
const ONE_FRAGMENT = bytes('1500');

const codec = {
  'text': [LARGE, frame(0x81, '{"n":"echo"}')],
  'text-masked': [LARGE, bytes('818537fa213d7f9f4d5158')],
  'text-in-threes': [LARGE_IN_THREES, frame(0x81, 'h\u00e9\u20ac\u{1f600}')],
  'text-empty': [LARGE, frame(0x81)],
  'text-16-bit': [LARGE, frame(0x81, 'x'.repeat(126))],
  'text-64-bit-claimed': [LARGE, bytes('81ff000000000001000000000000')],
  'text-64-bit-not-minimal': [LARGE, bytes('81ff000000000000000500000000')],
  'text-16-bit-not-minimal': [LARGE, bytes('81fe000500000000')],
  'text-64-bit-top-bit': [LARGE, bytes('81ff800000000000000000000000')],
  'text-no-utf-8': [LARGE, frame(0x81, bytes('c0af'))],
  'text-half-a-code-point': [LARGE, frame(0x81, bytes('e282'))],
  'text-surrogate': [LARGE, frame(0x81, bytes('eda080'))],
  'binary': [LARGE, frame(0x82, bytes('00ff80'))],
  'fragments': [LARGE, frame(0x01, 'a'), frame(0x89, 'between'), frame(0x00), frame(0x80, 'b')],
  'fragments-in-a-code-point': [LARGE_IN_THREES, frame(0x01, bytes('f09f')), frame(0x80, bytes('9880'))],
  'fragments-too-many': [ONE_FRAGMENT, frame(0x02, 'a'), frame(0x00, 'b'), frame(0x80, 'c')],
  'fragments-too-long': [SMALL, frame(0x02, 'ab'), frame(0x80, 'cde')],
  'too-long': [SMALL, frame(0x82, 'abcde')],
  'continuation-of-nothing': [LARGE, frame(0x80, 'a')],
  'interrupted': [LARGE, frame(0x01, 'a'), frame(0x81, 'b')],
  'ping': [LARGE, frame(0x89, 'ping'), frame(0x8a, 'pong')],
  'ping-in-threes': [LARGE_IN_THREES, frame(0x89, 'a ping in many reads')],
  'ping-too-long': [LARGE, frame(0x89, 'x'.repeat(126))],
  'ping-fragmented': [LARGE, frame(0x09)],
  'close-empty': [LARGE, frame(0x88), frame(0x81, 'ignored')],
  'close': [LARGE_IN_THREES, frame(0x88, Buffer.concat([bytes('03e8'), Buffer.from('bye')]))],
  'close-half-a-code': [LARGE, frame(0x88, bytes('03'))],
  'close-forbidden-code': [LARGE, frame(0x88, bytes('03ed'))],
  'close-no-utf-8': [LARGE, frame(0x88, bytes('03e8ff'))],
  'reserved-bits': [LARGE, frame(0xc1, 'a')],
  'unknown-opcode': [LARGE, frame(0x83, 'a')],
  'unmasked': [LARGE, bytes('810161')],
  'half-a-header': [LARGE, bytes('81fe01')],
  'half-a-mask': [LARGE, bytes('81850102')],
  'half-a-payload': [LARGE, bytes('8185000000006162')],
};

const envelope = {
  'all': ['{"n":"echo","p":{"a":[1,true,null]},"i":"1","e":null}'],
  'spaces': ['\t{ "n" : "x" ,\r\n"p": [ 1 , { } ] , "i" : 5 } \n'],
  'name-only': ['{"n":""}'],
  'escapes': ['{"n":"\\u005fr\\n\\"\\\\\\/","i":"\\ud83d\\ude00\\ud800"}'],
  'escaped-keys': ['{"\\u006e":"x","\\u0070":1,"\\u0069":2,"\\u0065":3}'],
  'duplicate-keys': ['{"n":5,"i":null,"p":1,"n":"x","i":"b","p":2}'],
  'other-keys': ['{"":1,"nn":2,"\\ud800":3,"__proto__":{"n":5},"\u00e9":6,"n":"x"}'],
  'long-strings': [`{"n":"${'x'.repeat(70)}","p":"${'y'.repeat(40)}\\n${'z'.repeat(40)}"}`],
  'numbers': ['{"n":"x","p":[0,-0,1.5,-1e-7,1E+400,12345678901234567890,5e-324]}'],
  'id-number': ['{"n":"x","i":-1.50}'],
  'id-infinite': ['{"n":"x","i":1e999}'],
  'id-zero': ['{"n":"_p","i":0e5}'],
  'id-tie': ['{"n":"_p","i":9007199254740992.5}'],
  'error-zero': ['{"n":"_r","i":"1","e":-0.0}'],
  'error-object': ['{"n":"_r","i":"1","e":{"name":"N","message":"M"}}'],
  'stringified': ['{"n":"echo","p":{"a":"\u00e9"},"i":"1"}'],
  'stringified-number': [JSON.stringify({ n: 'n'.repeat(180), p: ['}', '","i":"2"'], i: 17 })],
  'stringified-long': [`{"n":"echo","p":"${'x'.repeat(300)}","i":"${'i'.repeat(60)}"}`],
  'no-object': [' ["n"] '],
  'no-name': ['{"p":1}'],
  'name-no-string': ['{"n":["x"]}'],
  'id-null': ['{"n":"x","i":null}'],
  'depth-allowed': [`{"n":"x","p":${'['.repeat(999)}${']'.repeat(999)}}`],
  'depth-exceeded': [`{"n":"x","p":${'{"a":'.repeat(500)}${'['.repeat(500)}`],
  'depth-of-64': [`{"n":"x","p":${'[{"a":'.repeat(32)}1${'}]'.repeat(32)}}`],
  'trailing-comma': ['{"n":"x",}'],
  'cut': ['{"n":"x","p":{"a":[1'],
  'two-values': ['{"n":"x"}{}'],
  'no-quotes': ['{n:"x"}'],
  'control-character': ['{"n":"a\u001fb"}'],
  'leading-zero': ['{"n":"x","p":01}'],
  'half-a-literal': ['{"n":"x","p":tru}'],
  'byte-order-mark': ['\ufeff{"n":"x"}'],
  'no-utf-8': [Buffer.from([0x7b, 0xff, 0x7d])],
  'wide': [`{"n":"x","p":[${'{"id":1,"name":"abc"},'.repeat(20)}{}]}`],
};

/** A message as permessage-deflate has it. */
const deflate = (/** @type {string | Buffer} */ message, level = 6) =>
  deflateRawSync(message, { level, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

/** What is done and with which parameters, and reads: see `src/inflate.rs`, `src/cuts.rs`. */
const INFLATE = bytes('0e00');
const INFLATE_IN_THREES = bytes('0e0103');
const INFLATE_WITH_CONTEXT = bytes('0f0101');
const COMPRESS = bytes('1e0700');
const COMPRESS_WITH_CONTEXT = bytes('131d0105');
const DECODE = bytes('2e');
const DECODE_WITH_CONTEXT = bytes('2f');
const NEGOTIATE = bytes('3e');
const NEGOTIATE_WITH_CONTEXT = bytes('35');

const TEXT = '{"n":"news","p":["some words","some words again"]}'.repeat(8);

const inflate = {
  'fixed': [INFLATE, bytes('f248cdc9c90700')],
  'fixed-with-context': [INFLATE_WITH_CONTEXT, bytes('f248cdc9c90700')],
  'reference-to-before': [INFLATE, bytes('f200110000')],
  'stored': [INFLATE_IN_THREES, bytes('000500faff48656c6c6f00')],
  'two-blocks': [INFLATE_IN_THREES, bytes('f24805000000ffffcac9c90700')],
  'final': [INFLATE, bytes('f348cdc9c9070000')],
  'final-alone': [INFLATE_WITH_CONTEXT, bytes('f348cdc9c90700')],
  'final-then-more': [INFLATE, bytes('0300f248cdc9c90700')],
  'empty': [INFLATE, bytes('00')],
  'nothing': [INFLATE],
  'dynamic': [INFLATE_IN_THREES, deflate(TEXT, 9)],
  'dynamic-cut': [INFLATE, deflate(TEXT, 9).subarray(0, 30)],
  'bomb': [INFLATE, deflate(Buffer.alloc(70000))],
  'no-such-block': [INFLATE, bytes('07')],
  'blocks-of-nothing': [INFLATE, bytes('000000ffff'.repeat(9)), bytes('00')],
  'compress': [COMPRESS, TEXT],
  'compress-with-context': [COMPRESS_WITH_CONTEXT, TEXT],
  'compress-nothing': [COMPRESS],
  'decode': [DECODE, frame(0xc1, deflate('{"n":"echo"}'))],
  'decode-fragments': [DECODE, frame(0x41, bytes('f2')), frame(0x89, 'p'), frame(0x80, bytes('48cdc9c90700'))],
  'decode-twice': [DECODE_WITH_CONTEXT, frame(0xc1, bytes('f248cdc9c90700')), frame(0xc2, bytes('f200110000'))],
  'decode-plain-between': [DECODE, frame(0xc1, bytes('f248cdc9c90700')), frame(0x81, 'plain')],
  'decode-too-large': [DECODE, frame(0xc2, deflate(Buffer.alloc(70000)))],
  'decode-no-utf-8': [DECODE, frame(0xc1, deflate(bytes('61ff')))],
  'decode-reserved-on-continuation': [DECODE, frame(0x41, bytes('f2')), frame(0xc0, bytes('48'))],
  'decode-corrupt': [DECODE, frame(0xc1, bytes('ffffff'))],
  'offer': [NEGOTIATE, 'permessage-deflate; client_max_window_bits'],
  'offers': [NEGOTIATE_WITH_CONTEXT, 'x-other; a="b", permessage-deflate; server_max_window_bits=9; client_max_window_bits=10'],
  'offer-quoted': [NEGOTIATE, 'permessage-deflate; server_max_window_bits="1\\0"'],
  'offer-declined': [NEGOTIATE, 'permessage-deflate; unknown, permessage-deflate; server_no_context_takeover'],
  'offer-malformed': [NEGOTIATE, 'permessage-deflate; ='],
};

/** Limits and reads that come before a request: see `src/upgrade.rs`, `src/cuts.rs`. */
const USUAL = bytes('0000');
const USUAL_IN_PIECES = bytes('0003011107');
const TIGHT = bytes('0800');

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const ASKS = `Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${KEY}`;
const NEW = 'Sec-WebSocket-Version: 13\r\n';
const LINE = 'GET / HTTP/1.1\r\n';

const upgrade = {
  'usual': [USUAL, `${LINE}${ASKS}${NEW}\r\n`],
  'in-pieces': [USUAL_IN_PIECES, `GET /chat?a=b#c HTTP/1.1\r\n${ASKS}${NEW}Origin: http://a\r\n\r\n\x81\x80`],
  'draft-8': [USUAL, `${LINE}${ASKS}Sec-WebSocket-Version: 8\r\nSec-WebSocket-Origin: http://a\r\n\r\n`],
  'protocols': [USUAL, `${LINE}${ASKS}${NEW}Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n\r\n`],
  'absolute-target': [USUAL, `GET http://a/b?c HTTP/1.1\r\n${ASKS}${NEW}\r\n`],
  'connection-list': [USUAL, `${LINE}${ASKS.replace('Upgrade\r\n', 'keep-alive, Upgrade\r\n')}${NEW}\r\n`],
  'plain': [USUAL, 'GET /health HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n'],
  'head': [USUAL, 'HEAD / HTTP/1.1\r\n\r\n'],
  'post': [USUAL, `POST / HTTP/1.1\r\n${ASKS}${NEW}Content-Length: 5\r\n\r\nhello`],
  'body': [USUAL, `${LINE}${ASKS}${NEW}Transfer-Encoding: chunked\r\n\r\n`],
  'two-keys': [USUAL, `${LINE}${ASKS}${KEY}${NEW}\r\n`],
  'no-key': [USUAL, `${LINE}Connection: upgrade\r\nUpgrade: WebSocket\r\n${NEW}\r\n`],
  'http-1.0': [USUAL, `GET / HTTP/1.0\r\n${ASKS}${NEW}\r\n`],
  'http-2': [USUAL, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  'empty-lines-before': [USUAL, `\r\n\r\n${LINE}\r\n`],
  'bare-line-feed': [USUAL, 'GET / HTTP/1.1\nHost: a\n\n'],
  'folded': [USUAL, `${LINE}Host: a\r\n b\r\n\r\n`],
  'no-colon': [USUAL, `${LINE}nonsense\r\n\r\n`],
  'space-before-colon': [USUAL, `${LINE}Host : a\r\n\r\n`],
  'nul-in-value': [USUAL, `${LINE}Host: a\0b\r\n\r\n`],
  'high-bytes-in-value': [USUAL, Buffer.from(`${LINE}X: caf\u00e9\r\n\r\n`, 'latin1')],
  'tls-hello': [USUAL, bytes('16030100a5010000a10303')],
  'too-many-headers': [TIGHT, `${LINE}a: b\r\nc: d\r\n\r\n`],
  'too-long': [TIGHT, `GET /${'a'.repeat(130)} HTTP/1.1\r\n\r\n`],
  'cut': [USUAL_IN_PIECES, `${LINE}Host: a\r\nUpg`],
};

/** Channels of `src/cluster.rs`, as their first byte. */
const NEWS = 0;
const KEPT = 1;
const EVERYONE = 2;
const NODES = 3;
const NODE = 4;
const OTHER = 5;
const HISTORY = 6;

/** The last message of an input: as long as it gets. @param {number} channel @param {...(string | Buffer)} parts */
const last = (channel, ...parts) => [Buffer.from([channel, 255]), ...parts];
/** One that others follow: in tens of bytes, by spaces at its end. @param {number} channel @param {string} text */
const first = (channel, text) => {
  const tens = Math.ceil(text.length / 10);
  return Buffer.from(`${String.fromCharCode(channel, tens)}${text.padEnd(10 * tens)}`, 'latin1');
};
/** A message of another node. @param {number} kind @param {number} flags @param {number} sequence */
const header = (kind, flags, sequence) => bytes(`01${[kind, flags].map((byte) => byte.toString(16).padStart(2, '0')).join('')}0200000000000001${sequence.toString(16).padStart(8, '0')}`);
const BROADCAST = header(1, 0, 1);
const SAID = '{"n":"said","p":1}';
const BEAT = '{"beat":{"name":"x","pid":1,"version":"1.0.0","connections":1,"rooms":1,"hello":true,"sent":1}}';
/** @param {object} what */
const ask = (what) => last(NODE, header(3, 0, 2), JSON.stringify({ ask: { key: 1, what, timeout: 1 } }));
/** @param {number} channel @param {unknown} control */
const control = (channel, control) => last(channel, header(3, 0, 2), JSON.stringify(control));
const whom = { rooms: ['news'], except: ['b'] };

const cluster = {
  'broadcast': last(NEWS, BROADCAST, SAID),
  'broadcast-to-everyone': last(EVERYONE, BROADCAST, SAID),
  'broadcast-with-fields': last(NEWS, header(1, 15, 1), bytes('00010004'), 'news', bytes('0001000161'), bytes('000100046b657074'), bytes('000164'), SAID),
  'broadcast-with-empty-lists': last(NEWS, header(1, 7, 1), bytes('000000000000'), SAID),
  'broadcast-with-too-many': last(NEWS, header(1, 1, 1), bytes('ffff00016100'), SAID),
  'broadcast-cut': last(NEWS, bytes('01010002')),
  'broadcast-no-envelope': last(NEWS, BROADCAST, '{"p":1}'),
  'broadcast-no-utf-8': last(NEWS, BROADCAST, bytes('7bff7d')),
  'unknown-version': last(NEWS, bytes('02'), SAID),
  'unknown-kind': last(NEWS, header(9, 0, 1), SAID),
  'unknown-flag': last(NEWS, header(1, 128, 1), SAID),
  'foreign': last(NEWS, SAID),
  'foreign-reserved': last(NEWS, '{"n":"_h"}'),
  'foreign-with-id': last(EVERYONE, '{"n":"said","i":"1"}'),
  'foreign-for-nodes': last(NODES, SAID),
  'other-channel': last(OTHER, 'line:r:', SAID),
  'kept': last(KEPT, bytes('010205'), '1:1:0', SAID),
  'kept-by-a-node': last(KEPT, bytes('010205'), '1:1:0', BROADCAST, SAID),
  'kept-ahead': last(KEPT, bytes('010205'), '1:9:1', SAID),
  'kept-of-another-epoch': last(KEPT, bytes('010205'), 'z:1:0', SAID),
  'kept-no-message': last(KEPT, bytes('010205'), '1:1:0', 'x'),
  'kept-no-position': last(KEPT, bytes('010203'), '1:x', SAID),
  'kept-longest-position': last(KEPT, bytes('010227'), '3w5e11264sgsf:18446744073709551615:ffff', SAID),
  'kept-in-a-plain-room': last(NEWS, bytes('010205'), '1:1:0', SAID),
  'history': [first(HISTORY, SAID), first(HISTORY, SAID), ...last(KEPT, bytes('010205'), '1:3:0', SAID)],
  'history-with-gaps': [first(HISTORY + 8, SAID), first(HISTORY + 16, SAID), ...last(KEPT, bytes('010205'), '1:5:0', SAID)],
  'history-of-another-epoch': [first(HISTORY + 128, SAID), ...last(KEPT, bytes('010205'), '1:2:0', SAID)],
  'history-of-garbage': [first(HISTORY, 'garbage'), ...last(KEPT, bytes('010205'), '1:3:0', SAID)],
  'beat': last(NODES, header(3, 0, 1), BEAT),
  'bye': [Buffer.from([NODES, 11]), header(3, 0, 1), BEAT.padEnd(95), ...control(NODES, { bye: {} })],
  'count': ask({ count: { whom } }),
  'fetch': ask({ fetch: { whom: {}, limit: 10 } }),
  'fetch-all': ask({ fetch: { whom: { ids: ['a', 'x'] }, limit: Number.MAX_SAFE_INTEGER } }),
  'close': ask({ close: { whom: { ids: ['a'] }, code: 4000, reason: 'bye' } }),
  'close-forbidden-code': ask({ close: { whom: { ids: ['a'] }, code: 0, reason: 'x'.repeat(200) } }),
  'join': ask({ join: { whom, room: 'other' } }),
  'leave': ask({ leave: { whom, room: 'news' } }),
  'tell': ask({ tell: { whom, message: { n: 'said' } } }),
  'tell-no-envelope': ask({ tell: { whom, message: [] } }),
  'send': ask({ send: { whom, message: { n: 'said', i: 'x' }, atLeast: 1 } }),
  'end': ask({ end: {} }),
  'claim': ask({ claim: { id: 'a', takeOver: true } }),
  'message': ask({ message: { message: { n: 'said', p: 1 } } }),
  'note': ask({ note: { message: { n: 'said', p: 1 } } }),
  'ask-unknown': ask({ later: {} }),
  'answer': control(NODE, { answer: { key: 1, with: { count: 5, values: [['a', 1]], bare: ['b'], silent: ['c'] } } }),
  'present': control(NODES, { present: { room: 'news', seq: 1, set: [['x', { a: 1 }]], gone: ['y'] } }),
  'who-is': control(NODES, { whoIs: { rooms: ['news'] } }),
  'here': control(NODE, { here: { present: { room: 'news', seq: 1, set: [['x', null]] }, first: true, more: true } }),
  'control-unknown': control(NODES, { later: {} }),
};

for (const [target, seeds] of Object.entries({ cluster, codec, envelope, inflate, upgrade })) {
  const folder = path.join(__dirname, 'seeds', target);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, parts] of Object.entries(seeds)) {
    fs.writeFileSync(path.join(folder, name), Buffer.concat(parts.map((part) => Buffer.from(part))));
  }
}
