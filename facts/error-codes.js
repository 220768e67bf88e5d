// @ts-check
'use strict';

/**
 * The codes of errors, by the enumeration that they are in.
 * @typedef {object} ErrorCode
 * @property {string} key In the enumeration.
 * @property {string} code
 * @property {string} doc When, as the middle of a sentence.
 */

/**
 * @typedef {object} ErrorCodes
 * @property {string} on Of which errors they are.
 * @property {string} path Where applications find the enumeration.
 * @property {ErrorCode[]} codes
 */

/** @type {ErrorCodes[]} */
module.exports = [
  {
    on: 'server',
    path: 'Server.ErrorCode',
    codes: [
      { key: 'INVALID_OPTIONS', code: 'sInvalidOptions', doc: '`new Server`, or setting a live option: an option is not valid; the message names it. Also thrown by methods: an option is not valid, or the name of a room or the id of a connection cannot be written as a string, or an id not as JSON' },
      { key: 'INVALID_ACTION', code: 'sInvalidAction', doc: '`start()` of a started server, `stop()` of a stopped one; `history` of a room that has none; an upgrade callback returned a value that cannot be sent' },
      { key: 'WEBSOCKET_ERROR', code: 'sWebsocketError', doc: "`start()`: the server could not listen; `payload` is the system's error, such as `EADDRINUSE`" },
      { key: 'ADAPTER_DOWN', code: 'sAdapterDown', doc: "the engine that joins servers cannot be reached: `start()` with `required`, `broadcastAsync`, and the event `_down` of `server.nodes`; `payload` is its error" },
      { key: 'ADAPTER_BUSY', code: 'sAdapterBusy', doc: '`broadcastAsync`: so much waits for the engine that the message was not published; clients of this server have it, unless the room has a history; see `maxQueuedBytes`' },
    ],
  },
  {
    on: 'connection',
    path: 'Server.Connection.ErrorCode',
    codes: [
      { key: 'MESSAGE_TIMEOUT', code: 'scMessageTimeout', doc: '`send`: no response in time' },
      { key: 'MESSAGE_REJECTED', code: 'scMessageRejected', doc: '`send`: the client rejected; `payload` is its error' },
      { key: 'MESSAGE_NOT_RESPONDED', code: 'cMessageNotResponded', doc: '`_error`: a response could not be sent; `payload` says why' },
      { key: 'INVALID_JSON', code: 'scInvalidJson', doc: '`_error`: the client sent a text that is not a message, `payload` is the text; `send`, `info`: the value cannot be written as JSON' },
      { key: 'HANDSHAKE_ENDED', code: 'scHandshakeEnded', doc: '`setId`, `setIdAsync` after the handshake' },
      { key: 'ID_CONFLICT', code: 'scIdConflict', doc: '`setId`, `setIdAsync`: another connection has the id' },
      { key: 'DISCONNECTED', code: 'scDisconnected', doc: '`send`, `sendWithoutResponse`: not connected, or the connection ended before the response; `joinRoomAsync`: the connection has ended' },
      { key: 'WEBSOCKET_ERROR', code: 'scWebsocketError', doc: '`close`: the code or reason cannot be sent; `_error`: the client violated the WebSocket protocol, `payload.code` is the close code sent' },
      { key: 'PING_ERROR', code: 'scPingError', doc: '`ping()`: no answer; `payload` is the cause' },
      { key: 'IDLE_TIMEOUT', code: 'scIdleTimeout', doc: 'reserved: no error has it. A client that is silent fails a ping (`scPingError`)' },
      { key: 'TOO_MANY_SENDS', code: 'scTooManySends', doc: '`send`: `maxPendingSends` other `send`s already wait for a response; `send` of a room or of everyone: too many clients have not answered yet, see `maxGatheredBytes`' },
      { key: 'RESPONSE_TOO_LARGE', code: 'scResponseTooLarge', doc: 'in `errors` of `send` of a room or of everyone: the response was dropped, since those that wait for others reach `maxGatheredBytes`' },
    ],
  },
  {
    on: 'client',
    path: 'LineClient.ErrorCode',
    codes: [
      { key: 'INVALID_OPTIONS', code: 'cInvalidOptions', doc: '`new LineClient`; also the options of `send` and `messages`: an option is not valid; the message names it' },
      { key: 'INVALID_JSON', code: 'cInvalidJSON', doc: '`_error`: the server sent a text that is not a message, `payload` is the text; `send`: the payload cannot be written as JSON' },
      { key: 'HANDSHAKE_ERROR', code: 'cHandshakeError', doc: '`_connecting_error`: the handshake failed otherwise' },
      { key: 'HANDSHAKE_REJECTED', code: 'cHandshakeRejected', doc: '`_connecting_error`: the server rejected the handshake; `payload` is its error' },
      { key: 'MESSAGE_TIMEOUT', code: 'cMessageTimeout', doc: '`send`: no response in time' },
      { key: 'MESSAGE_REJECTED', code: 'cMessageRejected', doc: '`send`: the server rejected; `payload` is its error' },
      { key: 'MESSAGE_NOT_RESPONDED', code: 'cMessageNotResponded', doc: '`_error`: a response could not be sent; `payload` says why' },
      { key: 'WEBSOCKET_ERROR', code: 'cWebsocketError', doc: '`connect`, `disconnect`: the URL, or the code or reason, is not valid; `_connecting_error`, `_error`: the WebSocket failed' },
      { key: 'DISCONNECT_TIMEOUT', code: 'cDisconnectError', doc: '`_error`: the server did not close the connection within `disconnectTimeout`' },
      { key: 'PING_ERROR', code: 'cPingError', doc: '`ping()`: no answer; `payload` is the cause' },
      { key: 'DISCONNECTED', code: 'cDisconnected', doc: '`send`, `sendWithoutResponse`: not connected, or the connection ended before the response' },
      { key: 'QUEUE_FULL', code: 'cQueueFull', doc: '`send`, `sendWithoutResponse` with the option `queue`, and an iteration of `messages`: more than `max` messages wait' },
      { key: 'QUEUE_EXPIRED', code: 'cQueueExpired', doc: '`send`, `sendWithoutResponse` with the option `queue`: no connection was made within `ttl`' },
    ],
  },
  {
    on: 'message',
    path: 'Server.Message.ErrorCode',
    codes: [
      { key: 'INVALID_JSON', code: 'mInvalidJson', doc: '`resolve`, `reject`, `broadcast`, `Message.parse`: the value cannot be written as JSON, or is not a message. An error of `resolve` or `reject` that a handler does not catch goes to `_error`' },
      { key: 'MISSING_ID', code: 'mMissingId', doc: '`resolve`, `reject` of a message whose sender awaits no response' },
      { key: 'ALREADY_RESPONDED', code: 'mAlreadyResponded', doc: 'a second `resolve` or `reject`' },
    ],
  },
];
