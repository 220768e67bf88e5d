// @ts-check
'use strict';

const LineError = require('../common/line-error.js');
const { noteThrown, promisesAmong, reportUncaught, watchHandlers } = require('../common/delivery.js');
const { messageJson, isJson, reasonOf, receivedError } = require('../common/json.js');
const { MessageName: Name, MessageErrorCode: ErrorCode } = require('../common/message-enums.js');
const Emitter = require('./emitter.js');
const { attempt, guard } = require('./errors.js');

/**
 * Where the answer to a received message goes.
 * @typedef {object} Responder
 * @property {Message | undefined} handling_ The message whose handlers are running.
 * @property {(error: LineError) => void} onAnswerError_ Told of an answer that failed where no handler
 *   catches it.
 * @property {(promise: Promise<any>) => boolean} isPending_
 * @property {(message: Message, text: string) => void} respond_ Sends the answer.
 * @property {(message: Message, cause: unknown) => void} onNotResponded_ Told of an answer that cannot
 *   be sent.
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
  /** @type {any[] | false | undefined} What the handlers have returned. */
  results_;
  /** Whether an answer has failed while the handlers ran, and thrown. */
  hasThrown_ = false;
  /** Whether an iteration has it: the body of its loop can catch what is thrown. */
  isTaken_ = false;

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
    json(() => messageJson(name, payload, id, err));
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
   *   when the payload cannot be stringified. Where no handler of the message can catch `mMissingId` or
   *   `mInvalidJson` any more, `_error` gets it instead.
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
      this.#fail(new LineError(ErrorCode.MISSING_ID, `No answer to ${this.name} is expected`), false);
      return;
    }
    this.#assertFirst();
    let text = '';
    try {
      text = messageJson(Name.RESPONSE, payload, this.id, err);
    } catch (cause) {
      // As with the original: an error that has a `toJSON` goes out with its properties all the same.
      if (responder && isJson([payload, err])) responder.onNotResponded_(this, cause);
      else this.#fail(new LineError(ErrorCode.INVALID_JSON, `Not JSON: ${reasonOf(cause)}`, cause), true);
      return;
    }
    // A `toJSON` may have answered.
    this.#assertFirst();
    this.isResponded_ = true;
    responder?.respond_(this, text);
    this.emit(event, event === 'resolved' ? payload : err);
  }

  /** @throws {LineError} `mAlreadyResponded` */
  #assertFirst() {
    if (!this.isResponded_) return;
    throw new LineError(ErrorCode.ALREADY_RESPONDED, `An answer to ${this.name} was given before`);
  }

  /**
   * An answer has failed. Where no handler of the message can catch an exception, it is reported: thrown,
   * it would end the program.
   * @param {LineError} error
   * @param {boolean} isOurs Whether it is the application's mistake. The peer decides whether there is an
   *   id: a missing one is thrown only where it is sure to be caught.
   */
  #fail(error, isOurs) {
    const responder = this.#responder;
    if (responder) {
      const isHandling = responder.handling_ === this;
      const isRunning = () => this.isTaken_ || promisesAmong(this.results_).some(responder.isPending_);
      if (!isHandling && !(isOurs && isRunning())) {
        responder.onAnswerError_(error);
        return;
      }
      noteThrown(error, responder);
      if (isHandling) this.hasThrown_ = true;
      else watchHandlers(this.results_, responder);
    }
    throw error;
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

/** @typedef {Responder & Emitter} Receiver */

/**
 * Emits a message to its handlers. What an answer throws in them and they do not catch is reported.
 * @param {Receiver} receiver
 * @param {Message} message
 */
function deliver(receiver, message) {
  receiver.handling_ = message;
  guard(() => {
    try {
      message.results_ = receiver.emit(message.name, message);
    } catch (error) {
      if (!reportUncaught(error)) throw error;
    }
  });
  receiver.handling_ = undefined;
  // An async handler throws into its promise.
  if (message.hasThrown_) watchHandlers(message.results_, receiver);
}

module.exports = { Message, deliver };
