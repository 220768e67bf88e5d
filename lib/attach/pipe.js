// @ts-check
'use strict';

const { clearTimeout, setTimer } = require('../runtime/environment.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('node:stream').Duplex} Duplex */

/** Milliseconds an ended stream has to write what is left, when its peer does not read. */
const LINGER = 5000;

/**
 * Carries bytes between a stream of Node's and the io thread, where the descriptor cannot be handed
 * over. Each side waits when the other does not keep up.
 */
class Pipe {
  #native;
  #key;
  #stream;

  /**
   * @param {NativeServer} native
   * @param {number} key The number it was handed over with.
   * @param {Duplex & {setTimeout?: (ms: number) => void, setNoDelay?: () => void}} stream
   */
  constructor(native, key, stream) {
    this.#native = native;
    this.#key = key;
    this.#stream = stream;
    // Timeouts of the HTTP server concern requests; the line protocol has its own.
    stream.setTimeout?.(0);
    stream.setNoDelay?.();
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onGone);
    stream.on('close', this.#onGone);
    stream.resume();
  }

  /** @param {Buffer | string} chunk Text when the application has set an encoding. */
  #onData = (chunk) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, this.#stream.readableEncoding ?? 'utf8') : chunk;
    if (!this.#native.pushPiped(this.#key, bytes)) this.#stream.pause();
  };

  #onEnd = () => {
    this.#native.endPiped(this.#key, false);
  };

  #onGone = () => {
    this.#native.endPiped(this.#key, true);
  };

  /** There is something to write, or the end of it. */
  onOutput() {
    const bytes = this.#native.takePiped(this.#key);
    if (bytes === undefined) return;
    if (bytes === null) {
      this.#stream.end();
      return;
    }
    this.#stream.write(bytes, () => this.#native.writtenPiped(this.#key, bytes.length));
    // Its end may follow.
    this.onOutput();
  }

  /** The io thread reads again. */
  onRoom() {
    this.#stream.resume();
  }

  /** The io thread is done with it: what is written still leaves, and the stream is closed. */
  onReleased() {
    const stream = this.#stream;
    this.onOutput();
    this.#native.forgetPiped(this.#key);
    stream.off('data', this.#onData);
    // Errors from now on are ignored.
    if (stream.writableFinished || stream.destroyed) {
      stream.destroy();
      return;
    }
    stream.resume();
    const timer = setTimer(() => stream.destroy(), LINGER);
    stream.once('finish', () => stream.destroy());
    stream.once('close', () => clearTimeout(timer));
    stream.end();
  }
}

module.exports = { Pipe };
