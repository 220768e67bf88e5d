// @ts-check
'use strict';

/** The enumerations that the client carries as static properties. */

const State = Object.freeze({
  READY: 'ready',
  CONNECTING: 'connecting',
  HANDSHAKING: 'handshaking',
  CONNECTED: 'connected',
  DISCONNECTING: 'disconnecting',
  DISCONNECTED: 'disconnected',
});

// facts: client-events
const Event = Object.freeze({
  CONNECTING: '_connecting',
  CONNECTING_ERROR: '_connecting_error',
  CONNECTED: '_connected',
  DISCONNECTING: '_disconnecting',
  DISCONNECTED: '_disconnected',
  TAKEN_OVER: '_taken_over',
  RECOVERED: '_recovered',
  ERROR: '_error',
});
// /facts

// facts: client-error-codes
const ErrorCode = Object.freeze({
  INVALID_OPTIONS: 'cInvalidOptions',
  INVALID_JSON: 'cInvalidJSON',
  HANDSHAKE_ERROR: 'cHandshakeError',
  HANDSHAKE_REJECTED: 'cHandshakeRejected',
  MESSAGE_TIMEOUT: 'cMessageTimeout',
  MESSAGE_REJECTED: 'cMessageRejected',
  MESSAGE_NOT_RESPONDED: 'cMessageNotResponded',
  WEBSOCKET_ERROR: 'cWebsocketError',
  DISCONNECT_TIMEOUT: 'cDisconnectError',
  PING_ERROR: 'cPingError',
  DISCONNECTED: 'cDisconnected',
  QUEUE_FULL: 'cQueueFull',
  QUEUE_EXPIRED: 'cQueueExpired',
});
// /facts

module.exports = { State, Event, ErrorCode };
