/** Errors, and the values of their `code`; shared by server and client, nothing here needs Node. */

/** {@link MessageErrorCode} by name: what messages throw. */
export interface MessageErrorCodes {
  /** The payload or error does not go into JSON; perhaps it is circular. */
  readonly INVALID_JSON: 'mInvalidJson';
  /** The sender awaits no response. */
  readonly MISSING_ID: 'mMissingId';
  /** The message was responded to before. */
  readonly ALREADY_RESPONDED: 'mAlreadyResponded';
}

/** {@link ConnectionErrorCode} by name: of errors of connections. */
export interface ConnectionErrorCodes {
  /** No response in time. */
  readonly MESSAGE_TIMEOUT: 'scMessageTimeout';
  /** The client rejected the message; its error is the `payload`. */
  readonly MESSAGE_REJECTED: 'scMessageRejected';
  /** A response could not be sent; emitted as `_error`. */
  readonly MESSAGE_NOT_RESPONDED: 'cMessageNotResponded';
  /** Bad JSON received (the raw text is the `payload`), or a payload that does not go into JSON. */
  readonly INVALID_JSON: 'scInvalidJson';
  /** The id cannot be set after the handshake. */
  readonly HANDSHAKE_ENDED: 'scHandshakeEnded';
  /** Another connection has the id. */
  readonly ID_CONFLICT: 'scIdConflict';
  /** The client is not connected, or went away before it responded. */
  readonly DISCONNECTED: 'scDisconnected';
  /** The close code or reason cannot be sent. */
  readonly WEBSOCKET_ERROR: 'scWebsocketError';
  /** A ping failed. */
  readonly PING_ERROR: 'scPingError';
  /** In the contract, but no error has it. */
  readonly IDLE_TIMEOUT: 'scIdleTimeout';
  /** `maxPendingSends` others wait for a response already. */
  readonly TOO_MANY_SENDS: 'scTooManySends';
}

/** {@link ServerErrorCode} by name: of errors of the server itself. */
export interface ServerErrorCodes {
  /** An option is not valid; thrown by the constructor. */
  readonly INVALID_OPTIONS: 'sInvalidOptions';
  /** Started twice or stopped while not started; an answer to an upgrade that cannot be given. */
  readonly INVALID_ACTION: 'sInvalidAction';
  /** Listening or the promise of a callback failed; the system's error, or the reason, is the `payload`. */
  readonly WEBSOCKET_ERROR: 'sWebsocketError';
}

/** {@link ClientErrorCode} by name: of errors of the client. */
export interface ClientErrorCodes {
  /** The URL or an option is not valid; thrown by the constructor. */
  readonly INVALID_OPTIONS: 'cInvalidOptions';
  /** What is no message came (the raw text is the `payload`), or a payload does not go into JSON. */
  readonly INVALID_JSON: 'cInvalidJSON';
  /** The handshake failed. */
  readonly HANDSHAKE_ERROR: 'cHandshakeError';
  /** The server rejected the handshake; its error is the `payload`. */
  readonly HANDSHAKE_REJECTED: 'cHandshakeRejected';
  /** No response in time. */
  readonly MESSAGE_TIMEOUT: 'cMessageTimeout';
  /** The server rejected the message; its error is the `payload`. */
  readonly MESSAGE_REJECTED: 'cMessageRejected';
  /** A response could not be sent; emitted as `_error`. */
  readonly MESSAGE_NOT_RESPONDED: 'cMessageNotResponded';
  /** The WebSocket failed, or cannot be made or closed like this; the cause is the `payload`. */
  readonly WEBSOCKET_ERROR: 'cWebsocketError';
  /** The server did not close the connection in time; emitted as `_error`. */
  readonly DISCONNECT_TIMEOUT: 'cDisconnectError';
  /** A ping failed; the cause is the `payload`. */
  readonly PING_ERROR: 'cPingError';
  /** Not connected, or the connection ended before the response. */
  readonly DISCONNECTED: 'cDisconnected';
  /** More than `max` messages wait: for a connection, or to be read by an iteration. */
  readonly QUEUE_FULL: 'cQueueFull';
  /** No connection was made within `ttl`. */
  readonly QUEUE_EXPIRED: 'cQueueExpired';
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
