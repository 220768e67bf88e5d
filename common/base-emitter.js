// @ts-check
'use strict';

/**
 * The name of an event, or a pattern that names match.
 * @typedef {string | RegExp} EventName
 */

/**
 * Called with the arguments of the event.
 * @typedef {(...args: any[]) => any} Handler
 */

/**
 * The methods of both emitters, the server's and the client's, that only call `addListener` or `emit`.
 * They have `@this {any}` because the subclasses define those two.
 */
class BaseEmitter {
  /**
   * Same as `addListener` without a limit of calls.
   * @this {any}
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  on(eventName, handler) {
    return this.addListener(eventName, handler);
  }

  /**
   * Adds a listener for one call.
   * @this {any}
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  once(eventName, handler) {
    return this.addListener(eventName, handler, 1);
  }

  /**
   * Adds a listener for a number of calls.
   * @this {any}
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
   * @this {any}
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
   * @this {any}
   * @param {EventName | EventName[]} eventName
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  prependOnceListener(eventName, handler) {
    return this.addListener(eventName, handler, 1, true);
  }

  /**
   * Adds a listener before the others, for a number of calls.
   * @this {any}
   * @param {EventName | EventName[]} eventName
   * @param {number} count Calls; 0 is no limit.
   * @param {Handler | Handler[]} handler
   * @returns {this}
   */
  prependManyListener(eventName, count, handler) {
    return this.addListener(eventName, handler, count, true);
  }

  /**
   * Emits, and waits for the promises the handlers return.
   * @this {any}
   * @param {string | string[]} eventName
   * @param {any[]} args Arguments of the handlers.
   * @returns {Promise<any[]>} What the handlers resolved with; rejects with `No listener` without any.
   * @throws {Error} The error that `emit` throws, synchronously and not as a rejection.
   */
  emitAsync(eventName, ...args) {
    const results = this.emit(eventName, ...args);
    return results ? Promise.all(results) : Promise.reject(new Error('No listener'));
  }
}

module.exports = BaseEmitter;
