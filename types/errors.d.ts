/** Errors, and the values of their `code`; shared by server and client, nothing here needs Node. */

/** {@link MessageErrorCode} by name: what messages throw. */
export interface MessageErrorCodes {
  // facts: message-error-codes
  /**
   * `resolve`, `reject`, `broadcast`, `Message.parse`: the value cannot be written as JSON, or is not a message. An
   * error of `resolve` or `reject` that a handler does not catch goes to `_error`.
   */
  readonly INVALID_JSON: 'mInvalidJson';
  /** `resolve`, `reject` of a message whose sender awaits no response. */
  readonly MISSING_ID: 'mMissingId';
  /** A second `resolve` or `reject`. */
  readonly ALREADY_RESPONDED: 'mAlreadyResponded';
  // /facts
}

/** {@link ConnectionErrorCode} by name: of errors of connections. */
export interface ConnectionErrorCodes {
  // facts: connection-error-codes
  /** `send`: no response in time. */
  readonly MESSAGE_TIMEOUT: 'scMessageTimeout';
  /** `send`: the client rejected; `payload` is its error. */
  readonly MESSAGE_REJECTED: 'scMessageRejected';
  /** `_error`: a response could not be sent; `payload` says why. */
  readonly MESSAGE_NOT_RESPONDED: 'cMessageNotResponded';
  /**
   * `_error`: the client sent a text that is not a message, `payload` is the text; `send`, `info`: the value cannot
   * be written as JSON.
   */
  readonly INVALID_JSON: 'scInvalidJson';
  /** `setId`, `setIdAsync` after the handshake. */
  readonly HANDSHAKE_ENDED: 'scHandshakeEnded';
  /** `setId`, `setIdAsync`: another connection has the id. */
  readonly ID_CONFLICT: 'scIdConflict';
  /**
   * `send`, `sendWithoutResponse`: not connected, or the connection ended before the response; `joinRoomAsync`: the
   * connection has ended.
   */
  readonly DISCONNECTED: 'scDisconnected';
  /**
   * `close`: the code or reason cannot be sent; `_error`: the client violated the WebSocket protocol, `payload.code`
   * is the close code sent.
   */
  readonly WEBSOCKET_ERROR: 'scWebsocketError';
  /** `ping()`: no answer; `payload` is the cause. */
  readonly PING_ERROR: 'scPingError';
  /** Reserved: no error has it. A client that is silent fails a ping (`scPingError`). */
  readonly IDLE_TIMEOUT: 'scIdleTimeout';
  /**
   * `send`: `maxPendingSends` other `send`s already wait for a response; `send` of a room or of everyone: too many
   * clients have not answered yet, see `maxGatheredBytes`.
   */
  readonly TOO_MANY_SENDS: 'scTooManySends';
  /**
   * In `errors` of `send` of a room or of everyone: the response was dropped, since those that wait for others reach
   * `maxGatheredBytes`.
   */
  readonly RESPONSE_TOO_LARGE: 'scResponseTooLarge';
  // /facts
}

/** {@link ServerErrorCode} by name: of errors of the server itself. */
export interface ServerErrorCodes {
  // facts: server-error-codes
  /**
   * `new Server`, or setting a live option: an option is not valid; the message names it. Also thrown by methods: an
   * option is not valid, or the name of a room or the id of a connection cannot be written as a string, or an id not
   * as JSON.
   */
  readonly INVALID_OPTIONS: 'sInvalidOptions';
  /**
   * `start()` of a started server, `stop()` of a stopped one; `history` of a room that has none; an upgrade callback
   * returned a value that cannot be sent.
   */
  readonly INVALID_ACTION: 'sInvalidAction';
  /** `start()`: the server could not listen; `payload` is the system's error, such as `EADDRINUSE`. */
  readonly WEBSOCKET_ERROR: 'sWebsocketError';
  /**
   * The engine that joins servers cannot be reached: `start()` with `required`, `broadcastAsync`, and the event
   * `_down` of `server.nodes`; `payload` is its error.
   */
  readonly ADAPTER_DOWN: 'sAdapterDown';
  /**
   * `broadcastAsync`: so much waits for the engine that the message was not published; clients of this server have
   * it, unless the room has a history; see `maxQueuedBytes`.
   */
  readonly ADAPTER_BUSY: 'sAdapterBusy';
  // /facts
}

/** {@link ClientErrorCode} by name: of errors of the client. */
export interface ClientErrorCodes {
  // facts: client-error-codes
  /** `new LineClient`; also the options of `send` and `messages`: an option is not valid; the message names it. */
  readonly INVALID_OPTIONS: 'cInvalidOptions';
  /**
   * `_error`: the server sent a text that is not a message, `payload` is the text; `send`: the payload cannot be
   * written as JSON.
   */
  readonly INVALID_JSON: 'cInvalidJSON';
  /** `_connecting_error`: the handshake failed otherwise. */
  readonly HANDSHAKE_ERROR: 'cHandshakeError';
  /** `_connecting_error`: the server rejected the handshake; `payload` is its error. */
  readonly HANDSHAKE_REJECTED: 'cHandshakeRejected';
  /** `send`: no response in time. */
  readonly MESSAGE_TIMEOUT: 'cMessageTimeout';
  /** `send`: the server rejected; `payload` is its error. */
  readonly MESSAGE_REJECTED: 'cMessageRejected';
  /** `_error`: a response could not be sent; `payload` says why. */
  readonly MESSAGE_NOT_RESPONDED: 'cMessageNotResponded';
  /**
   * `connect`, `disconnect`: the URL, or the code or reason, is not valid; `_connecting_error`, `_error`: the
   * WebSocket failed.
   */
  readonly WEBSOCKET_ERROR: 'cWebsocketError';
  /** `_error`: the server did not close the connection within `disconnectTimeout`. */
  readonly DISCONNECT_TIMEOUT: 'cDisconnectError';
  /** `ping()`: no answer; `payload` is the cause. */
  readonly PING_ERROR: 'cPingError';
  /** `send`, `sendWithoutResponse`: not connected, or the connection ended before the response. */
  readonly DISCONNECTED: 'cDisconnected';
  /**
   * `send`, `sendWithoutResponse` with the option `queue`, and an iteration of `messages`: more than `max` messages
   * wait.
   */
  readonly QUEUE_FULL: 'cQueueFull';
  /** `send`, `sendWithoutResponse` with the option `queue`: no connection was made within `ttl`. */
  readonly QUEUE_EXPIRED: 'cQueueExpired';
  // /facts
}

/** Values of `code` of what messages throw. */
export type MessageErrorCode = MessageErrorCodes[keyof MessageErrorCodes];
/** Values of `code` of errors of connections. */
export type ConnectionErrorCode = ConnectionErrorCodes[keyof ConnectionErrorCodes];
/** Values of `code` of errors of the server itself. */
export type ServerErrorCode = ServerErrorCodes[keyof ServerErrorCodes];
/** Values of `code` of errors of the client. */
export type ClientErrorCode = ClientErrorCodes[keyof ClientErrorCodes];
/** Every value of `code` that errors of this package have. */
export type LineErrorCode = MessageErrorCode | ConnectionErrorCode | ServerErrorCode | ClientErrorCode;

/** One of the {@link LineErrorCode | codes there are}, or an application's own. */
export type AnyErrorCode = LineErrorCode | (string & {});

/**
 * Error of this package. Its `stack` never reaches a peer.
 * @typeParam Code What `code` may be. Handlers of `_error` know which codes there are.
 */
export interface LineError<Code extends string = AnyErrorCode> extends Error {
  /** `LineError`. */
  name: string;
  /** What happened: a value of one of the `ErrorCode` enums, or an application's own. */
  code: Code;
  /** What belongs to the error: the peer's error, the system's error, the raw text. */
  payload: any;
}

/** The class of {@link LineError}. */
export interface LineErrorConstructor {
  /** An error of an application's own, such as a handshake may be rejected with. */
  new <Code extends string = AnyErrorCode>(code: Code, message?: string, payload?: any): LineError<Code>;
  /**
   * The key of a mark: with the server's option `errors: 'public'` an error with `true` under it is sent
   * with its message and properties, as a `LineError` is; others as `internal`.
   */
  readonly PUBLIC: unique symbol;
  /** What `instanceof` makes of a value. */
  readonly prototype: LineError;
}

/** The class of the errors of this package; applications make their own with it. */
export declare const LineError: LineErrorConstructor;
