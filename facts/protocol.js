// @ts-check
'use strict';

/** Rules and texts that Rust and JavaScript both have to follow. */
module.exports = {
  /**
   * Which names of messages are reserved for the protocol and the library's own events: those that begin with `begin`.
   * Names that begin and end with `ordinary`, such as `__proto__`, are not (contract section 4).
   */
  reservedNames: { begin: '_', ordinary: '__' },

  /**
   * The header lines of status 503, beside those of every refusal: the server cannot serve an upgrade now, and the client
   * may try again after some seconds (RFC 9110 section 10.2.3).
   */
  unavailable: { contentType: 'Content-type: text/html', retryAfter: 'Retry-After: 10' },

  /** Time a peer whose upgrade is refused has to read the answer and to close. */
  refusalSeconds: 5,
};
