// @ts-check
'use strict';

/**
 * The event emitter under every class of this package: the API and the observable behaviour of
 * `event-emitter-extra` 0.1.7 (contract section 2).
 *
 * What differs, on purpose:
 * - any string is an ordinary event name, `constructor` and `__proto__` too: names arrive from the
 *   network, so they must never meet `Object.prototype` (contract section 4);
 * - the global `Promise` is left alone;
 * - `setMaxListeners(0)` means unlimited, as the original documents. Its code refuses every listener
 *   instead, which nobody can be relying on;
 * - the default limits are read when needed, not copied into every emitter as it is made;
 * - a `newListener` handler that removes the event being added to no longer breaks `addListener`;
 * - a handler may be any function: the original refuses async generator functions.
 *
 * Cost: an emitter is one private field until its first listener, because there is one emitter per
 * connection and most names on it never get a listener.
 */

const { types } = require('node:util');
const { Listener, toRecord, isString, isInteger } = require('./listener.js');

/** @typedef {import('./listener.js').EventName} EventName */
/** @typedef {import('./listener.js').Handler} Handler */

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
 * Listeners by event name: an object without `Object.prototype` behind it. Made by a constructor, not
 * by `Object.create(null)`, because the latter is a hash table from the start: with three names 186
 * bytes instead of 49, and a lookup of 9.5 ns instead of 2.5 (Node 20). An emitter with many names,
 * or after removals, becomes a hash table by itself.
 *
 * A single listener is stored as such and several as an array, which saves 56 bytes a name.
 * @constructor
 * @this {Record<string, Listener | Listener[]>}
 */
function ListenersByName() {}
ListenersByName.prototype = Object.create(null);

/**
 * The state of an emitter that has been listened to or configured.
 * @typedef {object} Registry
 * @property {Record<string, Listener | Listener[]>} byName Listeners by event name.
 * @property {Listener[] | undefined} byRegex Listeners by pattern; undefined when there are none.
 * @property {number | undefined} maxListeners Limit per name; undefined is the default.
 * @property {number | undefined} maxRegexListeners Limit of patterns; undefined is the default.
 * @property {(listener: Listener) => void} onExpire Removes a listener, for all its listeners alike.
 */

/**
 * Stands for a name whose first listener is being added: it is among `eventNames()` while
 * `newListener` is emitted. Never filled: the first listener replaces it.
 * @type {Listener[]}
 */
const NO_LISTENERS = [];
Object.freeze(NO_LISTENERS);

/**
 * The listeners of a name as a new array.
 * @param {Registry | undefined} registry
 * @param {string} eventName
 * @returns {Listener[] | undefined} Undefined when the name is unknown.
 */
function copyByName(registry, eventName) {
  const found = registry?.byName[eventName];
  return Array.isArray(found) ? found.slice() : found && [found];
}

/**
 * The listeners of a pattern as a new array. Patterns are the same when their text and flags are.
 * @param {Registry | undefined} registry
 * @param {RegExp} regex
 * @returns {Listener[]}
 */
function copyByRegex(registry, regex) {
  const all = registry?.byRegex ?? NO_LISTENERS;
  return all.filter((listener) => String(listener.eventNameRegex) === String(regex));
}

/**
 * @param {Registry} registry
 * @param {string} eventName
 * @param {Listener} listener
 * @param {boolean} prepend
 */
function insertByName(registry, eventName, listener, prepend) {
  const { byName } = registry;
  const found = byName[eventName];
  if (found === undefined || found === NO_LISTENERS) {
    byName[eventName] = listener;
  } else if (!Array.isArray(found)) {
    byName[eventName] = prepend ? [listener, found] : [found, listener];
  } else if (prepend) {
    found.unshift(listener);
  } else {
    found.push(listener);
  }
}

/**
 * Forgets a listener, which may be gone already: one removed while it was being called expires later.
 * @param {Registry} registry
 * @param {string} eventName
 * @param {Listener} listener
 */
function deleteByName(registry, eventName, listener) {
  const { byName } = registry;
  const found = byName[eventName];
  if (found === listener || found === NO_LISTENERS) {
    delete byName[eventName];
  } else if (Array.isArray(found)) {
    const index = found.indexOf(listener);
    if (index !== -1) found.splice(index, 1);
    if (found.length === 1) byName[eventName] = found[0];
  }
}

/**
 * @param {Registry} registry
 * @param {Listener} listener
 */
function deleteByRegex(registry, listener) {
  if (registry.byRegex === undefined) return;
  const index = registry.byRegex.indexOf(listener);
  if (index !== -1) registry.byRegex.splice(index, 1);
  if (registry.byRegex.length === 0) registry.byRegex = undefined;
}

/**
 * Calls the listeners whose pattern matches an event, adding to the results of those called before.
 * All patterns are tested before the first handler runs.
 * @param {Registry} registry
 * @param {{name: string}} event
 * @param {any[]} args
 * @param {any[]} results
 * @returns {any[]} The results.
 */
function executeByRegex(registry, event, args, results) {
  const matching = (registry.byRegex ?? NO_LISTENERS).filter((each) => each.testRegexWith(event.name));
  for (const listener of matching) results.push(listener.execute(toRecord(listener, event), args));
  return results;
}

/**
 * Calls every listener of an event: those of its name, then those by pattern.
 * @param {Registry} registry
 * @param {string} eventName
 * @param {any[]} args
 * @returns {any[] | false} The results; false without listeners.
 */
function executeAll(registry, eventName, args) {
  const event = { name: eventName };
  // A copy, as a listener that expires leaves the list while it is walked.
  const listeners = copyByName(registry, eventName) ?? NO_LISTENERS;
  const results = listeners.map((listener) => listener.execute(toRecord(listener, event), args));
  executeByRegex(registry, event, args, results);
  return results.length > 0 ? results : false;
}

/**
 * What `emit` does unless its event is a plain string. A function apart, because a closure in `emit`
 * itself would make every call of it allocate a context; not a private method, because one costs
 * every emitter a field.
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
class Emitter {
  /** Listeners allowed per event name unless `setMaxListeners` says otherwise. */
  static defaultMaxListeners = 10;

  /** Listeners by pattern allowed in all unless `setMaxRegexListeners` says otherwise. */
  static defaultMaxRegexListeners = 10;

  /** The class of listeners. */
  static Listener = Listener;

  /**
   * Undefined until the first listener or limit. Private so that emitters stay clean when they are
   * logged, compared or copied.
   * @type {Registry | undefined}
   */
  #registry = undefined;

  /** @returns {Registry} */
  static #registryOf(/** @type {Emitter} */ emitter) {
    return emitter.#registry ??= {
      byName: new (/** @type {any} */ (ListenersByName))(),
      byRegex: undefined,
      maxListeners: undefined,
      maxRegexListeners: undefined,
      onExpire: emitter.removeListener_.bind(emitter),
    };
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
    const registry = Emitter.#registryOf(this);
    listener.onExpire = registry.onExpire;

    if (listener.eventName) {
      const name = listener.eventName;
      registry.byName[name] ??= NO_LISTENERS;
      const max = this.getMaxListeners();
      // Limit 0 is no limit: documented by the original, though its code refuses every listener.
      if (Number(max) !== 0 && this.listenerCount(name) >= max) {
        throw new Error(`Max listener count reached for event: ${name}`);
      }
      this.emit('newListener', eventName, handler);
      insertByName(registry, name, listener, prepend);
    } else if (listener.eventNameRegex) {
      // Here 0 refuses every pattern, as in the original, which documents no other meaning.
      if ((registry.byRegex ?? NO_LISTENERS).length >= this.getMaxRegexListeners()) {
        throw new Error('Max regex listener count reached');
      }
      this.emit('newListener', eventName, handler);
      registry.byRegex ??= [];
      if (prepend) registry.byRegex.unshift(listener);
      else registry.byRegex.push(listener);
    }
    return this;
  }

  /**
   * Same as {@link addListener} without a limit of calls.
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  on(eventName, handler) {
    return this.addListener(eventName, handler);
  }

  /**
   * Adds a listener for one call.
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  once(eventName, handler) {
    return this.addListener(eventName, handler, 1);
  }

  /**
   * Adds a listener for a number of calls.
   * @param {EventName | EventName[]} eventName
   * @param {number} count Calls; 0 is no limit.
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  many(eventName, count, handler) {
    return this.addListener(eventName, handler, count);
  }

  /**
   * Adds a listener before the others.
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @param {number} [execLimit] Calls; 0, the default, is no limit.
   * @returns {this}
   */
  prependListener(eventName, handler, execLimit) {
    return this.addListener(eventName, handler, execLimit, true);
  }

  /**
   * Adds a listener before the others, for one call.
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  prependOnceListener(eventName, handler) {
    return this.addListener(eventName, handler, 1, true);
  }

  /**
   * Adds a listener before the others, for a number of calls.
   * @param {EventName | EventName[]} eventName
   * @param {number} count Calls; 0 is no limit.
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  prependManyListener(eventName, count, handler) {
    return this.addListener(eventName, handler, count, true);
  }

  /**
   * Removes a listener and emits `removeListener` with its name or pattern and its handler.
   * @param {Listener} listener
   * @protected
   */
  removeListener_(listener) {
    const registry = Emitter.#registryOf(this);
    if (listener.eventName) deleteByName(registry, listener.eventName, listener);
    else if (listener.eventNameRegex) deleteByRegex(registry, listener);
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
      ? copyByRegex(this.#registry, eventName)
      : isString(eventName) && copyByName(this.#registry, eventName);
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
      copyByName(this.#registry, eventName)?.forEach((listener) => this.removeListener_(listener));
    } else if (types.isRegExp(eventName)) {
      copyByRegex(this.#registry, eventName).forEach((listener) => this.removeListener_(listener));
    }
    return this;
  }

  /** @returns {string[]} The names that have listeners. */
  eventNames() {
    return this.#registry === undefined ? [] : Object.keys(this.#registry.byName);
  }

  /** @returns {RegExp[]} The pattern of every listener by pattern. */
  regexes() {
    const listeners = this.#registry?.byRegex ?? NO_LISTENERS;
    return listeners.map((listener) => /** @type {RegExp} */ (listener.eventNameRegex));
  }

  /**
   * @param {EventName} eventName
   * @returns {Handler[]} The handlers of a name or pattern, in the order they are called.
   * @throws {Error} When it is neither.
   */
  listeners(eventName) {
    if (isString(eventName)) {
      return (copyByName(this.#registry, eventName) ?? []).map((listener) => listener.handler);
    }
    if (types.isRegExp(eventName)) {
      return copyByRegex(this.#registry, eventName).map((listener) => listener.handler);
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
    const found = this.#registry?.byName[eventName];
    if (found === undefined) return 0;
    return Array.isArray(found) ? found.length : 1;
  }

  /** @returns {number} Listeners allowed per name; 0 is no limit. */
  getMaxListeners() {
    return this.#registry?.maxListeners ?? Emitter.defaultMaxListeners;
  }

  /**
   * Sets how many listeners a name may have.
   * @param {number} n Listeners; 0 is no limit.
   * @returns {this}
   * @throws {Error} When it is not an integer.
   */
  setMaxListeners(n) {
    if (!isInteger(n)) throw new Error('n must be integer');
    Emitter.#registryOf(this).maxListeners = n;
    return this;
  }

  /** @returns {number} Listeners by pattern allowed in all. */
  getMaxRegexListeners() {
    return this.#registry?.maxRegexListeners ?? Emitter.defaultMaxRegexListeners;
  }

  /**
   * Sets how many listeners by pattern there may be; 0 allows none.
   * @param {number} n Listeners.
   * @returns {this}
   * @throws {Error} When it is not an integer.
   */
  setMaxRegexListeners(n) {
    if (!isInteger(n)) throw new Error('n must be integer');
    Emitter.#registryOf(this).maxRegexListeners = n;
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

    const registry = this.#registry;
    if (registry === undefined) return false;

    const found = registry.byName[eventName];
    if (found instanceof Listener) {
      // Written out instead of `found.execute(…)`, so that the whole is inlined into the caller: 29 ns
      // an emit instead of 40 (Node 20).
      const event = { name: eventName };
      const result = found.handler.apply(toRecord(found, event), args);
      found.execCount += 1;
      if (found.execLimit && found.execCount >= found.execLimit) found.onExpire(found);
      const results = [result];
      // Read only now: the handler may have added a listener by pattern, which then takes part.
      return registry.byRegex === undefined ? results : executeByRegex(registry, event, args, results);
    }
    if (found === undefined && registry.byRegex === undefined) return false;
    return executeAll(registry, eventName, args);
  }

  /**
   * Emits, and waits for the promises the handlers return.
   * @param {string | string[]} eventName
   * @param {any[]} args Arguments of the handlers.
   * @returns {Promise<any[]>} What the handlers resolved with; rejects with `No listener` without any.
   * @throws {Error} At once, not as a rejection, what `emit` throws.
   */
  emitAsync(eventName, ...args) {
    const results = this.emit(eventName, ...args);
    return results ? Promise.all(results) : Promise.reject(new Error('No listener'));
  }
}

module.exports = Emitter;
