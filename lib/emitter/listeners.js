// @ts-check
'use strict';

const { Listener, toRecord } = require('./listener.js');

/** @typedef {import('./listener.js').EventName} EventName */
/** @typedef {import('./listener.js').Handler} Handler */

/**
 * The listeners of a name: a bare handler that has never been called, one listener, or several. A bare handler
 * saves memory: a {@link Listener} takes 64 bytes and an array 56, and most handlers of most connections are
 * never called.
 * @typedef {Handler | Listener | Listener[]} Entry
 */

/**
 * Entries by event name: an object that does not inherit from `Object.prototype`. It is made by a constructor,
 * because `Object.create(null)` makes a hash table from the start. With three names that is 186 bytes instead
 * of 49, and a lookup of 9.5 ns instead of 2.5 (Node 20). V8 makes it a hash table with many names or after
 * removals.
 * @constructor
 * @this {Record<string, Entry>}
 */
function EntriesByName() {}
EntriesByName.prototype = Object.create(null);

/**
 * Stands for a name whose first listener is being added: it is among `eventNames()` while
 * `newListener` is emitted. Never filled: the first listener replaces it.
 * @type {Listener[]}
 */
const NONE = [];
Object.freeze(NONE);

/** The listeners of one emitter, and how many it may have. */
class Listeners {
  /** @param {import('./emitter.js')} emitter */
  constructor(emitter) {
    /**
     * Removes a listener: one function for all, made with the first that needs it. Until then the emitter that has these
     * listeners.
     * @type {import('./emitter.js') | ((listener: Listener) => void)}
     */
    this.onExpire = emitter;
    /** @type {Record<string, Entry>} */
    this.byName = new (/** @type {any} */ (EntriesByName))();
    /**
     * Listeners by pattern; undefined when there are none.
     * @type {Listener[] | undefined}
     */
    this.byRegex = undefined;
    /**
     * Limits that differ from the defaults.
     * @type {{named?: number, patterns?: number} | undefined}
     */
    this.limits = undefined;
  }

  /** Listeners by pattern. */
  get patterns() {
    return this.byRegex ?? NONE;
  }

  /** @param {{named?: number, patterns?: number}} limits */
  limit(limits) {
    this.limits = { ...this.limits, ...limits };
  }

  /**
   * Makes a name known before its first listener is added.
   * @param {string} name
   */
  expect(name) {
    this.byName[name] ??= NONE;
  }

  /**
   * Number of listeners of a name.
   * @param {string} name
   */
  count(name) {
    const entry = this.byName[name];
    if (entry === undefined) return 0;
    return Array.isArray(entry) ? entry.length : 1;
  }

  /**
   * The listeners of a name, as a new array.
   * @param {string} name
   * @returns {Listener[] | undefined} Undefined when the name is unknown.
   */
  of(name) {
    const entry = settle(this, name);
    return Array.isArray(entry) ? entry.slice() : entry && [entry];
  }

  /**
   * The listeners of a pattern, as a new array. Patterns are the same when their text and flags are the same.
   * @param {RegExp} regex
   * @returns {Listener[]}
   */
  ofPattern(regex) {
    return this.patterns.filter((listener) => String(listener.eventNameRegex) === String(regex));
  }

  /**
   * @param {string} name
   * @param {Listener} listener
   * @param {boolean} prepend
   */
  insert(name, listener, prepend) {
    const entry = settle(this, name);
    if (entry === undefined || entry === NONE) {
      // Handlers see in `this` a limit, and a name that is a `String` object. A bare handler has neither.
      const isPlain = typeof listener.eventName === 'string' && listener.execLimit === 0;
      this.byName[name] = isPlain ? listener.handler : adopt(this, listener);
      return;
    }
    adopt(this, listener);
    if (!Array.isArray(entry)) this.byName[name] = prepend ? [listener, entry] : [entry, listener];
    else if (prepend) entry.unshift(listener);
    else entry.push(listener);
  }

  /**
   * @param {Listener} listener
   * @param {boolean} prepend
   */
  insertPattern(listener, prepend) {
    adopt(this, listener);
    this.byRegex ??= [];
    if (prepend) this.byRegex.unshift(listener);
    else this.byRegex.push(listener);
  }

  /**
   * Removes a listener that is still there. One that was removed during its own call expires after that.
   * @param {string} name
   * @param {Listener} listener
   */
  delete(name, listener) {
    const entry = this.byName[name];
    if (entry === listener || entry === NONE) {
      delete this.byName[name];
    } else if (Array.isArray(entry)) {
      const index = entry.indexOf(listener);
      if (index !== -1) entry.splice(index, 1);
      if (entry.length === 1) this.byName[name] = entry[0];
    }
  }

  /** @param {Listener} listener */
  deletePattern(listener) {
    if (this.byRegex === undefined) return;
    const index = this.byRegex.indexOf(listener);
    if (index !== -1) this.byRegex.splice(index, 1);
    if (this.byRegex.length === 0) this.byRegex = undefined;
  }

  /**
   * Calls every listener of an event: those of its name, then those by pattern.
   * @param {string} name
   * @param {any[]} args
   * @returns {any[] | false} The results; false without listeners.
   */
  execute(name, args) {
    const event = { name };
    // A copy, as a listener that expires leaves the list while it is walked.
    const named = this.of(name) ?? NONE;
    const results = named.map((listener) => listener.execute(toRecord(listener, event), args));
    this.executePatterns(event, args, results);
    return results.length > 0 ? results : false;
  }

  /**
   * Calls the listeners whose pattern matches an event, adding to the results of those called before.
   * All patterns are tested before the first handler runs.
   * @param {{name: string}} event
   * @param {any[]} args
   * @param {any[]} results
   * @returns {any[]} The results.
   */
  executePatterns(event, args, results) {
    const matching = this.patterns.filter((listener) => listener.testRegexWith(event.name));
    for (const listener of matching) results.push(listener.execute(toRecord(listener, event), args));
    return results;
  }
}

// Functions, because a private method would cost every object of the class a field.

/**
 * The listeners of a name. A bare handler becomes a listener.
 * @param {Listeners} listeners
 * @param {string} name
 * @returns {Listener | Listener[] | undefined}
 */
function settle(listeners, name) {
  const entry = listeners.byName[name];
  if (typeof entry !== 'function') return entry;
  return (listeners.byName[name] = adopt(listeners, new Listener(name, entry)));
}

/**
 * Lets a listener remove itself.
 * @param {Listeners} listeners
 * @param {Listener} listener
 */
function adopt(listeners, listener) {
  const { onExpire } = listeners;
  listener.onExpire = typeof onExpire === 'function'
    ? onExpire
    : (listeners.onExpire = onExpire.removeListener_.bind(onExpire));
  return listener;
}

module.exports = { Listeners };
