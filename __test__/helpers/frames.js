// @ts-check
'use strict';

/**
 * WebSocket frames (RFC 6455 section 5.2), written by hand for the tests: `encodeFrame` can also write invalid
 * frames, which a client library would refuse to send.
 */

const { randomBytes } = require('node:crypto');

/** Opcodes of RFC 6455 section 5.2. */
const Opcode = Object.freeze({ CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 });

/**
 * @typedef {object} FrameFields
 * @property {number} [opcode] 0 to 15, default text
 * @property {boolean} [fin] last frame of its message, default true
 * @property {number} [rsv] the three reserved bits as a number, RSV1 = 4, RSV2 = 2, RSV3 = 1; default 0
 * @property {boolean} [mask] mask the payload as a client must, default true
 * @property {Buffer | string} [payload] default empty
 * @property {'auto' | 7 | 16 | 64} [lengthBits] width of the length field, default the shortest
 * @property {bigint} [claim] the length to write, default the real one: a lie for hostile cases
 */

/**
 * @typedef {object} Frame
 * @property {number} opcode
 * @property {boolean} fin
 * @property {number} rsv
 * @property {boolean} masked
 * @property {Buffer} payload unmasked
 * @property {string} text the payload as UTF-8
 */

/**
 * Writes one frame.
 *
 * @param {FrameFields} fields
 * @returns {Buffer}
 */
function encodeFrame(fields) {
  const { opcode = Opcode.TEXT, fin = true, rsv = 0, mask = true, lengthBits = 'auto' } = fields;
  const payload = Buffer.from(fields.payload ?? '');
  const length = fields.claim ?? BigInt(payload.length);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const head = Buffer.concat([Buffer.from([first]), encodeLength(length, lengthBits, mask)]);
  if (!mask) return Buffer.concat([head, payload]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, applyMask(payload, key)]);
}

/**
 * @param {bigint} length
 * @param {'auto' | 7 | 16 | 64} bits
 * @param {boolean} mask
 */
function encodeLength(length, bits, mask) {
  const flag = mask ? 0x80 : 0;
  const width = bits !== 'auto' ? bits : length < 126n ? 7 : length < 65536n ? 16 : 64;
  if (width === 7) return Buffer.from([flag | Number(length)]);
  const field = Buffer.alloc(width === 16 ? 3 : 9);
  field[0] = flag | (width === 16 ? 126 : 127);
  if (width === 16) field.writeUInt16BE(Number(length), 1);
  else field.writeBigUInt64BE(length, 1);
  return field;
}

/**
 * @param {Buffer} payload
 * @param {Buffer} key four bytes
 */
function applyMask(payload, key) {
  const out = Buffer.from(payload);
  for (let i = 0; i < out.length; i++) out[i] ^= key[i & 3];
  return out;
}

/**
 * The payload of a close frame (RFC 6455 section 5.5.1).
 *
 * @param {number} [code] absent: an empty payload
 * @param {string | Buffer} [reason]
 */
function closePayload(code, reason = '') {
  if (code === undefined) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** Cuts a byte stream into frames. */
class FrameReader {
  constructor() {
    /** Bytes of a frame that is not complete yet. */
    this.buffer = Buffer.alloc(0);
  }

  /**
   * @param {Buffer} bytes
   * @returns {Frame[]} the frames these bytes completed
   */
  push(bytes) {
    this.buffer = this.buffer.length ? Buffer.concat([this.buffer, bytes]) : bytes;
    /** @type {Frame[]} */
    const frames = [];
    for (let frame = this.cut(); frame; frame = this.cut()) frames.push(frame);
    return frames;
  }

  /**
   * @private
   * @returns {Frame | null}
   */
  cut() {
    const data = this.buffer;
    if (data.length < 2) return null;
    const masked = (data[1] & 0x80) !== 0;
    let length = data[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (data.length < 4) return null;
      length = data.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (data.length < 10) return null;
      length = Number(data.readBigUInt64BE(2));
      at = 10;
    }
    const keyAt = at;
    if (masked) at += 4;
    if (data.length < at + length) return null;
    const raw = data.subarray(at, at + length);
    const payload = masked ? applyMask(raw, data.subarray(keyAt, keyAt + 4)) : Buffer.from(raw);
    this.buffer = data.subarray(at + length);
    return {
      opcode: data[0] & 0x0f,
      fin: (data[0] & 0x80) !== 0,
      rsv: (data[0] >> 4) & 7,
      masked,
      payload,
      text: payload.toString()
    };
  }
}

module.exports = { Opcode, encodeFrame, closePayload, FrameReader };
