// @ts-check
'use strict';

/**
 * Every error this package reports, told apart by `code` (contract section 2).
 *
 * An error goes to the peer with its own enumerable properties (contract section 1). So `name`,
 * `message`, `code` and `payload` are enumerable, in this order, and the stack is not: it must not
 * leave the process, as it does with the original.
 */
class LineError extends Error {
  /**
   * The key of a mark: with the option `errors: 'public'` an error that has `true` under it travels as it
   * is, as every `LineError` does. No JSON makes a symbol, so no peer can set it.
   */
  static PUBLIC = Symbol.for('line-socket-native.public');

  /**
   * @param {string} code What happened: a value of one of the `ErrorCode` enums.
   * @param {string} message The same for people.
   * @param {any} [payload] What belongs to it: the peer's error, the system's error, the raw text.
   */
  constructor(code, message, payload) {
    // Without the message: `Error` would add it first, and not enumerable.
    super();
    this.name = 'LineError';
    this.message = message;
    this.code = code;
    this.payload = payload;
  }
}

Object.defineProperty(LineError.prototype, LineError.PUBLIC, { value: true, writable: true, configurable: true });

module.exports = LineError;
