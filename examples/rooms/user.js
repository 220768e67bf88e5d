// @ts-check
'use strict';

/**
 * Stands for the check of a token in the handshake.
 * @param {any} payload Of the handshake: `{ token }`.
 * @returns {string | undefined} The user that the token is of.
 */
function userOf(payload) {
  const token = payload?.token;
  return typeof token === 'string' ? /^token-of-(\w{1,50})$/.exec(token)?.[1] : undefined;
}

module.exports = { userOf };
