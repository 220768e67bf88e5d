// @ts-check
'use strict';

/** The enumerations that the classes carry as static properties (contract section 2). */

const { MessageName, MessageErrorCode } = require('../common/message-enums.js');

// facts: server-events
const ServerEvent = Object.freeze({
  HANDSHAKE: 'handshake',
  CONNECTION: 'connection',
  HEADERS: 'headers',
  ERROR: 'error',
});
// /facts

// facts: server-error-codes
const ServerErrorCode = Object.freeze({
  INVALID_OPTIONS: 'sInvalidOptions',
  INVALID_ACTION: 'sInvalidAction',
  WEBSOCKET_ERROR: 'sWebsocketError',
  ADAPTER_DOWN: 'sAdapterDown',
  ADAPTER_BUSY: 'sAdapterBusy',
});
// /facts

// facts: connection-events
const ConnectionEvent = Object.freeze({
  ERROR: '_error',
  DISCONNECTED: '_disconnected',
  DISCONNECTING: '_disconnecting',
  DRAIN: '_drain',
});
// /facts

const ConnectionState = Object.freeze({
  AWAITING_HANDSHAKE: 'awaitingHandshake',
  CONNECTED: 'connected',
  DISCONNECTED: 'disconnected',
});

// facts: connection-error-codes
const ConnectionErrorCode = Object.freeze({
  MESSAGE_TIMEOUT: 'scMessageTimeout',
  MESSAGE_REJECTED: 'scMessageRejected',
  MESSAGE_NOT_RESPONDED: 'cMessageNotResponded',
  INVALID_JSON: 'scInvalidJson',
  HANDSHAKE_ENDED: 'scHandshakeEnded',
  ID_CONFLICT: 'scIdConflict',
  DISCONNECTED: 'scDisconnected',
  WEBSOCKET_ERROR: 'scWebsocketError',
  PING_ERROR: 'scPingError',
  IDLE_TIMEOUT: 'scIdleTimeout',
  TOO_MANY_SENDS: 'scTooManySends',
  RESPONSE_TOO_LARGE: 'scResponseTooLarge',
});
// /facts

module.exports = {
  ServerEvent,
  ServerErrorCode,
  ConnectionEvent,
  ConnectionState,
  ConnectionErrorCode,
  MessageName,
  MessageErrorCode,
};
