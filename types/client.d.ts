/**
 * Types of the client, the same for Node and for browsers:
 *
 * ```ts
 * import LineClient from 'line-socket-native/client-web';
 * const client = new LineClient<ClientToServer, ServerToClient>('ws://localhost:3000');
 * ```
 *
 * The maps of messages are those of the server, in the same order; without them, messages may have any payload.
 */

import './dispose.js';
import { Emitter } from './emitter.js';
import type { EmitterEvents } from './emitter.js';
import type { ClientOptions, MessagesOptions, QueueOptions, SendOptions, WebSocketClass } from './client-options.js';
import { LineError } from './errors.js';
import type {
  AnyErrorCode, ClientErrorCode, ClientErrorCodes, LineErrorCode, MessageErrorCode, MessageErrorCodes,
} from './errors.js';
import { Message } from './messages.js';
import type {
  AnyMessages, MessageEvents, MessageListeners, MessageMap, MessageName, MessageShape, PayloadOf, ResponseOf, ValueArgs,
} from './messages.js';

/** How a connection ended: the close event of the WebSocket, which always has these properties. */
interface CloseInfo {
  /** Close code (RFC 6455 section 7.4); 1006 when the connection was lost. */
  readonly code: number;
  /** The peer's reason; may be empty. */
  readonly reason: string;
}

/** Whether a client was sent the messages that it has missed in a room. */
interface Recovery {
  /** The room. */
  readonly room: string;
  /** Whether the client has received all of them. If not, some are lost: ask the server for the state. */
  readonly recovered: boolean;
  /**
   * How many messages from before the join the client is sent. A message that it has already received from another room is
   * not emitted again.
   */
  readonly replayed: number;
}

/** Events of a client besides the messages of the server. */
interface ClientEvents extends EmitterEvents {
  // facts: client-event-types
  /** An attempt to connect begins. */
  _connecting: [];
  /** The attempt failed: `cWebsocketError`, `cHandshakeError` or `cHandshakeRejected`. */
  _connecting_error: [error: LineError<ClientErrorCode>];
  /** The server resolved the handshake with this payload. */
  _connected: [payload: any];
  /** The client begins to disconnect. */
  _disconnecting: [];
  /** The connection has ended, or could not be made. */
  _disconnected: [event: CloseInfo];
  /**
   * After `_disconnected`: the server has given the id of this client to another connection, by `setIdAsync` with
   * `takeover`. The client does not connect again by itself; `connect()` takes the id back.
   */
  _taken_over: [];
  /**
   * The server has let the client into a room again for which the client had sent a position, or has lost messages of
   * a room that the client is in; `recovery` tells whether the client has got every message since then.
   */
  _recovered: [recovery: Recovery];
  /** A message could not be read or is too large, a response could not be sent, or the connection failed. */
  _error: [error: LineError<ClientErrorCode | MessageErrorCode>];
  // /facts
}

/**
 * The client.
 * @typeParam ClientToServer Messages clients send, by name.
 * @typeParam ServerToClient Messages the server sends, by name.
 */
declare class LineClient<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> extends Emitter<ClientEvents, MessageListeners<ServerToClient>, ServerToClient> {
  /** `url`: `ws://localhost` by default. Throws `cInvalidOptions`. */
  constructor(url?: string, options?: ClientOptions);

  /** Values of `state`. */
  static readonly State: {
    /** Not connected yet. */
    readonly READY: 'ready';
    /** The WebSocket is not open yet. */
    readonly CONNECTING: 'connecting';
    /** The WebSocket is open, the handshake not answered yet. */
    readonly HANDSHAKING: 'handshaking';
    /** The handshake was resolved. */
    readonly CONNECTED: 'connected';
    /** The server has not closed the connection yet. */
    readonly DISCONNECTING: 'disconnecting';
    /** Not connected any more; the next attempt to connect may be awaited. */
    readonly DISCONNECTED: 'disconnected';
  };
  /** Names of the {@link LineClient.ClientEvents | events} besides the messages of the server. */
  static readonly Event: {
    // facts: client-event-names
    /** An attempt to connect begins. */
    readonly CONNECTING: '_connecting';
    /** The attempt failed, or the server rejected the handshake. */
    readonly CONNECTING_ERROR: '_connecting_error';
    /** The server resolved the handshake with this payload. */
    readonly CONNECTED: '_connected';
    /** `disconnect()` has begun. */
    readonly DISCONNECTING: '_disconnecting';
    /** The connection has ended, or an attempt to connect has failed. */
    readonly DISCONNECTED: '_disconnected';
    /**
     * After `_disconnected`: the server has given the id of this client to another connection (4208), and the client
     * does not connect again by itself.
     */
    readonly TAKEN_OVER: '_taken_over';
    /**
     * The server let the client into a room again for which the client had sent a position, or has lost messages of a
     * room that the client is in; `recovered` says whether the client has got every message since then.
     */
    readonly RECOVERED: '_recovered';
    /** A message could not be read, a response not be sent, or the connection failed. */
    readonly ERROR: '_error';
    // /facts
  };
  /** Values of `code` of the client's errors. */
  static readonly ErrorCode: ClientErrorCodes;
  /** The URL of an HTTP request to the same server; undefined when it is not one of a WebSocket. */
  static ws2http(url: string): string | undefined;
  /** The URL of a WebSocket to the same server; undefined when it is not one of HTTP. */
  static http2ws(url: string): string | undefined;
  /**
   * Where redirects of a URL lead to; `followRedirections` asks this. May be replaced. `timeout`: ms to wait for the answer,
   * 3000 by default; 0 is no limit. Rejects when there is no answer in time, or no redirect.
   */
  static fetchResponseUrl(url: string, timeout?: number): Promise<string>;

  /** The URL given to the constructor. */
  readonly url: string;
  /** The URL that redirects have led to; null until `followRedirections` has found one. */
  readonly urlFollowed: string | null;
  /** The options with their defaults; live. */
  readonly options: ClientOptions & Required<Pick<ClientOptions, 'handshake' | 'responseTimeout' | 'reconnectOptions'>>;
  /** The id the server gave to this connection; null when not connected. */
  readonly id: string | null;
  /**
   * Where the client stands in rooms with history, by room: a new object, to be kept over a page load and given as
   * the option `positions`.
   */
  readonly positions: { [room: string]: string };
  /** One of {@link LineClient.State}. */
  readonly state: 'ready' | 'connecting' | 'handshaking' | 'connected' | 'disconnecting' | 'disconnected';

  /**
   * Starts connecting, and returns true; false when it is not ready or disconnected. Throws
   * `cWebsocketError` when the URL is not valid or there is no WebSocket.
   */
  connect(): boolean;
  /**
   * Connects and resolves with the value that the server resolved the handshake with; with `undefined` when the client is
   * connected already. Rejects with the error of `_connecting_error`, or `cDisconnected`.
   */
  connectAsync(): Promise<any>;
  /**
   * Starts disconnecting, and returns true; false when there is no connection. Ends reconnecting, unless
   * `retry`. `code`: 1000, the default, or 3000 to 4999. `reason`: at most 123 bytes. Throws
   * `cWebsocketError` when either cannot be sent.
   */
  disconnect(code?: number, reason?: string, retry?: boolean): boolean;
  /** Disconnects and resolves with the close event; with nothing when there is no connection. */
  disconnectAsync(code?: number, reason?: string, retry?: boolean): Promise<CloseInfo | undefined>;
  /**
   * Disconnects with 4205, ends reconnecting and iterations, and removes all listeners. Ends a connection, too, that a
   * listener of `_disconnected` begins meanwhile.
   */
  dispose(): Promise<void>;
  /** Same as `dispose`, for `await using`. In runtimes that have `Symbol.asyncDispose`: Node 18.18, 20.4 and later. */
  [Symbol.asyncDispose](): Promise<void>;

  /**
   * Sends a message and resolves with the server's response. Rejects with `cMessageRejected`,
   * `cMessageTimeout`, `cDisconnected`, `cInvalidJSON`, `cWebsocketError`; `cQueueFull` or `cQueueExpired`
   * with the option `queue`; `cInvalidOptions`. `options`: ms to wait for the response, or more: {@link LineClient.SendOptions}.
   */
  send<K extends keyof ClientToServer & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ClientToServer[K]>, [options?: number | SendOptions]>
  ): Promise<ResponseOf<ClientToServer[K]>>;
  /** Sends a message and resolves once the WebSocket has taken it. Rejects as `send`. */
  sendWithoutResponse<K extends keyof ClientToServer & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ClientToServer[K]>>
  ): Promise<void>;
  /**
   * The messages of a name for `for await`, from this call on and over reconnections, until the loop is
   * left, the signal aborted, or the client disposed of.
   */
  messages<K extends keyof ServerToClient & string>(
    name: K,
    options?: MessagesOptions,
  ): AsyncGenerator<Message<PayloadOf<ServerToClient[K]>, ResponseOf<ServerToClient[K]>>, void, undefined>;
  messages(name: RegExp, options?: MessagesOptions): AsyncGenerator<Message, void, undefined>;
  /**
   * Pings the server and resolves with `pong`; with nothing when the connection ends meanwhile. Without an answer in
   * `responseTimeout` it rejects with `cPingError`, disconnects and reconnects.
   */
  ping(): Promise<any>;
  /** Share of the time connected, 0 to 1; undefined unless the option `uptime` is on. */
  getUptime(): number | undefined;

  /** Sends a message with a new id: what `send` and `ping` call. An application may replace it. */
  send_(message: Message, timeout?: number, signal?: AbortSignal): Promise<any>;
  /** Sends a message as it is: what `sendWithoutResponse` calls. An application may replace it. */
  sendWithoutResponse_(message: Message): Promise<void>;
}

// A namespace cannot export the class it belongs to under that name.
import Self = LineClient;

declare namespace LineClient {
  export { Self as LineClient, Self as default };
  export type { AnyMessages, MessageListeners, MessageMap, MessageName, MessageShape, PayloadOf, ResponseOf, ValueArgs };
  export { Message, LineError as Error };
  export type { LineError, MessageEvents };
  export type { AnyErrorCode, ClientErrorCode, ClientErrorCodes, LineErrorCode, MessageErrorCode, MessageErrorCodes };
  export type { ClientEvents, ClientOptions, CloseInfo, MessagesOptions, QueueOptions, Recovery, SendOptions, WebSocketClass };
}

export = LineClient;
