// @ts-check
'use strict';

/** Messages that many connections are asked to answer. Their answers are gathered by the core. */

const LineError = require('../../common/line-error.js');
const { ConnectionErrorCode: ErrorCode } = require('../enums.js');
const { REQUEST_PREFIX } = require('../binding/layout.js');
const { MAX_TIME, cancel } = require('../connection/deadlines.js');
const { receivedError } = require('../../common/json.js');
const { textOf } = require('./room.js');
const { kInbox, kLifecycle, kNative, kSending, kSlot } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */
/** @typedef {import('../connection/message.js').Message} Message */

/**
 * What the members that were asked have answered.
 * @typedef {object} Gathered
 * @property {Map<string, any>} responses The values that members resolved with, by their ids.
 * @property {Map<string, LineError>} errors `scMessageRejected`, or `scResponseTooLarge`.
 * @property {string[]} silent Ids of members that did not answer in time, or left.
 * @property {string[]} missingNodes
 */

/** What `askAll` of the core gives besides a number of connections. */
const TOO_MANY = -1;
const WITH_SERVERS = -2;

/** A question to many connections that is not settled yet. */
class Question {
  /**
   * @param {Gathering} sends Told of the timeout.
   * @param {number} key
   * @param {(gathered: Gathered) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  constructor(sends, key, resolve, reject) {
    this.sends = sends;
    this.key = key;
    this.resolve = resolve;
    this.reject = reject;
    /** @type {Gathered} */
    this.gathered = { responses: new Map(), errors: new Map(), silent: [], missingNodes: [] };
    // For the queue of deadlines.
    this.due = 0;
    /** @type {any} */
    this.queue = undefined;
    /** @type {any} */
    this.previous = undefined;
    /** @type {any} */
    this.next = undefined;
  }
}

/** The questions of a server to many connections. Each takes one entry here, whatever the number of connections. */
class Gathering {
  #server;
  #lastKey = 0;
  /** @type {Map<number, Question>} */
  #questions = new Map();

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
  }

  /**
   * @param {import('../binding/native.js').TargetWords} target
   * @param {Message} message
   * @param {number} timeout Milliseconds to wait; 0 is no limit.
   * @param {number} atLeast So many answers are enough.
   * @returns {Promise<Gathered>} Rejects with `scTooManySends` or `mInvalidJson`.
   */
  ask(target, message, timeout, atLeast) {
    const key = this.#lastKey;
    // The other half of the numbers is for questions of other servers.
    this.#lastKey = (key + 1) % 2 ** 31;
    message.setId(`${REQUEST_PREFIX}${key}`);
    return new Promise((resolve, reject) => {
      const text = textOf(message);
      const question = new Question(this, key, resolve, reject);
      const asked = this.#server[kNative].askAll(target, [key, atLeast, Math.min(timeout, MAX_TIME)], text);
      if (asked === 0) {
        resolve(question.gathered);
        return;
      }
      if (asked === TOO_MANY) {
        const why = 'The message was not sent: answers of too many connections are waited for already (maxGatheredBytes)';
        throw new LineError(ErrorCode.TOO_MANY_SENDS, why);
      }
      this.#questions.set(key, question);
      // With other servers the core ends it in time.
      if (timeout > 0 && asked !== WITH_SERVERS) this.#server[kSending].deadlines.add(question, timeout);
    });
  }

  /**
   * Settles a question: all members have answered or left, or enough have answered.
   * @param {number} key
   */
  onAnswered(key) {
    const question = this.#questions.get(key);
    if (question === undefined) return;
    cancel(question);
    this.#end(question);
  }

  /** @param {Question} question */
  onTimeout(question) {
    this.#end(question);
  }

  /**
   * Whether the answer of a connection is awaited.
   * @param {import('../connection/connection.js').ServerConnection} connection
   */
  asks(connection) {
    return this.#questions.size > 0 && this.#server[kNative].isAsked(connection[kSlot]);
  }

  /** @param {Question} question */
  #end(question) {
    this.#questions.delete(question.key);
    if (this.#collect(question)) this.#server[kInbox].addChore((count) => this.#collectSome(question, count));
    this.#server[kLifecycle].draining?.checkAll();
  }

  /**
   * @param {Question} question
   * @param {number} most Parts that are taken.
   * @returns {boolean} Whether there are more.
   */
  #collectSome(question, most) {
    for (let count = 0; count < most; count += 1) if (!this.#collect(question)) return false;
    return true;
  }

  /**
   * Takes one part of the answers: there may be many.
   * @param {Question} question
   * @returns {boolean} Whether there are more.
   */
  #collect(question) {
    const { gathered } = question;
    try {
      const text = this.#server[kNative].takeAnswers(question.key);
      const part = text === undefined ? NOTHING : JSON.parse(text);
      for (const [id, payload] of part.responses) gathered.responses.set(id, payload);
      for (const [id, error] of part.errors) gathered.errors.set(id, rejected(error));
      for (const id of part.tooLarge) gathered.errors.set(id, tooLarge());
      gathered.silent.push(...part.silent);
      gathered.missingNodes.push(...part.missing);
      if (part.more) return true;
      question.resolve(gathered);
    } catch (error) {
      question.reject(error);
    }
    return false;
  }
}

const NOTHING = Object.freeze({ responses: [], errors: [], tooLarge: [], silent: [], missing: [], more: false });

/** @param {unknown} error As it was received. */
function rejected(error) {
  const text = 'The client rejected the message; its error is the payload of this one';
  return new LineError(ErrorCode.MESSAGE_REJECTED, text, receivedError(error));
}

function tooLarge() {
  const text = 'The response was dropped: the responses that wait for others reach "maxGatheredBytes"';
  return new LineError(ErrorCode.RESPONSE_TOO_LARGE, text);
}

module.exports = { Gathering };
