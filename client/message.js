// @ts-check
'use strict';

const { promisesAmong, reportUncaught, thrown, watchHandlers } = require('../common/delivery.js');
const { messageJson, isJson, reasonOf, receivedError } = require('../common/json.js');
const { MessageName: Name, MessageErrorCode: ErrorCode } = require('../common/message-enums.js');
const { failure, text } = require('../common/failure.js');
const Emitter = require('./emitter.js');
const { attempt } = require('./errors.js');
const { platform } = require('./socket.js');
const { throwLater } = require('./timers.js');

/**
 * Where the answer to a received message goes.
 * @typedef {object} Responder
 * @property {Message} [handling] The message whose handlers are running.
 * @property {(error: import('../common/line-error.js')) => void} report Told of an answer that failed where no handler
 *   catches it.
 * @property {(message: Message, text: string) => void} respond Sends the answer.
 * @property {(message: Message, cause: unknown) => void} onNotResponded Told of an answer that cannot be
 *   sent.
 */

/**
 * Makes a received message.
 * @type {(envelope: import('./envelope.js').Envelope, responder?: Responder) => Message}
 */
let received;

/**
 * Emits a received message to its handlers. What an answer throws in them and they do not catch is
 * reported.
 * @type {(receiver: Emitter, message: Message) => void}
 */
let deliver;

/**
 * Notes that an iteration has a message: the body of its loop can catch what is thrown.
 * @type {(message: Message) => void}
 */
let markTaken;

/**
 * Makes a message to be sent; whether its payload can be stringified is found out then.
 * @type {(name: string, payload?: unknown, positions?: Record<string, string>) => Message}
 */
let outgoing;

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
  #results;
  /** @type {boolean | undefined} Whether an answer has failed while the handlers ran, and thrown. */
  #hasThrown;
  /** @type {boolean | undefined} */
  #isTaken;
  /** @type {Record<string, string> | undefined} What a handshake brings along. */
  #positions;

  static {
    received = ({ n, p, i, e }, responder) => {
      const message = outgoing(n, p);
      message.id = i;
      message.err = receivedError(e);
      message.#responder = responder;
      return message;
    };
    deliver = (receiver, message) => {
      const responder = /** @type {Responder} */ (message.#responder);
      responder.handling = message;
      try {
        message.#results = receiver.emit(message.name, message);
      } catch (error) {
        if (!reportUncaught(error)) throwLater(error);
      }
      responder.handling = undefined;
      // An async handler throws into its promise.
      if (message.#hasThrown) watchHandlers(message.#results, responder.report);
    };
    markTaken = (message) => {
      message.#isTaken = true;
    };
    outgoing = (name, payload, positions) => {
      const message = new Message({ name });
      message.payload = payload;
      message.#positions = positions;
      return message;
    };
  }

  /**
   * The message in a text.
   * @param {string | Uint8Array} raw Bytes are UTF-8.
   * @returns {Message}
   * @throws {LineError} `mInvalidJson`
   */
  static parse(raw) {
    return json(() => {
      let text = raw;
      FULL: if (ArrayBuffer.isView(raw)) text = new TextDecoder().decode(raw);
      return received(JSON.parse(/** @type {string} */ (text)));
    });
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
    this.#respond('resolved', payload, null, payload);
  }

  /**
   * Answers the message with an error. Emits `rejected` with it.
   * @param {unknown} [err] An `Error`, or any JSON value.
   * @throws {LineError} As {@link resolve}.
   */
  reject(err) {
    this.#respond('rejected', err, err);
  }

  /**
   * @param {string} event
   * @param {unknown} value Of the event.
   * @param {unknown} err
   * @param {unknown} [payload]
   */
  #respond(event, value, err, payload) {
    const responder = this.#responder;
    if (this.id === undefined) return this.#fail(failure(ErrorCode.MISSING_ID, undefined, text`No answer to ${this.name} is expected`));
    this.#assertFirst();
    let answer;
    try {
      answer = messageJson(Name.RESPONSE, payload, this.id, err);
    } catch (cause) {
      // As with the original: an error that has a `toJSON` goes out with its properties all the same.
      if (responder && isJson([payload, err])) return responder.onNotResponded(this, cause);
      return this.#fail(failure(ErrorCode.INVALID_JSON, cause, text`Not JSON: ${reasonOf(cause)}`));
    }
    // A `toJSON` may have answered.
    this.#assertFirst();
    this.isResponded_ = true;
    responder?.respond(this, answer);
    this.emit(event, value);
  }

  /** @throws {LineError} `mAlreadyResponded` */
  #assertFirst() {
    if (!this.isResponded_) return;
    throw failure(ErrorCode.ALREADY_RESPONDED, undefined, text`An answer to ${this.name} was given before`);
  }

  /**
   * An answer has failed. Where no handler of the message can catch an exception, it is reported: thrown,
   * it would end the program.
   * @param {import('../common/line-error.js')} error
   */
  #fail(error) {
    const responder = this.#responder;
    if (responder) {
      const isHandling = responder.handling === this;
      // The peer decides whether there is an id: a missing one is thrown only where it is sure to be caught.
      const isOurs = this.id !== undefined;
      let running = promisesAmong(this.#results);
      // Only Node can tell; elsewhere all handlers that returned a promise may run.
      FULL: running = running.filter(platform.isPending);
      if (!isHandling && !(isOurs && (this.#isTaken || running.length))) return responder.report(error);
      thrown.set(error, responder.report);
      if (isHandling) this.#hasThrown = true;
      else watchHandlers(this.#results, responder.report);
    }
    throw error;
  }

  /**
   * The message as it travels.
   * @returns {string}
   */
  toString() {
    return messageJson(this.name, this.payload, this.id, this.err, this.#positions);
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
const json = (call) => attempt(ErrorCode.INVALID_JSON, call, text`Not JSON`);

module.exports = { Message, received, outgoing, deliver, markTaken };
