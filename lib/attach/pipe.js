// @ts-check
'use strict';

const { clearTimeout, nextTick, setTimer } = require('../runtime/environment.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */
/** @typedef {import('node:stream').Duplex} Duplex */

/** Milliseconds that an ended stream has to write its last bytes, when its peer does not read. */
const LINGER = 5000;

/** Methods by which another listener of the same upgrade could refuse it. */
const REFUSING = ['write', 'end', 'destroy'];

/**
 * Lets the other listeners of the same upgrade write nothing to a stream, and not close it, as with a descriptor that the
 * io thread has taken over: a server of `ws` answers 400 on every path that is not its own.
 * @param {any} stream
 */
function shield(stream) {
  const own = REFUSING.map((name) => /** @type {const} */ ([name, Object.getOwnPropertyDescriptor(stream, name)]));
  const ignore = { end: () => stream, destroy: () => stream, write: () => true };
  Object.assign(stream, ignore);
  // The other listeners run in this turn.
  nextTick(() => {
    for (const [name, descriptor] of own) {
      if (descriptor === undefined) delete stream[name];
      else Object.defineProperty(stream, name, descriptor);
    }
  });
}

/**
 * Carries bytes between a stream of Node and the io thread, where the descriptor cannot be handed over.
 * Back-pressure works in both directions.
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
    shield(stream);
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

  /** Called when there are bytes to write, or the stream is to be ended. */
  onOutput() {
    const bytes = this.#native.takePiped(this.#key);
    if (bytes === undefined) return;
    if (bytes === null) {
      this.#stream.end();
      return;
    }
    this.#stream.write(bytes, () => this.#native.writtenPiped(this.#key, bytes.length));
    // More bytes or the end may follow.
    this.onOutput();
  }

  /** Called when the io thread reads again. */
  onRoom() {
    this.#stream.resume();
  }

  /**
   * Called when the io thread is done with the stream: its last bytes are written, and it is closed.
   * @param {() => void} onDone Called when the stream has written them, or is closed.
   */
  onReleased(onDone) {
    const stream = this.#stream;
    this.onOutput();
    this.#native.forgetPiped(this.#key);
    stream.off('data', this.#onData);
    // Errors from now on are ignored.
    if (stream.writableFinished || stream.destroyed) {
      stream.destroy();
      onDone();
      return;
    }
    stream.resume();
    const timer = setTimer(() => stream.destroy(), LINGER);
    stream.once('finish', () => {
      stream.destroy();
      onDone();
    });
    stream.once('close', () => {
      clearTimeout(timer);
      onDone();
    });
    stream.end();
  }

  /** Closes the stream at once. */
  destroy() {
    this.#stream.destroy();
  }
}

module.exports = { Pipe };
