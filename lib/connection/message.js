// @ts-check
'use strict';

const Emitter = require('../emitter/emitter.js');
const LineError = require('../../common/line-error.js');
const { textOf } = require('../binding/batch.js');
const { MessageErrorCode: ErrorCode, MessageName: Name } = require('../enums.js');
const { canonicalId, payloadJson, errorJson, messageJson, isJson, reasonOf, receivedError } = require('../../common/json.js');
const { brief } = require('../../common/failure.js');
const { thrown, reportUncaught, promisesAmong, watchHandlers } = require('../../common/delivery.js');
const { isPending } = require('../../common/pending.js');
const {
  kAnswersWithoutId,
  kEmitMessage,
  kErrorJson,
  kIsCounted,
  kOnAnswerError,
  kOnNotResponded,
  kOnRejected,
  kOnResolved,
  kPayloadJson,
} = require('../symbols.js');

/** @typedef {import('../binding/batch.js').RawText} RawText */

/**
 * Where the answer to a received message goes.
 * - `kAnswersWithoutId`: whether a message whose sender expects no answer may be answered;
 * - `kEmitMessage` calls the handlers of a message;
 * - `kOnAnswerError` gets the error of a failed answer that no handler catches;
 * - `kPayloadJson` and `kErrorJson` give payload and error as `kOnResolved` and `kOnRejected` take them;
 * - `kOnResolved` and `kOnRejected` send the answer;
 * - `kOnNotResponded` is called when an answer cannot be sent.
 * @typedef {{
 *   readonly [kAnswersWithoutId]: boolean,
 *   [kEmitMessage]: (message: Message) => any[] | false,
 *   [kOnAnswerError]: (error: LineError) => void,
 *   [kPayloadJson]: (payload: unknown) => string | undefined,
 *   [kErrorJson]: (err: unknown) => string | undefined,
 *   [kOnResolved]: (message: Message, json: string | undefined, payload: unknown) => void,
 *   [kOnRejected]: (message: Message, json: string | undefined) => void,
 *   [kOnNotResponded]: (message: Message, cause: unknown) => void,
 * }} Responder
 */

// Functions for the rest of `lib/`. The class sets them, because they need its private fields.

/**
 * Makes a received message. `payload` is for a payload that is parsed already; then there is no `rawPayload`.
 * @type {(
 *   responder: Responder,
 *   name: string,
 *   rawId: RawText | undefined,
 *   rawPayload: RawText | undefined,
 *   rawError: RawText | undefined,
 *   payload?: unknown,
 * ) => Message}
 */
let received;

/**
 * Makes a message to be sent. Its payload is checked when the message is stringified.
 * @type {(name: unknown, payload: unknown) => Message}
 */
let outgoing;

/**
 * Calls the handlers of a received message. Errors of answers that the handlers do not catch are reported.
 * @type {(message: Message) => any[] | false | undefined}
 */
let deliver;

/**
 * The raw JSON of the id, for an answer; undefined when none is expected.
 * @type {(message: Message) => string | undefined}
 */
let rawIdOf;

/** Stands for the parts of a message that {@link received} and {@link outgoing} fill in themselves. */
const UNSET = Object.freeze({});

/**
 * A random id as the original makes them: four characters of base 36.
 * @returns {string}
 */
function randomId() {
  return Math.floor(Math.random() * 36 ** 4).toString(36).padStart(4, '0');
}

/**
 * A message: received, to be answered with `resolve` or `reject`; or made to be sent.
 */
class Message extends Emitter {
  static Name = Name;
  static ReservedNames = Object.freeze(Object.values(Name));
  static ErrorCode = ErrorCode;

  /** @type {unknown} */
  #payload = undefined;
  /**
   * Raw JSON of a payload that has not been read yet. It was checked when it arrived.
   * @type {RawText | undefined}
   */
  #rawPayload = undefined;
  /** @type {unknown} */
  #err = undefined;
  /**
   * Raw JSON of an error that has not been read yet. A client may send a large one that no handler looks at.
   * @type {RawText | undefined}
   */
  #rawError = undefined;
  /** @type {unknown} */
  #id = undefined;
  /**
   * Raw JSON of an id that has not been read yet.
   * @type {RawText | undefined}
   */
  #rawId = undefined;
  /** @type {Responder | undefined} */
  #responder = undefined;
  /**
   * What the handlers have returned.
   * @type {any[] | false | undefined}
   */
  #results = undefined;
  /** Whether the handlers are running. A field of the message, because writing to a new object costs least. */
  #isHandling = false;
  /** Whether an answer has thrown while the handlers ran. */
  #hasThrown = false;

  static {
    received = (responder, name, rawId, rawPayload, rawError, payload) => {
      const message = new Message(UNSET);
      message.name = name;
      message.#rawId = rawId;
      message.#rawPayload = rawPayload;
      message.#payload = payload;
      message.#responder = responder;
      message.#rawError = rawError;
      return message;
    };
    outgoing = (name, payload) => {
      const message = new Message(UNSET);
      message.name = name;
      message.#payload = payload;
      return message;
    };
    deliver = (message) => {
      const responder = /** @type {Responder} */ (message.#responder);
      message.#isHandling = true;
      try {
        message.#results = responder[kEmitMessage](message);
      } catch (error) {
        if (!reportUncaught(error)) throw error;
      } finally {
        message.#isHandling = false;
      }
      // The promise of an async handler rejects with the error.
      if (message.#hasThrown) watchHandlers(message.#results, reportTo(responder));
      return message.#results;
    };
    rawIdOf = (message) => {
      if (message.#rawId !== undefined) return canonicalId(textOf(message.#rawId));
      return message.#id === undefined ? undefined : JSON.stringify(message.#id);
    };
  }

  /**
   * The message in a text.
   * @param {string | Uint8Array} raw Bytes are UTF-8.
   * @returns {Message}
   * @throws {LineError} `mInvalidJson`
   */
  static parse(raw) {
    try {
      const data = JSON.parse(ArrayBuffer.isView(raw) ? bytesOf(raw).toString() : raw);
      const err = receivedError(data.e);
      return new Message({ name: data.n, payload: data.p, err, id: data.i });
    } catch (cause) {
      throw new LineError(ErrorCode.INVALID_JSON, `The text is not a message in JSON: ${reasonOf(cause)}`);
    }
  }

  /**
   * @param {{name?: unknown, payload?: unknown, id?: unknown, err?: unknown}} parts
   * @throws {LineError} `mInvalidJson` when payload or error cannot be stringified.
   */
  constructor(parts) {
    super();
    /** @type {any} */
    this.name = undefined;
    /** @type {boolean} */
    this.isResponded_ = false;
    /**
     * Whether its connection counts it as a request to be answered.
     * @type {boolean}
     * @internal
     */
    this[kIsCounted] = false;
    if (parts !== UNSET) this.#fill(parts);
  }

  /** @param {{name?: unknown, payload?: unknown, id?: unknown, err?: unknown}} parts */
  #fill({ name, payload, id, err }) {
    assertJson(() => payloadJson(payload), 'The payload of a message');
    assertJson(() => errorJson(err), 'The error of a message');
    this.name = name;
    this.#payload = payload;
    this.#id = id;
    this.#err = err;
  }

  /** The payload; parsed when it is first asked for. */
  get payload() {
    if (this.#rawPayload !== undefined) {
      this.#payload = JSON.parse(textOf(this.#rawPayload));
      this.#rawPayload = undefined;
    }
    return this.#payload;
  }

  set payload(payload) {
    this.#rawPayload = undefined;
    this.#payload = payload;
  }

  /** The error of a message that has one; made when it is first asked for. @type {any} */
  get err() {
    if (this.#rawError !== undefined) {
      this.#err = receivedError(JSON.parse(textOf(this.#rawError)));
      this.#rawError = undefined;
    }
    return this.#err;
  }

  set err(err) {
    this.#rawError = undefined;
    this.#err = err;
  }

  /** The id; undefined when the sender expects no answer. */
  get id() {
    if (this.#id === undefined && this.#rawId !== undefined) this.#id = JSON.parse(textOf(this.#rawId));
    return this.#id;
  }

  set id(id) {
    this.#rawId = undefined;
    this.#id = id;
  }

  /**
   * Gives the message an id, a random one by default.
   * @param {unknown} [id]
   * @returns {unknown} The id.
   */
  setId(id = randomId()) {
    this.id = id;
    return id;
  }

  /**
   * The answer to this message: an error, or a payload with the error `null`.
   * @param {unknown} err
   * @param {unknown} [payload]
   * @returns {Message}
   * @throws {LineError} `mInvalidJson`
   */
  createResponse(err, payload) {
    return new Message({ name: Name.RESPONSE, payload, err, id: this.id });
  }

  /**
   * Answers the message. Emits `resolved` with the payload.
   * @param {unknown} [payload] Any JSON value.
   * @throws {LineError} `mMissingId` when no answer is expected, `mAlreadyResponded`, `mInvalidJson`
   *   when the payload cannot be stringified. Once no handler of the message can catch `mMissingId` or
   *   `mInvalidJson`, the connection's `_error` reports it instead.
   */
  resolve(payload) {
    if (!this.#mayRespond('resolved')) return;
    const responder = this.#responder;
    let json;
    try {
      json = responder === undefined ? payloadJson(payload) : responder[kPayloadJson](payload);
    } catch (cause) {
      this.#fail(invalidJson(`The payload to resolve "${brief(this.name)}" with`, cause));
      return;
    }
    // A `toJSON` of the payload may have answered.
    if (this.isResponded_) throw this.#alreadyResponded('resolved');
    responder?.[kOnResolved](this, json, payload);
    this.isResponded_ = true;
    this.emit('resolved', payload);
  }

  /**
   * Answers the message with an error. Emits `rejected` with it.
   * @param {unknown} [err] An `Error`, or any JSON value.
   * @throws {LineError} As {@link resolve}. For an `Error` that can be stringified, but not in its wire form,
   *   the connection's `_error` reports `cMessageNotResponded`.
   */
  reject(err) {
    if (!this.#mayRespond('rejected')) return;
    const responder = this.#responder;
    let json;
    try {
      json = responder === undefined ? errorJson(err) : responder[kErrorJson](err);
    } catch (cause) {
      // As with the original: an error is sent with its properties, even when it has a `toJSON`.
      if (responder !== undefined && isJson(err)) responder[kOnNotResponded](this, cause);
      else this.#fail(invalidJson(`The error to reject "${brief(this.name)}" with`, cause));
      return;
    }
    if (this.isResponded_) throw this.#alreadyResponded('rejected');
    responder?.[kOnRejected](this, json);
    this.isResponded_ = true;
    this.emit('rejected', err);
  }

  /**
   * Whether an answer can be given.
   * @param {string} how
   * @returns {boolean}
   */
  #mayRespond(how) {
    if (this.#rawId === undefined && this.#id === undefined && !this.#responder?.[kAnswersWithoutId]) {
      const text = `The message "${brief(this.name)}" cannot be ${how}: its sender gave no id and expects no answer`;
      this.#fail(new LineError(ErrorCode.MISSING_ID, text));
      return false;
    }
    if (this.isResponded_) throw this.#alreadyResponded(how);
    return true;
  }

  /** @param {string} how */
  #alreadyResponded(how) {
    const text = `The message "${brief(this.name)}" cannot be ${how}: it has been answered already`;
    return new LineError(ErrorCode.ALREADY_RESPONDED, text);
  }

  /**
   * Throws the error of a failed answer, or reports it where no handler of the message can catch it: thrown there,
   * it would end the process.
   * @param {LineError} error
   * @throws {LineError} The error, while a handler runs.
   */
  #fail(error) {
    const responder = this.#responder;
    if (responder === undefined) throw error;
    if (this.#isHandling) {
      this.#hasThrown = true;
    } else if (error.code === ErrorCode.INVALID_JSON && promisesAmong(this.#results).some(isPending)) {
      watchHandlers(this.#results, reportTo(responder));
    } else {
      // The peer chooses whether there is an id. So a missing one is thrown only where it is certainly caught:
      // an async handler may be in a callback.
      responder[kOnAnswerError](error);
      return;
    }
    thrown.set(error, reportTo(responder));
    throw error;
  }

  /**
   * The message in its wire form.
   * @returns {string}
   */
  toString() {
    return messageJson(this.name, this.payload, this.id, this.err);
  }

  /** Removes all listeners. */
  dispose() {
    this.eventNames().forEach((name) => this.removeAllListeners(name));
  }
}

/** @param {Uint8Array} raw */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * @param {() => unknown} write Makes the JSON.
 * @param {string} what
 * @throws {LineError} `mInvalidJson`
 */
function assertJson(write, what) {
  try {
    write();
  } catch (cause) {
    throw invalidJson(what, cause);
  }
}

/**
 * @param {string} what
 * @param {unknown} cause
 */
function invalidJson(what, cause) {
  return new LineError(ErrorCode.INVALID_JSON, `${what} cannot be written as JSON: ${reasonOf(cause)}`);
}

/**
 * @param {Responder} responder
 * @returns {(error: LineError) => void} Reports the error of a failed answer.
 */
function reportTo(responder) {
  return (error) => responder[kOnAnswerError](error);
}

module.exports = { Message, received, outgoing, deliver, rawIdOf };
