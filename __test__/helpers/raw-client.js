// @ts-check
'use strict';

/**
 * A WebSocket client for tests, on `node:net` alone: it sends any bytes, valid or not, and keeps every frame that
 * it receives.
 */

const net = require('node:net');
const tls = require('node:tls');
const { EventEmitter } = require('node:events');
const { Opcode, encodeFrame, closePayload, FrameReader } = require('./frames');
const { upgradeRequest, statusOf } = require('./raw-http');
const { within } = require('./timing');

/** @typedef {import('./frames').Frame} Frame */
/** @typedef {import('./frames').FrameFields} FrameFields */

/**
 * Ends a connection with RST, once the end of its side is sent if that is under way: Node reports EINVAL for a socket that is
 * reset meanwhile, and leaves it open, out of reach. Node resets no socket of TLS: those are closed at once.
 * @param {net.Socket} socket
 */
function reset(socket) {
  if (socket instanceof tls.TLSSocket) socket.destroy();
  else if (socket.writableEnded && !socket.writableFinished && !socket.destroyed) socket.once('finish', () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/**
 * @typedef {object} Ending how a connection ended, as this client saw it
 * @property {number | null} code of the close frame received; null without one, 1005 when it was empty
 * @property {string} reason
 * @property {boolean} reset the connection was reset rather than ended
 */

class RawClient extends EventEmitter {
  /**
   * Opens a connection and upgrades it.
   *
   * @param {object} options
   * @param {number} options.port
   * @param {string} [options.path]
   * @param {Record<string, string | null>} [options.headers]
   * @param {Buffer} [options.head] bytes sent in the same write as the request
   * @param {import('node:tls').ConnectionOptions} [options.tls] connects by TLS, with these options
   * @returns {Promise<RawClient>} rejects with the answer (`error.answer`) when it is not a 101
   */
  static async open({ port, path, headers, head = Buffer.alloc(0), tls: secure }) {
    const to = { port, host: '127.0.0.1', noDelay: true };
    const socket = secure ? tls.connect({ ...to, ...secure }) : net.connect(to);
    const client = new RawClient(socket);
    socket.write(Buffer.concat([Buffer.from(upgradeRequest({ path, headers })), head]));
    await within(client.upgraded, 'answer to the upgrade');
    return client;
  }

  /** @param {net.Socket} socket */
  constructor(socket) {
    super();
    this.socket = socket;
    /** @type {Frame[]} every frame received, in order */
    this.frames = [];
    /** The answer to the upgrade, head only, without the empty line. */
    this.head = '';
    /** Answer a close frame with the same one, as RFC 6455 section 5.5.1 asks. */
    this.answersClose = true;
    /** @private */
    this.cursor = 0;
    /** @private */
    this.requests = 0;
    /** @private */
    this.closeSent = false;
    /** @private */
    this.wasReset = false;
    /** @private */
    this.reader = new FrameReader();
    /** @type {Promise<Ending>} */
    this.ended = new Promise((resolve) => {
      socket.on('close', () => resolve(this.ending()));
    });
    socket.on('error', () => (this.wasReset = true));
    socket.on('close', () => this.emit('frame'));
    this.upgraded = this.readHead();
    // A client that is closed before a test awaits it must not fail the test run.
    this.upgraded.catch(() => {});
  }

  /**
   * @private
   * @returns {Promise<void>}
   */
  readHead() {
    return new Promise((resolve, reject) => {
      let answer = Buffer.alloc(0);
      const fail = () => {
        const text = answer.toString('latin1');
        reject(Object.assign(new Error(`not upgraded: ${text || 'no answer'}`), { answer: text, status: statusOf(text) }));
      };
      this.socket.once('close', fail);
      /** @param {Buffer} data */
      const onData = (data) => {
        answer = Buffer.concat([answer, data]);
        const split = answer.indexOf('\r\n\r\n');
        if (split < 0 || statusOf(answer.toString('latin1')) !== 101) return;
        this.socket.off('data', onData);
        this.socket.off('close', fail);
        this.head = answer.toString('latin1', 0, split);
        this.socket.on('data', (bytes) => this.receive(bytes));
        this.receive(answer.subarray(split + 4));
        resolve();
      };
      this.socket.on('data', onData);
    });
  }

  /**
   * @private
   * @param {Buffer} bytes
   */
  receive(bytes) {
    for (const frame of this.reader.push(bytes)) {
      this.frames.push(frame);
      if (frame.opcode === Opcode.CLOSE && this.answersClose && !this.closeSent) {
        this.closeSent = true;
        this.frame({ opcode: Opcode.CLOSE, payload: frame.payload });
      }
      this.emit('frame', frame);
    }
  }

  /**
   * @private
   * @returns {Ending}
   */
  ending() {
    const close = this.frames.find((frame) => frame.opcode === Opcode.CLOSE);
    return {
      code: close ? (close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005) : null,
      reason: close ? close.payload.toString('utf8', 2) : '',
      reset: this.wasReset
    };
  }

  /** The texts of all data frames received so far. */
  get texts() {
    return this.frames.filter((frame) => frame.opcode <= Opcode.BINARY).map((frame) => frame.text);
  }

  /** @param {Buffer | string} bytes sent as they are */
  send(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** @param {FrameFields} fields */
  frame(fields) {
    this.send(encodeFrame(fields));
  }

  /** @param {string | Buffer} text */
  text(text) {
    this.frame({ payload: text });
  }

  /** @param {unknown} value sent as JSON in a text frame */
  json(value) {
    this.text(JSON.stringify(value));
  }

  /**
   * Sends a close frame.
   *
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    this.closeSent = true;
    this.frame({ opcode: Opcode.CLOSE, payload: closePayload(code, reason) });
  }

  /** Sends FIN without a close frame. */
  end() {
    this.socket.end();
  }

  /** Sends RST. */
  reset() {
    reset(this.socket);
  }

  /**
   * The next data or control frame nobody has taken yet.
   *
   * @param {number} [ms]
   * @returns {Promise<Frame>}
   */
  async next(ms) {
    await this.until(() => this.cursor < this.frames.length, 'frame', ms);
    return this.frames[this.cursor++];
  }

  /**
   * Takes frames until one is a JSON message that satisfies `accept`.
   *
   * @param {(message: any, frame: Frame) => boolean} accept
   * @param {string} [what]
   * @returns {Promise<{text: string, message: any}>}
   */
  async message(accept = () => true, what = 'message') {
    for (;;) {
      await this.until(() => this.cursor < this.frames.length, what);
      const frame = this.frames[this.cursor++];
      if (frame.opcode > Opcode.BINARY) continue;
      const message = JSON.parse(frame.text);
      if (accept(message, frame)) return { text: frame.text, message };
    }
  }

  /** Waits for the close frame of the server. */
  async closeFrame() {
    await this.until(() => this.frames.some((frame) => frame.opcode === Opcode.CLOSE), 'close frame');
  }

  /**
   * @private
   * @param {() => boolean} condition
   * @param {string} what
   * @param {number} [ms]
   */
  async until(condition, what, ms) {
    if (condition()) return;
    /** @type {() => void} */
    let listener = () => {};
    const met = new Promise((resolve, reject) => {
      listener = () => {
        if (condition()) resolve(undefined);
        else if (this.socket.destroyed) reject(new Error(`connection ended, no ${what}; got ${this.frames.length} frames`));
      };
      this.on('frame', listener);
      listener();
    });
    await within(met, what, ms).finally(() => this.off('frame', listener));
  }

  /**
   * Sends a message with an id and waits for its response.
   *
   * @param {string} name
   * @param {unknown} [payload]
   * @param {string} [id] default a fresh one
   * @returns {Promise<{text: string, message: any}>}
   */
  request(name, payload, id = `r${++this.requests}`) {
    this.json({ n: name, p: payload, i: id });
    return this.message((message) => message.n === '_r' && message.i === id, `response to ${name}`);
  }

  /**
   * @param {unknown} [payload]
   * @returns {Promise<{text: string, message: any}>} the response to `_h`
   */
  handshake(payload) {
    return this.request('_h', payload, 'hs');
  }

  /**
   * Waits until the server has handled everything sent before: messages are handled in order,
   * and `_p` is always answered.
   */
  async fence() {
    await this.request('_p', undefined, `fence${++this.requests}`);
  }

  /**
   * @param {number} [ms]
   * @returns {Promise<Ending>}
   */
  closed(ms) {
    return within(this.ended, 'end of the connection', ms);
  }

  destroy() {
    this.socket.destroy();
  }
}

module.exports = { RawClient, reset };
