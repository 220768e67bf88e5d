// @ts-check
'use strict';

/**
 * The event emitter under the client and its messages: the API and the behaviour of the server's
 * (`lib/emitter/emitter.js`, where they are described), written to be small instead of fast.
 */

const BaseEmitter = require('../common/base-emitter.js');
const { text } = require('../common/failure.js');
const { isString, kindOf } = require('../common/kind-of.js');

/** @typedef {import('../common/base-emitter.js').EventName} EventName */
/** @typedef {import('../common/base-emitter.js').Handler} Handler */

/**
 * @param {unknown} condition
 * @param {string} [problem]
 */
function assert(condition, problem) {
  if (!condition) throw new Error(problem);
}

/** @type {(value: unknown) => value is RegExp} */
const isRegExp = (value) => kindOf(value) === 'RegExp';

/** @param {unknown} value */
const assertInteger = (value) => assert(Number.isInteger(value), text`Not an integer`);

/** One handler listening to one name or pattern. */
class Listener {
  /**
   * @param {EventName} eventName
   * @param {Handler} handler
   * @param {number} [execLimit] Calls after which it is removed; 0 is no limit.
   */
  constructor(eventName, handler, execLimit = 0) {
    if (isString(eventName)) {
      /** @type {string | undefined} */
      this.eventName = eventName;
    } else {
      assert(isRegExp(eventName), text`Not a name or pattern`);
      /** @type {RegExp | undefined} */
      this.eventNameRegex = eventName;
    }
    assert(typeof handler === 'function', text`Not a function`);
    assertInteger(execLimit);
    this.handler = handler;
    this.execCount = 0;
    this.execLimit = execLimit;
  }

  /**
   * Called once the limit is reached; an emitter puts its own function here.
   * @param {Listener} _listener This listener.
   */
  onExpire(_listener) {}

  /**
   * @param {object} that
   * @param {unknown[]} args
   * @returns {any}
   */
  execute(that, args) {
    const result = this.handler.apply(that, args);
    this.execCount += 1;
    if (this.execLimit && this.execCount >= this.execLimit) this.onExpire(this);
    return result;
  }

  /** @param {string} eventName */
  testRegexWith(eventName) {
    return this.eventNameRegex?.test(eventName);
  }
}

/** See the head of this file. */
class Emitter extends BaseEmitter {
  static defaultMaxListeners = 10;
  static defaultMaxRegexListeners = 10;
  static Listener = Listener;

  /** @type {Record<string, Listener[]>} By name; without a prototype, for any name may come. */
  #named = { __proto__: /** @type {any} */ (null) };
  /** @type {Listener[]} Those by pattern. */
  #patterns = [];
  /** @type {number | undefined} */
  #max;
  /** @type {number | undefined} */
  #maxRegex;

  /**
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @param {number} [execLimit]
   * @param {boolean} [prepend]
   * @returns {this}
   */
  addListener(eventName, handler, execLimit, prepend) {
    if (this.#forPairs('addListener', eventName, handler, execLimit)) return this;
    const listener = new Listener(/** @type {EventName} */ (eventName), /** @type {Handler} */ (handler), execLimit);
    // A trait of the original: the empty name is accepted but never emitted.
    if (!eventName) return this;
    listener.onExpire = (expired) => this.removeListener_(expired);
    const max = isString(eventName) ? this.getMaxListeners() || Infinity : this.getMaxRegexListeners();
    assert(this.#listOf(eventName).length < max, text`Too many listeners for ${eventName}`);
    this.emit('newListener', eventName, handler);
    this.#listOf(eventName)[prepend ? 'unshift' : 'push'](listener);
    return this;
  }

  /**
   * Calls a method for every combination of names and handlers, name by name, where there are several.
   * @param {'addListener' | 'removeListener'} method
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @param {number} [execLimit]
   * @returns {boolean} Whether one of them is a list.
   */
  #forPairs(method, eventName, handler, execLimit) {
    const areSeveral = Array.isArray(eventName) || Array.isArray(handler);
    if (areSeveral) [eventName].flat().forEach((name) => [handler].flat().forEach((each) => this[method](name, each, execLimit)));
    return areSeveral;
  }

  /**
   * The list that listeners belong to.
   * @param {unknown} eventName
   * @returns {Listener[]}
   */
  #listOf(eventName) {
    return isString(eventName) ? (this.#named[eventName] ??= []) : this.#patterns;
  }

  /**
   * @param {Listener} listener
   * @protected
   */
  removeListener_(listener) {
    const { eventName, eventNameRegex, handler } = listener;
    const list = this.#listOf(eventName);
    const at = list.indexOf(listener);
    // It may be gone: one removed while it was being called expires later.
    if (at >= 0) list.splice(at, 1);
    if (eventName && !list.length) delete this.#named[eventName];
    this.emit('removeListener', eventName ?? eventNameRegex, handler);
  }

  /**
   * The listeners of a name or pattern, as a new array.
   * @param {EventName} eventName
   * @returns {Listener[]}
   */
  #find(eventName) {
    if (isString(eventName)) return [...(this.#named[eventName] ?? [])];
    assert(isRegExp(eventName), text`Not a name or pattern`);
    return this.#patterns.filter((each) => String(each.eventNameRegex) === String(eventName));
  }

  /**
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  removeListener(eventName, handler) {
    if (this.#forPairs('removeListener', eventName, handler)) return this;
    // A trait of the original: a name without listeners is an error.
    assert(isRegExp(eventName) || this.#named[/** @type {string} */ (eventName)], text`Not a name or pattern`);
    this.#find(/** @type {EventName} */ (eventName)).forEach((listener) => listener.handler === handler && this.removeListener_(listener));
    return this;
  }

  /**
   * @param {EventName | EventName[] | null} [eventName]
   * @returns {this}
   */
  removeAllListeners(eventName) {
    if (Array.isArray(eventName)) {
      eventName.forEach((name) => this.removeAllListeners(name));
    } else if (isString(eventName) || isRegExp(eventName)) {
      this.#find(eventName).forEach((listener) => this.removeListener_(listener));
    } else if (eventName === undefined || eventName === null) {
      this.removeAllListeners(this.eventNames());
      // Only now: a listener of `removeListener` may have changed them.
      this.removeAllListeners(this.regexes());
    }
    return this;
  }

  /** @returns {string[]} */
  eventNames() {
    return Object.keys(this.#named);
  }

  /** @returns {RegExp[]} */
  regexes() {
    return this.#patterns.map((listener) => /** @type {RegExp} */ (listener.eventNameRegex));
  }

  /**
   * @param {EventName} eventName
   * @returns {Handler[]}
   */
  listeners(eventName) {
    return this.#find(eventName).map((listener) => listener.handler);
  }

  /** @param {EventName} eventName */
  listenerCount(eventName) {
    return this.#find(eventName).length;
  }

  getMaxListeners() {
    return this.#max ?? Emitter.defaultMaxListeners;
  }

  /**
   * @param {number} n
   * @returns {this}
   */
  setMaxListeners(n) {
    assertInteger(n);
    this.#max = n;
    return this;
  }

  getMaxRegexListeners() {
    return this.#maxRegex ?? Emitter.defaultMaxRegexListeners;
  }

  /**
   * @param {number} n
   * @returns {this}
   */
  setMaxRegexListeners(n) {
    assertInteger(n);
    this.#maxRegex = n;
    return this;
  }

  /**
   * @param {string | string[]} eventName
   * @param {any[]} args
   * @returns {any[] | false}
   */
  emit(eventName, ...args) {
    if (Array.isArray(eventName)) return eventName.map((each) => this.emit(each, ...args)).flat();
    assert(isString(eventName), text`Not a name or pattern`);
    const event = { name: eventName };
    const call = (/** @type {Listener} */ listener) => listener.execute({ ...listener, event }, args);
    const results = [
      ...this.#find(eventName).map(call),
      // Only now: a handler may have added a pattern.
      ...this.#patterns.filter((each) => each.testRegexWith(eventName)).map(call),
    ];
    return results.length > 0 && results;
  }
}

module.exports = Emitter;
