// @ts-check
'use strict';

/** The enumerations that the classes carry as static properties (contract section 2). */

const { MessageName, MessageErrorCode } = require('../common/message-enums.js');

const ServerEvent = Object.freeze({
  HANDSHAKE: 'handshake',
  CONNECTION: 'connection',
  HEADERS: 'headers',
  ERROR: 'error',
});

const ServerErrorCode = Object.freeze({
  INVALID_OPTIONS: 'sInvalidOptions',
  INVALID_ACTION: 'sInvalidAction',
  WEBSOCKET_ERROR: 'sWebsocketError',
});

const ConnectionEvent = Object.freeze({
  ERROR: '_error',
  DISCONNECTED: '_disconnected',
  DRAIN: '_drain',
  DISCONNECTING: '_disconnecting',
});

const ConnectionState = Object.freeze({
  AWAITING_HANDSHAKE: 'awaitingHandshake',
  CONNECTED: 'connected',
  DISCONNECTED: 'disconnected',
});

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
});

module.exports = {
  ServerEvent,
  ServerErrorCode,
  ConnectionEvent,
  ConnectionState,
  ConnectionErrorCode,
  MessageName,
  MessageErrorCode,
};
