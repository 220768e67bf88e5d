// @ts-check
'use strict';

const Emitter = require('./emitter.js');
const LineError = require('./line-error.js');
const { MessageErrorCode: ErrorCode, MessageName: Name } = require('./enums.js');
const { canonicalId, payloadJson, messageJson, receivedError } = require('./json.js');

/**
 * Where the answer to a received message goes.
 * @typedef {object} Responder
 * @property {boolean} answersWithoutId_ Whether a message whose sender expects no answer may be
 *   answered all the same.
 * @property {Message | undefined} handling_ The message whose handlers are running.
 * @property {(error: LineError) => void} onMissingId_ Told of an answer that nobody expects.
 * @property {(message: Message, payload: unknown, json: string | undefined) => void} onResolved_
 * @property {(message: Message, err: unknown) => void} onRejected_
 */

/** Stands for the parts of a message that {@link Message.incoming_} fills in itself. */
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
   * Raw JSON of a payload nobody has looked at yet. It was found valid when it arrived.
   * @type {string | undefined}
   */
  #rawPayload = undefined;
  /** @type {unknown} */
  #id = undefined;
  /**
   * Raw JSON of an id nobody has looked at yet.
   * @type {string | undefined}
   */
  #rawId = undefined;
  /** @type {Responder | undefined} */
  #responder = undefined;

  /**
   * A received message.
   * @param {Responder} responder
   * @param {string} name
   * @param {string | undefined} rawId
   * @param {string | undefined} rawPayload
   * @param {string | undefined} rawError
   * @param {unknown} [payload] The payload when it is parsed already, without `rawPayload` then.
   * @returns {Message}
   * @internal
   */
  static incoming_(responder, name, rawId, rawPayload, rawError, payload) {
    const message = new Message(UNSET);
    message.name = name;
    message.#rawId = rawId;
    message.#rawPayload = rawPayload;
    message.#payload = payload;
    message.#responder = responder;
    if (rawError !== undefined) message.err = receivedError(JSON.parse(rawError));
    return message;
  }

  /**
   * A message to be sent; whether its payload can be stringified is found out then.
   * @param {unknown} name
   * @param {unknown} payload
   * @returns {Message}
   * @internal
   */
  static outgoing_(name, payload) {
    const message = new Message(UNSET);
    message.name = name;
    message.#payload = payload;
    return message;
  }

  /**
   * The message in a text.
   * @param {string} raw
   * @returns {Message}
   * @throws {LineError} `mInvalidJson`
   */
  static parse(raw) {
    try {
      const data = JSON.parse(raw);
      const err = receivedError(data.e);
      return new Message({ name: data.n, payload: data.p, err, id: data.i });
    } catch (cause) {
      const why = /** @type {Error} */ (cause).message;
      throw new LineError(ErrorCode.INVALID_JSON, `The text is not a message in JSON: ${why}`);
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
    /** @type {any} */
    this.err = undefined;
    /** @type {boolean} */
    this.isResponded_ = false;
    /**
     * Whether its connection counts it as a request to be answered.
     * @type {boolean}
     * @internal
     */
    this.isCounted_ = false;
    if (parts !== UNSET) this.#fill(parts);
  }

  /** @param {{name?: unknown, payload?: unknown, id?: unknown, err?: unknown}} parts */
  #fill({ name, payload, id, err }) {
    assertJson(payload, 'The payload of a message');
    assertJson(err, 'The error of a message');
    this.name = name;
    this.#payload = payload;
    this.#id = id;
    this.err = err;
  }

  /** The payload; parsed when it is first asked for. */
  get payload() {
    if (this.#rawPayload !== undefined) {
      this.#payload = JSON.parse(this.#rawPayload);
      this.#rawPayload = undefined;
    }
    return this.#payload;
  }

  set payload(payload) {
    this.#rawPayload = undefined;
    this.#payload = payload;
  }

  /** The id; undefined when the sender expects no answer. */
  get id() {
    if (this.#id === undefined && this.#rawId !== undefined) this.#id = JSON.parse(this.#rawId);
    return this.#id;
  }

  set id(id) {
    this.#rawId = undefined;
    this.#id = id;
  }

  /**
   * Raw JSON of the id, for an answer; undefined when none is expected.
   * @returns {string | undefined}
   * @internal
   */
  get rawId_() {
    if (this.#rawId !== undefined) return canonicalId(this.#rawId);
    return this.#id === undefined ? undefined : JSON.stringify(this.#id);
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
   *   when the payload cannot be stringified.
   */
  resolve(payload) {
    if (!this.#mayRespond('resolved')) return;
    const json = assertJson(payload, 'The payload to resolve with');
    this.isResponded_ = true;
    this.#responder?.onResolved_(this, payload, json);
    this.emit('resolved', payload);
  }

  /**
   * Answers the message with an error. Emits `rejected` with it.
   * @param {unknown} [err] An `Error`, or any JSON value.
   * @throws {LineError} As {@link resolve}.
   */
  reject(err) {
    if (!this.#mayRespond('rejected')) return;
    assertJson(err, 'The error to reject with');
    this.isResponded_ = true;
    this.#responder?.onRejected_(this, err);
    this.emit('rejected', err);
  }

  /**
   * Whether an answer can be given. A peer decides whether it sends an id, so a missing one must
   * not end the process: once the handler has returned nothing would catch the exception, and the
   * connection's `_error` is told instead.
   * @param {string} how
   * @returns {boolean}
   */
  #mayRespond(how) {
    const responder = this.#responder;
    if (this.#rawId === undefined && this.#id === undefined && !responder?.answersWithoutId_) {
      const text = `The message "${this.name}" cannot be ${how}: its sender gave no id and expects no answer`;
      const error = new LineError(ErrorCode.MISSING_ID, text);
      if (responder === undefined || responder.handling_ === this) throw error;
      responder.onMissingId_(error);
      return false;
    }
    if (this.isResponded_) {
      const text = `The message "${this.name}" cannot be ${how}: it has been answered already`;
      throw new LineError(ErrorCode.ALREADY_RESPONDED, text);
    }
    return true;
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
    this.eventNames().forEach((name) => this.removeAllListeners(name));
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 * @returns {string | undefined} Its JSON.
 * @throws {LineError} `mInvalidJson`
 */
function assertJson(value, what) {
  try {
    return payloadJson(value);
  } catch (cause) {
    const why = /** @type {Error} */ (cause).message;
    throw new LineError(ErrorCode.INVALID_JSON, `${what} cannot be written as JSON: ${why}`);
  }
}

module.exports = { Message };
