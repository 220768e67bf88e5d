// @ts-check
'use strict';

const LineError = require('../lib/line-error.js');
const { messageJson, receivedError } = require('../lib/json.js');
const { MessageName: Name, MessageErrorCode: ErrorCode } = require('../lib/message-enums.js');
const Emitter = require('./emitter.js');
const { attempt } = require('./errors.js');

/**
 * Where the answer to a received message goes.
 * @typedef {object} Responder
 * @property {Message | undefined} handling_ The message whose handlers are running.
 * @property {(error: LineError) => void} onMissingId_ Told of an answer that nobody expects.
 * @property {(message: Message, payload: unknown, err: unknown) => void} respond_
 */

/**
 * A message: received, to be answered with `resolve` or `reject`; or made to be sent.
 */
class Message extends Emitter {
  static Name = Name;
  static ReservedNames = Object.freeze(Object.values(Name));
  static ErrorCode = ErrorCode;

  /** @type {Responder | undefined} */
  #responder;

  /**
   * The message in a text.
   * @param {string} raw
   * @returns {Message}
   * @throws {LineError} `mInvalidJson`
   */
  static parse(raw) {
    return json(() => Message.received_(JSON.parse(raw)));
  }

  /**
   * A received message.
   * @param {import('./envelope.js').Envelope} envelope
   * @param {Responder} [responder]
   * @internal
   */
  static received_({ n, p, i, e }, responder) {
    const message = Message.outgoing_(n, p);
    message.id = i;
    message.err = receivedError(e);
    message.#responder = responder;
    return message;
  }

  /**
   * A message to be sent; whether its payload can be stringified is found out then.
   * @param {string} name
   * @param {unknown} [payload]
   * @internal
   */
  static outgoing_(name, payload) {
    const message = new Message({ name });
    message.payload = payload;
    return message;
  }

  /**
   * @param {{name: string, payload?: unknown, id?: unknown, err?: unknown}} parts
   * @throws {LineError} `mInvalidJson` when payload or error cannot be stringified.
   */
  constructor({ name, payload, id, err }) {
    super();
    assertJson([payload, err]);
    /** @type {string} */
    this.name = name;
    /** @type {any} */
    this.payload = payload;
    /** @type {any} The id; undefined when the sender expects no answer. */
    this.id = id;
    /** @type {any} */
    this.err = err;
    this.isResponded_ = false;
  }

  /**
   * Gives the message an id, a random one by default.
   * @param {unknown} [id]
   * @returns {unknown} The id.
   */
  setId(id = Math.random().toString(36).slice(2, 6)) {
    this.id = id;
    return id;
  }

  /**
   * The answer to this message: an error, or a payload with the error `null`.
   * @param {unknown} err
   * @param {unknown} [payload]
   * @throws {LineError} `mInvalidJson`
   */
  createResponse(err, payload) {
    return new Message({ name: Name.RESPONSE, payload, err, id: this.id });
  }

  /**
   * Answers the message. Emits `resolved` with the payload.
   * @param {unknown} [payload] Any JSON value.
   * @throws {LineError} `mMissingId` when no answer is expected, `mAlreadyResponded`, `mInvalidJson`
   *   when the payload cannot be stringified.
   */
  resolve(payload) {
    this.#respond('resolved', payload, null);
  }

  /**
   * Answers the message with an error. Emits `rejected` with it.
   * @param {unknown} [err] An `Error`, or any JSON value.
   * @throws {LineError} As {@link resolve}.
   */
  reject(err) {
    this.#respond('rejected', undefined, err);
  }

  /**
   * @param {string} event
   * @param {unknown} payload
   * @param {unknown} err
   */
  #respond(event, payload, err) {
    const responder = this.#responder;
    if (this.id === undefined) {
      const error = new LineError(ErrorCode.MISSING_ID, `No answer to ${this.name} is expected`);
      if (!responder || responder.handling_ === this) throw error;
      // The peer decides whether there is an id: once the handler has returned that must not throw.
      responder.onMissingId_(error);
      return;
    }
    if (this.isResponded_) {
      throw new LineError(ErrorCode.ALREADY_RESPONDED, `An answer to ${this.name} was given before`);
    }
    assertJson([payload, err]);
    this.isResponded_ = true;
    responder?.respond_(this, payload, err);
    this.emit(event, event === 'resolved' ? payload : err);
  }

  /**
   * The message as it travels.
   * @returns {string}
   */
  toString() {
    return messageJson(this.name, this.payload, this.id, this.err);
  }

  /** Removes all listeners. */
  dispose() {
    this.removeAllListeners();
  }
}

/**
 * @template T
 * @param {() => T} call Throws what is no JSON.
 * @returns {T}
 */
const json = (call) => attempt(ErrorCode.INVALID_JSON, 'Not JSON', call);

/** @param {unknown} value */
const assertJson = (value) => json(() => JSON.stringify(value));

module.exports = { Message };
