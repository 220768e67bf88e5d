// @ts-check
'use strict';

const { KIND, NONE, SIZE } = require('./layout.js');
const { throwLater } = require('../runtime/debug.js');

/** Index of the header's integer that says whether more events wait. */
const MORE = 2;

/**
 * A text of a message, as the native side gives it. A large one is UTF-8, of which a string is made only when a handler
 * asks for it: that takes 5 ms for each MiB that is not ASCII, whoever has sent it.
 * @typedef {string | Buffer} RawText
 */

/** The number of a string that is not there, as a field. */
const UNREAD = -6;

/** @type {RawText[]} */
const NO_STRINGS = [];

/**
 * One event.
 * @typedef {object} NativeEvent
 * @property {number} kind
 * @property {number} slot
 * @property {number} interned Number of the name; 0 when it is not interned.
 * @property {RawText | undefined} name As it stood in the JSON, without its quotes.
 * @property {RawText | undefined} id Raw JSON.
 * @property {RawText | undefined} payload Raw JSON.
 * @property {RawText | undefined} error Raw JSON.
 * @property {number} number
 * @property {boolean} isWhole Whether all of its texts are there.
 */

/** A batch of events in the order they came, from `take` of the native side (`crates/core/src/hub/batch.rs`). */
class Batch {
  #text = '';
  #strings = /** @type {readonly (RawText | undefined)[]} */ (NO_STRINGS);
  /** Where the text of the next event begins. */
  #at = 0;
  #next = 0;
  #count = 0;

  /** @param {number} [events] Most that it may hold. */
  constructor(events = SIZE.EVENTS) {
    this.words = new Int32Array(SIZE.HEADER + events * SIZE.RECORD);
    /** Whether all texts of the event begun last are there, of those that were asked for. */
    this.isWhole = true;
  }

  /** Whether it has unread events. */
  get isOpen() {
    return this.#next < this.#count;
  }

  /** Whether the native side had more events when this batch was taken. */
  get saysMore() {
    return this.words[MORE] !== 0;
  }

  /**
   * Begins to read the events that the words describe.
   * @param {string} text
   * @param {import('./native.js').NativeServer} native
   */
  begin(text, native) {
    this.#text = text;
    this.#at = 0;
    this.#next = 0;
    this.#count = this.words[0];
    this.#strings = this.words[1] > 0 ? stringsOf(native) : NO_STRINGS;
  }

  /**
   * Begins to read one event that was read from another batch.
   * @param {NativeEvent} event
   */
  beginOne({ kind, slot, interned, name, id, payload, error, number, isWhole }) {
    // Of an event that is not whole, a text that is not there is one that could not be read.
    const absent = isWhole ? NONE : UNREAD;
    const { words } = this;
    const w = SIZE.HEADER;
    words[w] = kind;
    words[w + 1] = slot;
    words[w + 2] = interned;
    words[w + 3] = name === undefined ? absent : -2;
    words[w + 4] = id === undefined ? absent : -3;
    words[w + 5] = payload === undefined ? absent : -4;
    words[w + 6] = error === undefined ? absent : -5;
    words[w + 7] = number;
    this.#strings = [name, id, payload, error];
    this.#next = 0;
    this.#count = 1;
  }

  /** Forgets the texts, which may be large. */
  end() {
    this.#text = '';
    this.#strings = NO_STRINGS;
  }

  /**
   * Begins the next event.
   * @returns {number} Where its record begins in the words: kind, slot, number of the name, and then fields.
   */
  next() {
    const w = SIZE.HEADER + this.#next * SIZE.RECORD;
    this.#next += 1;
    this.isWhole = true;
    return w;
  }

  /** Kind of the next event. */
  get nextKind() {
    return this.words[SIZE.HEADER + this.#next * SIZE.RECORD];
  }

  /** Slot of the next event. */
  get nextSlot() {
    return this.words[SIZE.HEADER + this.#next * SIZE.RECORD + 1];
  }

  /** Kind of the event begun last. */
  get lastKind() {
    return this.words[SIZE.HEADER + (this.#next - 1) * SIZE.RECORD];
  }

  /** Slot of the event begun last. */
  get lastSlot() {
    return this.words[SIZE.HEADER + (this.#next - 1) * SIZE.RECORD + 1];
  }

  /**
   * @param {number} w Where the record of the event begun last begins.
   * @returns {NativeEvent} The event.
   */
  read(w) {
    const { words } = this;
    // The texts come in this order.
    const name = this.text(words[w + 3]);
    const id = this.text(words[w + 4]);
    const payload = this.text(words[w + 5]);
    const error = this.text(words[w + 6]);
    const { isWhole } = this;
    return { kind: words[w], slot: words[w + 1], interned: words[w + 2], name, id, payload, error, number: words[w + 7], isWhole };
  }

  /**
   * The text of a field of the event that was begun last. To be called once for each field, in their order.
   * @param {number} field As in `crates/core/src/hub/record.rs`.
   * @returns {RawText | undefined}
   */
  text(field) {
    if (field >= 0) return this.#text.substring(this.#at, (this.#at += field));
    if (field === NONE) return undefined;
    const text = this.#strings[-2 - field];
    if (text === undefined) this.isWhole = false;
    return text;
  }
}

/**
 * @param {number} kind
 * @returns {boolean} Whether such an event is of a connection, and not of the server. Its slot is that of the connection.
 */
function isOfConnection(kind) {
  return kind < KIND.UPGRADE || kind === KIND.OUTLINED;
}

/**
 * @param {import('./native.js').NativeServer} native
 * @returns {RawText[]} The strings of the batch taken last; none when reading them fails.
 */
function stringsOf(native) {
  try {
    return native.strings();
  } catch (error) {
    throwLater(error);
    return NO_STRINGS;
  }
}

/**
 * @param {RawText} raw
 * @returns {string}
 */
function textOf(raw) {
  return typeof raw === 'string' ? raw : raw.toString();
}

module.exports = { Batch, isOfConnection, textOf };
