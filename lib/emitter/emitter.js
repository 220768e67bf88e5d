// @ts-check
'use strict';

/**
 * The event emitter under every class of this package: the API and the observable behaviour of
 * `event-emitter-extra` 0.1.7 (contract section 2).
 *
 * Intended differences:
 * - any string is an ordinary event name, `constructor` and `__proto__` too: names arrive from the
 *   network, so they must not be looked up in `Object.prototype` (contract section 4);
 * - the global `Promise` is left alone;
 * - `setMaxListeners(0)` means unlimited, as the original documents. Its code refuses every listener
 *   instead, which is of no use to applications;
 * - the default limits are read when needed, not copied into every emitter as it is made;
 * - a `newListener` handler that removes the event being added to no longer breaks `addListener`;
 * - a handler may be any function: the original refuses async generator functions.
 *
 * Cost: an emitter is one private field until its first listener, because every connection is an emitter.
 * The cost of listeners is in `listeners.js`.
 */

const { types } = require('node:util');
const BaseEmitter = require('../../common/base-emitter.js');
const { Listener, toRecord, isString, isInteger } = require('./listener.js');
const { Listeners } = require('./listeners.js');

/** @typedef {import('../../common/base-emitter.js').EventName} EventName */
/** @typedef {import('../../common/base-emitter.js').Handler} Handler */

/**
 * Calls a function for every combination of names and handlers, name by name.
 * @param {EventName | EventName[]} eventName
 * @param {Handler | Handler[]} handler
 * @param {(eventName: EventName, handler: Handler) => void} call
 */
function forEachPair(eventName, handler, call) {
  const names = Array.isArray(eventName) ? eventName : [eventName];
  const handlers = Array.isArray(handler) ? handler : [handler];
  names.forEach((name) => handlers.forEach((each) => call(name, each)));
}

/**
 * `emit` for events that are not a plain string. It is a separate function because a closure in `emit` itself
 * would make every call allocate a context. It is not a private method, which would cost every emitter a field.
 * @param {Emitter} emitter
 * @param {unknown} eventName
 * @param {any[]} args
 * @returns {any[] | false}
 */
function emitOther(emitter, eventName, args) {
  if (Array.isArray(eventName)) {
    return eventName.map((name) => emitter.emit(name, ...args)).flat();
  }
  if (!isString(eventName)) throw new Error('Event name should be string');
  return emitter.emit(String(eventName), ...args);
}

/** Event emitter with patterns, counted listeners and results; see the head of this file. */
class Emitter extends BaseEmitter {
  /** Listeners allowed per event name unless `setMaxListeners` says otherwise. */
  static defaultMaxListeners = 10;

  /** Listeners by pattern allowed in all unless `setMaxRegexListeners` says otherwise. */
  static defaultMaxRegexListeners = 10;

  /** The class of listeners. */
  static Listener = Listener;

  /**
   * Undefined until the first listener or limit. Private so that emitters stay clean when they are
   * logged, compared or copied.
   * @type {Listeners | undefined}
   */
  #listeners = undefined;

  /** @returns {Listeners} */
  static #listenersOf(/** @type {Emitter} */ emitter) {
    return emitter.#listeners ??= new Listeners(emitter);
  }

  /**
   * Adds a listener. Emits `newListener` with the name or pattern and the handler, before adding.
   *
   * Two traits of the original: arrays are always appended, even by the `prepend…` methods; and a
   * listener to the empty name is accepted but never called.
   * @param {EventName | EventName[]} eventName Name or pattern; an array for each of several.
   * @param {Handler | Handler[]} handler Function to call; an array for each of several.
   * @param {number} [execLimit] Calls after which the listener is removed; 0, the default, is no limit.
   * @param {boolean} [prepend] Whether to put it before the others.
   * @returns {this}
   * @throws {Error} When an argument has the wrong type or the limit of listeners is reached.
   */
  addListener(eventName, handler, execLimit, prepend = false) {
    if (Array.isArray(eventName) || Array.isArray(handler)) {
      forEachPair(eventName, handler, (name, each) => this.addListener(name, each, execLimit));
      return this;
    }

    const listener = new Listener(eventName, handler, execLimit);
    const listeners = Emitter.#listenersOf(this);

    if (listener.eventName) {
      const name = listener.eventName;
      listeners.expect(name);
      const max = this.getMaxListeners();
      // Limit 0 is no limit: documented by the original, though its code refuses every listener.
      if (Number(max) !== 0 && this.listenerCount(name) >= max) {
        throw new Error(`Max listener count reached for event: ${name}`);
      }
      this.emit('newListener', eventName, handler);
      listeners.insert(name, listener, prepend);
    } else if (listener.eventNameRegex) {
      // Here 0 refuses every pattern, as in the original, which documents no other meaning.
      if (listeners.patterns.length >= this.getMaxRegexListeners()) {
        throw new Error('Max regex listener count reached');
      }
      this.emit('newListener', eventName, handler);
      listeners.insertPattern(listener, prepend);
    }
    return this;
  }

  /**
   * Removes a listener and emits `removeListener` with its name or pattern and its handler.
   * @param {Listener} listener
   * @internal
   */
  removeListener_(listener) {
    const listeners = Emitter.#listenersOf(this);
    if (listener.eventName) listeners.delete(listener.eventName, listener);
    else if (listener.eventNameRegex) listeners.deletePattern(listener);
    this.emit('removeListener', listener.eventName || listener.eventNameRegex, listener.handler);
  }

  /**
   * Removes the listeners of a handler. A trait of the original: a name without any is an error.
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   * @throws {Error} When the name has no listeners, or is not a string or pattern.
   */
  removeListener(eventName, handler) {
    if (Array.isArray(eventName) || Array.isArray(handler)) {
      forEachPair(eventName, handler, (name, each) => this.removeListener(name, each));
      return this;
    }

    const found = types.isRegExp(eventName)
      ? this.#listeners?.ofPattern(eventName) ?? []
      : isString(eventName) && this.#listeners?.of(eventName);
    if (!found) throw new Error('Event name should be string or regex.');

    found
      .filter((listener) => listener.handler === handler)
      .forEach((listener) => this.removeListener_(listener));
    return this;
  }

  /**
   * Removes the listeners of a name or pattern, of several, or without an argument all of them.
   * @param {EventName | EventName[] | null} [eventName]
   * @returns {this}
   */
  removeAllListeners(eventName) {
    if (Array.isArray(eventName)) {
      eventName.forEach((name) => this.removeAllListeners(name));
    } else if (eventName === undefined || eventName === null) {
      this.removeAllListeners(this.eventNames());
      this.removeAllListeners(this.regexes());
    } else if (isString(eventName)) {
      this.#listeners?.of(eventName)?.forEach((listener) => this.removeListener_(listener));
    } else if (types.isRegExp(eventName)) {
      this.#listeners?.ofPattern(eventName).forEach((listener) => this.removeListener_(listener));
    }
    return this;
  }

  /** @returns {string[]} The names that have listeners. */
  eventNames() {
    return this.#listeners === undefined ? [] : Object.keys(this.#listeners.byName);
  }

  /** @returns {RegExp[]} The pattern of every listener by pattern. */
  regexes() {
    const patterns = this.#listeners?.patterns ?? [];
    return patterns.map((listener) => /** @type {RegExp} */ (listener.eventNameRegex));
  }

  /**
   * @param {EventName} eventName
   * @returns {Handler[]} The handlers of a name or pattern, in the order they are called.
   * @throws {Error} When it is neither.
   */
  listeners(eventName) {
    if (isString(eventName)) {
      return (this.#listeners?.of(eventName) ?? []).map((listener) => listener.handler);
    }
    if (types.isRegExp(eventName)) {
      return (this.#listeners?.ofPattern(eventName) ?? []).map((listener) => listener.handler);
    }
    throw new Error('Event name should be string or regex.');
  }

  /**
   * @param {EventName} eventName
   * @returns {number} How many listeners a name or pattern has.
   * @throws {Error} When it is neither.
   */
  listenerCount(eventName) {
    if (!isString(eventName)) return this.listeners(eventName).length;
    return this.#listeners?.count(eventName) ?? 0;
  }

  /** @returns {number} Listeners allowed per name; 0 is no limit. */
  getMaxListeners() {
    return this.#listeners?.limits?.named ?? Emitter.defaultMaxListeners;
  }

  /**
   * Sets how many listeners a name may have.
   * @param {number} n Listeners; 0 is no limit.
   * @returns {this}
   * @throws {Error} When it is not an integer.
   */
  setMaxListeners(n) {
    if (!isInteger(n)) throw new Error('n must be integer');
    Emitter.#listenersOf(this).limit({ named: n });
    return this;
  }

  /** @returns {number} Listeners by pattern allowed in all. */
  getMaxRegexListeners() {
    return this.#listeners?.limits?.patterns ?? Emitter.defaultMaxRegexListeners;
  }

  /**
   * Sets how many listeners by pattern there may be; 0 allows none.
   * @param {number} n Listeners.
   * @returns {this}
   * @throws {Error} When it is not an integer.
   */
  setMaxRegexListeners(n) {
    if (!isInteger(n)) throw new Error('n must be integer');
    Emitter.#listenersOf(this).limit({ patterns: n });
    return this;
  }

  /**
   * Calls the listeners of a name, then those whose pattern matches it, each in order. A handler that
   * throws ends the emit: the error reaches the caller.
   *
   * An array of names emits them in turn, and puts `false` among the results for each without listeners.
   * @param {string | string[]} eventName
   * @param {any[]} args Arguments of the handlers.
   * @returns {any[] | false} What the handlers returned; false without listeners.
   * @throws {Error} When a name is not a string.
   */
  emit(eventName, ...args) {
    if (typeof eventName !== 'string') return emitOther(this, eventName, args);

    const listeners = this.#listeners;
    if (listeners === undefined) return false;

    const found = listeners.byName[eventName];
    if (found instanceof Listener) {
      // Written out instead of `found.execute(…)`, so that all of it is inlined into the caller: 29 ns per emit
      // instead of 40 (Node 20).
      const event = { name: eventName };
      const result = found.handler.apply(toRecord(found, event), args);
      found.execCount += 1;
      if (found.execLimit && found.execCount >= found.execLimit) found.onExpire(found);
      const results = [result];
      // Read only now: the handler may have added a listener by pattern, which then takes part.
      return listeners.byRegex === undefined ? results : listeners.executePatterns(event, args, results);
    }
    if (found === undefined && listeners.byRegex === undefined) return false;
    return listeners.execute(eventName, args);
  }
}

module.exports = Emitter;
