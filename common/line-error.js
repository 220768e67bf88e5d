// @ts-check
'use strict';

/**
 * The class of the errors that this package reports; `code` says which one it is (contract section 2).
 *
 * An error goes to the peer with its own enumerable properties (contract section 1). So `name`,
 * `message`, `code` and `payload` are enumerable, in this order, and the stack is not: it must not
 * leave the process, as it does with the original.
 */
class LineError extends Error {
  /**
   * @param {string} code What happened: a value of one of the `ErrorCode` enums.
   * @param {string} message The same for people.
   * @param {any} [payload] Details: the peer's error, the system's error, the raw text.
   */
  constructor(code, message, payload) {
    // Without the message: `Error` would define it before `name`, and not enumerable.
    super();
    this.name = 'LineError';
    this.message = message;
    this.code = code;
    this.payload = payload;
  }
}

// Only a server reads it, so the build for a `<script>` tag does without.
FULL: {
  /**
   * Marks an error as public: with the option `errors: 'public'`, an error that has `true` under this key is
   * sent as it is. Every `LineError` has it. JSON cannot make a symbol, so no peer can set it.
   */
  LineError.PUBLIC = Symbol.for('line-socket-native.public');
  Object.defineProperty(LineError.prototype, LineError.PUBLIC, { value: true, writable: true, configurable: true });
}

module.exports = LineError;
