// @ts-check
'use strict';

/**
 * The close codes that server and client send or report. Applications may use others.
 * @typedef {object} CloseCode
 * @property {number} code
 * @property {string} name Of its constant.
 * @property {string} [from] Who sends it: `server`, `client` or `both`.
 * @property {string} [reason] The reason that the server gives, or of a code that is the client's.
 * @property {string} doc When, as the middle of a sentence.
 */

/** @type {CloseCode[]} */
module.exports = [
  { code: 1000, name: 'NORMAL', from: 'both', doc: '`close()` without a code; also reported when a client closes without a code' },
  { code: 1001, name: 'GOING_AWAY', from: 'server', doc: '`stop({ drain })`, unless it is given another code: connect again' },
  { code: 1002, name: 'PROTOCOL_ERROR', from: 'server', doc: 'the client broke RFC 6455: unmasked frame, reserved bits, bad opcode, length, fragment or close frame' },
  { code: 1006, name: 'ABNORMAL', doc: 'never sent: reported to `_disconnected` when a connection ended without a closing handshake, or by a violation' },
  { code: 1007, name: 'INVALID_PAYLOAD', from: 'server', doc: 'a text that is not UTF-8' },
  { code: 1009, name: 'MESSAGE_TOO_BIG', from: 'server', doc: 'a message longer than `maxPayload` (before the handshake is resolved: `maxHandshakePayload`), or in more frames than `maxFragments`' },
  { code: 1013, name: 'TRY_AGAIN_LATER', from: 'server', reason: 'Message took too long', doc: 'other clients wait for a compressed message of this one; see `maxInflatingBytes`' },
  { code: 4200, name: 'INTERNAL_ERROR', from: 'client', doc: 'internal error' },
  { code: 4201, name: 'PING_FAILED', from: 'both', reason: 'Ping failed', doc: 'a ping was not answered within `responseTimeout`; the reason of the client is `Auto ping failed`' },
  { code: 4202, name: 'HANDSHAKE_FAILED', from: 'both', reason: 'Handshake not completed after N ms', doc: 'the handshake was not completed in time; see `handshakeTimeout`. The reason of the client is `Handshake failed`; its limit is `handshake.timeout`' },
  { code: 4203, name: 'HANDSHAKE_REJECTED', from: 'both', reason: 'Handshake rejected', doc: 'the handshake was rejected: the client closes at once, the server 50 ms after its answer' },
  { code: 4204, name: 'DISCONNECT_TIMEOUT', doc: 'never sent: reported to `_disconnected` of the client, with the reason `Disconnect timeout`, when the server did not close the connection within `disconnectTimeout`' },
  { code: 4205, name: 'DISPOSED', from: 'client', doc: 'the client was disposed of; the reason is `Client disposed`' },
  { code: 4206, name: 'SLOW_CONSUMER', from: 'both', reason: 'Slow consumer', doc: 'the other side does not read: of the server see `maxBufferedBytes`; the client closes when its answers that wait take 256 MiB' },
  { code: 4207, name: 'RATE_LIMIT', from: 'server', reason: 'Rate limit', doc: 'the client sends more than `messagesPerSecond` or `bytesPerSecond` allow, for longer than `rateTimeout`' },
  { code: 4208, name: 'TAKEN_OVER', from: 'server', reason: 'Taken over', doc: 'another connection has taken the id, by `setIdAsync` with `conflict: "takeover"`. The client of this package does not connect again by itself, and emits `_taken_over`' },
  { code: 4209, name: 'TOO_LARGE_FOR_CLIENT', from: 'client', reason: 'Message too large', doc: "the server sent a message above the client's `maxPayload`" },
  { code: 4299, name: 'UNKNOWN_ERROR', from: 'client', doc: 'unknown error' },
];
