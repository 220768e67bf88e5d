// @ts-check
'use strict';

/**
 * One listener of an {@link import('./emitter.js') Emitter}, and the checks of its arguments.
 */

const { types } = require('node:util');

/** @typedef {import('../../common/base-emitter.js').EventName} EventName */
/** @typedef {import('../../common/base-emitter.js').Handler} Handler */

/**
 * `this` inside a handler: a copy of the listener as it was before this call, and the event.
 * @typedef {object} ListenerRecord
 * @property {string} [eventName] Name listened to; absent when listening by pattern.
 * @property {RegExp} [eventNameRegex] Pattern listened to; absent when listening by name.
 * @property {Handler} handler The handler itself.
 * @property {number} execCount Calls completed before this one.
 * @property {number} execLimit Calls allowed in all; 0 is no limit.
 * @property {(listener: Listener) => void} onExpire Removes a listener from its emitter.
 * @property {{name: string}} event The event emitted; one object for all handlers of an `emit`.
 */

/** @type {(value: unknown) => value is string} */
const isString = (value) =>
  // A boxed string is a name as well: the original takes `new String('x')`.
  typeof value === 'string' || types.isStringObject(value);

/**
 * Whether a value is an integer in the original's sense: finite, no fraction, below 1e21.
 * @type {(value: unknown) => value is number}
 */
const isInteger = (value) => {
  if (typeof value !== 'number' && !types.isNumberObject(value)) return false;
  return parseInt(String(value), 10) === Number(value);
};

/** One handler listening to one name or pattern. Exported as `Emitter.Listener`. */
class Listener {
  /**
   * @param {EventName} eventName Name or pattern to listen to.
   * @param {Handler} handler Function to call.
   * @param {number} [execLimit] Calls after which the listener is removed; 0 is no limit.
   * @throws {Error} When an argument has the wrong type.
   */
  constructor(eventName, handler, execLimit = 0) {
    if (isString(eventName)) {
      /** @type {string | undefined} */
      this.eventName = eventName;
    } else if (types.isRegExp(eventName)) {
      /** @type {RegExp | undefined} */
      this.eventNameRegex = eventName;
    } else {
      throw new Error('Event name to be listened should be string or regex');
    }

    if (typeof handler !== 'function') throw new Error('Handler should be a function');
    if (!isInteger(execLimit)) throw new Error('Execute limit should be integer');

    this.handler = handler;
    this.execCount = 0;
    this.execLimit = execLimit;
  }

  /**
   * Calls the handler, and `onExpire` once the limit is reached. A handler that throws is not counted.
   * @param {object} that `this` of the handler.
   * @param {unknown[]} args Its arguments.
   * @returns {any} What the handler returned.
   */
  execute(that, args) {
    const result = this.handler.apply(that, args);
    this.execCount += 1;
    if (this.execLimit && this.execCount >= this.execLimit) this.onExpire(this);
    return result;
  }

  /**
   * @param {string} eventName Name of an event.
   * @returns {boolean} Whether the pattern matches it. Moves the `lastIndex` of a `g` or `y` pattern.
   */
  testRegexWith(eventName) {
    return /** @type {RegExp} */ (this.eventNameRegex).test(eventName);
  }

  /**
   * Called once the limit is reached; an emitter puts its own function here.
   * @param {Listener} listener This listener.
   */
  onExpire(listener) { // eslint-disable-line no-unused-vars
  }
}

/**
 * `this` for one call of a handler. Object literals, not `Object.assign`: this runs on every emit.
 * @param {Listener} listener
 * @param {{name: string}} event
 * @returns {ListenerRecord}
 */
function toRecord(listener, event) {
  const { eventName, handler, execCount, execLimit, onExpire } = listener;
  if (eventName === undefined) {
    return { eventNameRegex: listener.eventNameRegex, handler, execCount, execLimit, onExpire, event };
  }
  return { eventName, handler, execCount, execLimit, onExpire, event };
}

module.exports = { Listener, toRecord, isString, isInteger };
