// @ts-check
'use strict';

/** Bytes that break RFC 6455, with the close code each must be answered with (section 7.4.1). */

const { Opcode, encodeFrame, closePayload } = require('../helpers/frames');
const { MAX_PAYLOAD } = require('./arena');

/**
 * @typedef {object} Violation
 * @property {string} name
 * @property {Buffer} bytes
 * @property {1002 | 1007 | 1009} code
 */

/** @type {Violation[]} */
const VIOLATIONS = [];

/** @param {1002 | 1007 | 1009} code @param {string} name @param {Buffer[]} frames */
function violation(code, name, ...frames) {
  VIOLATIONS.push({ name, bytes: Buffer.concat(frames), code });
}

const frame = encodeFrame;
const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
/** @type {[string, number][]} */
const CONTROL = [['close', CLOSE], ['ping', PING], ['pong', PONG]];
const VALID = '{"n":"echo","p":1,"i":"1"}';

// Section 5.2: reserved bits, without an extension that gives them a meaning.
for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
  violation(1002, `reserved bits ${rsv} in a text frame`, frame({ rsv, payload: VALID }));
}
for (const [name, opcode] of CONTROL) {
  for (const rsv of [1, 4]) violation(1002, `reserved bits ${rsv} in a ${name} frame`, frame({ rsv, opcode }));
}
violation(1002, 'RSV1 in a continuation', frame({ fin: false, payload: '{' }), frame({ opcode: CONTINUATION, rsv: 4, payload: '}' }));

// Section 5.2: reserved opcodes.
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  violation(1002, `opcode ${opcode}`, frame({ opcode, payload: VALID }));
  violation(1002, `opcode ${opcode} without FIN and payload`, frame({ opcode, fin: false }));
}

// Section 5.1: a client must mask every frame.
for (const [name, opcode] of [['text', TEXT], ['binary', BINARY], ...CONTROL]) {
  violation(1002, `an unmasked ${name} frame`, frame({ opcode: Number(opcode), mask: false, payload: opcode === CLOSE ? closePayload(1000) : VALID }));
  violation(1002, `an unmasked empty ${name} frame`, frame({ opcode: Number(opcode), mask: false }));
}
violation(1002, 'an unmasked continuation', frame({ fin: false, payload: '{' }), frame({ opcode: CONTINUATION, mask: false, payload: '}' }));

// Section 5.5: control frames are not fragmented and carry at most 125 bytes.
for (const [name, opcode] of CONTROL) {
  violation(1002, `a fragmented ${name} frame`, frame({ opcode, fin: false }));
  violation(1002, `a ${name} frame of 126 bytes`, frame({ opcode, payload: Buffer.alloc(126, 3) }));
  violation(1002, `a ${name} frame of 65536 bytes`, frame({ opcode, payload: Buffer.alloc(65536, 3) }));
  violation(1002, `a ${name} frame that claims 4 GiB`, frame({ opcode, lengthBits: 64, claim: 1n << 32n }));
}

// Section 5.4: fragmentation.
violation(1002, 'a continuation of nothing', frame({ opcode: CONTINUATION, payload: VALID }));
violation(1002, 'an empty continuation of nothing', frame({ opcode: CONTINUATION }));
violation(1002, 'a continuation of nothing without FIN', frame({ opcode: CONTINUATION, fin: false, payload: VALID }));
violation(1002, 'a continuation after a whole message', frame({ payload: '1' }), frame({ opcode: CONTINUATION, payload: VALID }));
violation(1002, 'a continuation after the last one', frame({ fin: false, payload: '1' }), frame({ opcode: CONTINUATION }), frame({ opcode: CONTINUATION }));
for (const [name, opcode] of /** @type {[string, number][]} */ ([['text', TEXT], ['binary', BINARY]])) {
  violation(1002, `a ${name} frame amid a fragmented message`, frame({ fin: false, payload: '{' }), frame({ opcode, payload: VALID }));
  violation(1002, `a ${name} frame without FIN amid a fragmented message`, frame({ fin: false, payload: '{' }), frame({ opcode, fin: false, payload: VALID }));
}

// Section 5.2: the minimal number of bytes must be used for the length; the top bit must be 0.
for (const length of [0, 5, 125]) {
  violation(1002, `a length of ${length} in 16 bits`, frame({ lengthBits: 16, payload: 'x'.repeat(length) }));
}
for (const length of [0, 5, 125, 126, 65535]) {
  violation(1002, `a length of ${length} in 64 bits`, frame({ lengthBits: 64, payload: 'x'.repeat(length) }));
}
for (const [name, opcode] of CONTROL) {
  violation(1002, `a length of 5 in 16 bits in a ${name} frame`, frame({ opcode, lengthBits: 16, payload: Buffer.alloc(5, 3) }));
}
for (const claim of [1n << 63n, (1n << 63n) + 5n, (1n << 64n) - 1n]) {
  violation(1002, `a length of ${claim}`, frame({ lengthBits: 64, claim }));
}

// Section 5.5.1 and 7.4: what a close frame may carry.
violation(1002, 'a close frame of one byte', frame({ opcode: CLOSE, payload: Buffer.from([3]) }));
for (const code of [0, 1, 500, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 65535]) {
  violation(1002, `close code ${code}`, frame({ opcode: CLOSE, payload: closePayload(code, 'reason') }));
}

// Section 8.1: text is UTF-8.
/** @type {[string, number[]][]} */
const NO_UTF8 = [
  ['a lone continuation byte', [0x80]],
  ['a lone start byte', [0xe2]],
  ['a byte 0xff', [0xff]],
  ['a byte 0xfe', [0xfe]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
  ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['a sequence of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['a surrogate pair', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ['a code point beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a start byte beyond U+13FFFF', [0xf5, 0x80, 0x80, 0x80]],
  ['three bytes of four', [0xf0, 0x9f, 0x98]],
  ['a broken third byte', [0xe2, 0x82, 0x28]]
];
for (const [name, bytes] of NO_UTF8) {
  const text = Buffer.concat([Buffer.from('{"n":"echo","p":"'), Buffer.from(bytes), Buffer.from('"}')]);
  violation(1007, `${name} in a text`, frame({ payload: text }));
  violation(1007, `${name} at the end of a text`, frame({ payload: Buffer.from([0x22, ...bytes]) }));
  violation(1007, `${name} in a fragment`, frame({ fin: false, payload: text.subarray(0, 18) }), frame({ opcode: CONTINUATION, payload: text.subarray(18) }));
  violation(1007, `${name} in the reason of a close frame`, frame({ opcode: CLOSE, payload: closePayload(1000, Buffer.from(bytes)) }));
}

// Contract section 2: maxPayload, found in what the header claims, before the bytes come.
for (const claim of [BigInt(MAX_PAYLOAD) + 1n, 1n << 24n, 1n << 31n, 1n << 32n, 1n << 40n, 1n << 53n, (1n << 63n) - 1n]) {
  violation(1009, `a text that claims ${claim} bytes`, frame({ lengthBits: 64, claim }));
  violation(1009, `a binary that claims ${claim} bytes`, frame({ opcode: BINARY, fin: false, lengthBits: 64, claim }));
}
violation(1009, 'a message one byte too long', frame({ payload: ' '.repeat(MAX_PAYLOAD + 1) }));
violation(1009, 'fragments that are too long together', frame({ fin: false, payload: ' '.repeat(MAX_PAYLOAD) }), frame({ opcode: CONTINUATION, payload: ' ' }));
violation(1009, 'a fragment that claims the rest and one byte', frame({ fin: false, payload: '{' }), frame({ opcode: CONTINUATION, claim: BigInt(MAX_PAYLOAD) }));

module.exports = { VIOLATIONS };
