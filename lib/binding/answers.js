// @ts-check
'use strict';

const { ANSWER, OUTCOME } = require('./layout.js');
const { notOpen } = require('../connection/errors.js');
const { throwLater } = require('../runtime/debug.js');
const { kOnNotResponded, kSlot } = require('../symbols.js');

/** @typedef {import('../connection/receiving.js').ReceivingConnection} Connection */
/** @typedef {import('../connection/message.js').Message} Message */

/** The bits that say what the payload is. */
const FORM = (1 << ANSWER.BITS) - 1;

/** In place of an outcome: the native side has not reached the answer. */
const PENDING = -1;

/** Most answers, and most characters of payloads and ids, that wait for the native side. */
const MOST = 256;
const LENGTH = 32 * 1024;

/** Characters of the longest payload to be gathered: a longer one would be copied more often. */
const LONGEST = 2048;

/**
 * Answers that resolve messages. They are gathered and given to the native side by one call, at the latest when messages
 * are flushed. Every native function that can tell the difference is called after them: see `native.js`.
 */
class Answers {
  #native;
  #words = new Int32Array(MOST * ANSWER.WORDS);
  #text = '';
  #count = 0;
  /** The messages that are answered. @type {(Message | undefined)[]} */
  #messages = new Array(MOST).fill(undefined);
  /** Their connections. @type {(Connection | undefined)[]} */
  #connections = new Array(MOST).fill(undefined);

  /** @param {Pick<import('./native.js').NativeServer, 'respond' | 'respondAll'>} native */
  constructor(native) {
    this.#native = native;
  }

  /**
   * Adds an answer.
   * @param {Connection} connection
   * @param {Message} message
   * @param {number} form A value of `ANSWER`: what `payload` is.
   * @param {string} payload
   * @param {string} rawId
   */
  add(connection, message, form, payload, rawId) {
    const count = this.#count;
    const words = this.#words;
    const at = count * ANSWER.WORDS;
    words[at] = connection[kSlot];
    words[at + 1] = (payload.length << ANSWER.BITS) | form;
    words[at + 2] = rawId.length;
    words[at + 3] = PENDING;
    this.#text += payload + rawId;
    this.#messages[count] = message;
    this.#connections[count] = connection;
    this.#count = count + 1;
    if (this.#count === MOST || this.#text.length >= LENGTH) this.submit();
  }

  /** Gives the native side what has been gathered. */
  submit() {
    const count = this.#count;
    if (count === 0) return;
    const text = this.#text;
    this.#text = '';
    this.#count = 0;
    try {
      if (this.#native.respondAll(this.#words, text, count) > 0) this.#reportFailed(count);
    } catch (error) {
      throwLater(error);
      this.#submitApart(text, count);
    }
    for (let index = 0; index < count; index += 1) {
      this.#messages[index] = undefined;
      this.#connections[index] = undefined;
    }
  }

  /** @param {number} count */
  #reportFailed(count) {
    for (let index = 0; index < count; index += 1) {
      if (this.#words[index * ANSWER.WORDS + 3] !== OUTCOME.QUEUED) this.#report(index, notOpen());
    }
  }

  /**
   * The native side has failed. Each answer that it has not reached is queued by itself, so that the failure concerns no
   * other.
   * @param {string} text
   * @param {number} count
   */
  #submitApart(text, count) {
    let at = 0;
    for (let index = 0; index < count; index += 1) {
      const [slot, payload, length, outcome] = this.#words.subarray(index * ANSWER.WORDS);
      const json = jsonOf(payload & FORM, text.substring(at, (at += payload >> ANSWER.BITS)));
      const rawId = text.substring(at, (at += length));
      try {
        const queued = outcome === PENDING ? this.#native.respond(slot, json, rawId) : outcome;
        if (queued !== OUTCOME.QUEUED) this.#report(index, notOpen());
      } catch (error) {
        this.#report(index, error);
      }
    }
  }

  /** @param {number} index @param {unknown} cause */
  #report(index, cause) {
    const connection = /** @type {Connection} */ (this.#connections[index]);
    connection[kOnNotResponded](/** @type {Message} */ (this.#messages[index]), cause);
  }
}

/**
 * @param {number} form
 * @param {string} payload
 * @returns {string | undefined} The payload as JSON.
 */
function jsonOf(form, payload) {
  if (form === ANSWER.NONE) return undefined;
  return form === ANSWER.JSON ? payload : JSON.stringify(payload);
}

module.exports = { Answers, LONGEST };
