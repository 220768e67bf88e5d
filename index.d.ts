/**
 * Types of `line-socket-native` for `require`: `const Server = require('line-socket-native')`. For
 * `import`, see `index.d.mts`.
 *
 * Without type arguments every message may carry anything. To have messages checked, describe them:
 *
 * ```ts
 * interface ClientToServer {
 *   hello: { payload: { name: string }; response: { hello: string } };
 *   note: { payload: string };
 * }
 * interface ServerToClient {
 *   news: { payload: string };
 * }
 * const server = new Server<ClientToServer, ServerToClient>({ port: 3000 });
 * ```
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one message carries: its payload, and the value it is resolved with. Absent means none. */
interface MessageShape {
  payload?: any;
  response?: any;
}

/** Names and shapes of the messages going one way; interfaces fit. */
type MessageMap<M> = { [K in keyof M]: MessageShape };

/** The map used without type arguments: any name, anything in it. */
interface AnyMessages {
  [name: string]: { payload: any; response: any };
}

type PayloadOf<T> = 'payload' extends keyof T ? T['payload'] : undefined;
type ResponseOf<T> = 'response' extends keyof T ? T['response'] : undefined;

/** Arguments of a method that takes a value: it may be left out only where `undefined` is allowed. */
type ValueArgs<V, Rest extends any[] = []> = undefined extends V
  ? [payload?: V, ...rest: Rest]
  : [payload: V, ...rest: Rest];

type OneOrMore<T> = T | readonly T[];
type EventName = string | RegExp;

/** A listener; what it returns is among the results of `emit`. */
type Handler<Args extends any[] = any[]> = (this: ListenerRecord, ...args: Args) => any;

/** Arguments of an event: a known one, else one of the open map. */
type EventArgs<Known, Open, K> = K extends keyof Known
  ? Extract<Known[K], any[]>
  : K extends keyof Open ? Extract<Open[K], any[]> : never;

/** A name, or several and patterns; a pattern alone is an overload of its own. */
type Names<K> = K | readonly (K | RegExp)[];

type Handlers<Known, Open, K> = OneOrMore<Handler<EventArgs<Known, Open, K>>>;
type EventKey<Known, Open> = (keyof Known | keyof Open) & string;

/** `this` inside a listener declared with `function`: a copy of the listener before this call. */
interface ListenerRecord {
  /** Name listened to; absent when listening by pattern. */
  eventName?: string;
  /** Pattern listened to; absent when listening by name. */
  eventNameRegex?: RegExp;
  handler: Handler;
  /** Calls completed before this one. */
  execCount: number;
  /** Calls allowed in all; 0 is no limit. */
  execLimit: number;
  onExpire(listener: object): void;
  /** The event emitted. */
  event: { name: string };
}

/** Events of every emitter about itself. */
interface EmitterEvents {
  /** Before a listener is added. */
  newListener: [eventName: EventName, handler: Handler];
  /** After a listener was removed. */
  removeListener: [eventName: EventName, handler: Handler];
}

/**
 * The emitter under the classes: the API of `event-emitter-extra` (contract section 2). Names may be
 * strings, patterns or arrays of these; handlers may be arrays.
 */
declare class Emitter<Known = {}, Open = { [name: string]: any[] }> {
  /** Listeners allowed per name. @default 10 */
  static defaultMaxListeners: number;
  /** Listeners by pattern allowed in all. @default 10 */
  static defaultMaxRegexListeners: number;

  /** Adds a listener. `limit`: calls after which it is removed; 0, the default, is no limit. */
  addListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>, limit?: number): this;
  addListener<K extends EventKey<Known, Open>>(name: Names<K>, handler: Handlers<Known, Open, K>, limit?: number): this;

  /** Adds a listener. Throws when the name has the maximum already. */
  on(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  on<K extends EventKey<Known, Open>>(name: Names<K>, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener for one call. */
  once(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  once<K extends EventKey<Known, Open>>(name: Names<K>, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener for a number of calls; 0 is no limit. */
  many(name: OneOrMore<RegExp>, count: number, handler: OneOrMore<Handler>): this;
  many<K extends EventKey<Known, Open>>(name: Names<K>, count: number, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener before the others. Arrays are appended all the same. */
  prependListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>, limit?: number): this;
  prependListener<K extends EventKey<Known, Open>>(name: Names<K>, handler: Handlers<Known, Open, K>, limit?: number): this;

  /** Adds a listener before the others, for one call. */
  prependOnceListener(name: OneOrMore<RegExp>, handler: OneOrMore<Handler>): this;
  prependOnceListener<K extends EventKey<Known, Open>>(name: Names<K>, handler: Handlers<Known, Open, K>): this;

  /** Adds a listener before the others, for a number of calls. */
  prependManyListener(name: OneOrMore<RegExp>, count: number, handler: OneOrMore<Handler>): this;
  prependManyListener<K extends EventKey<Known, Open>>(name: Names<K>, count: number, handler: Handlers<Known, Open, K>): this;

  /** Removes the listeners of a handler. Throws when the name has no listeners at all. */
  removeListener(eventName: OneOrMore<EventName>, handler: OneOrMore<(...args: any[]) => any>): this;
  /** Removes the listeners of a name or pattern; without an argument, all. */
  removeAllListeners(eventName?: OneOrMore<EventName> | null): this;

  /** Names that have listeners. */
  eventNames(): string[];
  /** Patterns of the listeners by pattern. */
  regexes(): RegExp[];
  /** Handlers of a name or pattern. */
  listeners(eventName: EventName): Handler[];
  listenerCount(eventName: EventName): number;

  getMaxListeners(): number;
  /** Sets how many listeners a name may have; 0 is no limit. @default 10 */
  setMaxListeners(n: number): this;
  getMaxRegexListeners(): number;
  /** Sets how many listeners by pattern there may be; 0 allows none. @default 10 */
  setMaxRegexListeners(n: number): this;

  /** Calls the listeners. Returns what they returned, or `false` when there are none. */
  emit(eventName: OneOrMore<string>, ...args: any[]): any[] | false;
  /** Calls the listeners and waits for their promises; rejects with `No listener` when there are none. */
  emitAsync(eventName: OneOrMore<string>, ...args: any[]): Promise<any[]>;
}

/** Error of this package. Its `stack` never reaches a peer. */
declare class LineError extends Error {
  constructor(code: string, message?: string, payload?: any);
  name: string;
  /** A value of `Server.ErrorCode`, `ServerConnection.ErrorCode` or `Message.ErrorCode`. */
  code: string;
  /** What belongs to the error: the peer's error, the system's error, the raw text. */
  payload: any;
}

/** Events of a message, after it was responded to. */
interface MessageEvents extends EmitterEvents {
  resolved: [payload: any];
  rejected: [err: any];
}

/**
 * A message received. When the sender awaits a response (`id` is there), respond once with `resolve`
 * or `reject`, at any time.
 */
declare class Message<Payload = any, Response = any> extends Emitter<MessageEvents> {
  constructor(fields: { name: string; payload?: Payload; id?: string; err?: any });

  /** Names the protocol uses itself (contract section 1). */
  static readonly Name: { readonly RESPONSE: '_r'; readonly HANDSHAKE: '_h'; readonly PING: '_p' };
  /** The values of `Name`. */
  static readonly ReservedNames: string[];
  static readonly ErrorCode: {
    /** The payload or error does not go into JSON; perhaps it is circular. */
    readonly INVALID_JSON: 'mInvalidJson';
    /** The sender awaits no response. */
    readonly MISSING_ID: 'mMissingId';
    /** The message was responded to before. */
    readonly ALREADY_RESPONDED: 'mAlreadyResponded';
  };

  /** Reads the text of a message. Throws `mInvalidJson`. */
  static parse(raw: string | Buffer): Message;

  name: string;
  payload: Payload;
  /** Absent when the sender awaits no response. */
  id?: string;
  /** Error of a response. */
  err?: any;

  /** Sends a response. Throws `mMissingId`, `mAlreadyResponded` or `mInvalidJson`. */
  resolve(...args: ValueArgs<Response>): void;
  /** Sends an error as response. Throws `mMissingId`, `mAlreadyResponded` or `mInvalidJson`. */
  reject(err?: any): void;
  /** Sets the id, by default a random one, and returns it. */
  setId(id?: string): string;
  /** A response to this message, not sent. */
  createResponse(err?: any, payload?: any): Message;
  /** The message as sent: JSON with the keys `n`, `p`, `i`, `e`. */
  toString(): string;
  /** Removes all listeners. */
  dispose(): void;
}

/** The HTTP request that opened a connection. */
interface UpgradeRequest {
  readonly url: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as received. */
  readonly rawHeaders: string[];
  readonly httpVersion: string;
  readonly connection: PeerAddress;
  /** Same as `connection`. */
  readonly socket: PeerAddress;
}

interface PeerAddress {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** Whether the connection uses TLS. */
  readonly encrypted?: boolean;
}

/** The WebSocket of a connection. */
interface Socket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: 0 | 1 | 2 | 3;
  readonly upgradeReq: UpgradeRequest;
  /** Subprotocol agreed on; empty when none. */
  readonly protocol: string;
  /** Bytes that wait for the peer to read them. */
  readonly bufferedAmount: number;
  /** Starts the closing handshake (RFC 6455 section 7.1.2). */
  close(code?: number, reason?: string): void;
  /** Cuts the connection without a closing handshake. */
  terminate(): void;
}

/** Events of a connection besides the messages of its peer. */
interface ConnectionEvents extends EmitterEvents {
  /** A message could not be read or a response could not be sent. */
  _error: [error: Error];
  /** The connection ended, with the close code (RFC 6455 section 7.4) and reason. */
  _disconnected: [code: number, reason: string];
}

/** Listeners by name of message. */
type MessageListeners<M> = {
  [K in keyof M]: [message: Message<PayloadOf<M[K]>, ResponseOf<M[K]>>];
};

/** A connected client. The server makes these and emits them. */
declare class ServerConnection<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> extends Emitter<ConnectionEvents, MessageListeners<ClientToServer>> {
  private constructor();

  static readonly Event: { readonly ERROR: '_error'; readonly DISCONNECTED: '_disconnected' };
  static readonly State: {
    /** Open, handshake not resolved yet. */
    readonly AWAITING_HANDSHAKE: 'awaitingHandshake';
    /** Open, handshake resolved. */
    readonly CONNECTED: 'connected';
    /** Not open. */
    readonly DISCONNECTED: 'disconnected';
  };
  static readonly ErrorCode: {
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
    /** The socket failed; the system's error is the `payload`. */
    readonly WEBSOCKET_ERROR: 'scWebsocketError';
    /** A ping failed. */
    readonly PING_ERROR: 'scPingError';
    readonly IDLE_TIMEOUT: 'scIdleTimeout';
  };

  /** Unique among the connections of the server; a random UUID unless set. */
  readonly id: string;
  readonly state: 'awaitingHandshake' | 'connected' | 'disconnected';
  readonly server: Server<ClientToServer, ServerToClient>;
  readonly socket: Socket;

  /** Sets the id while the handshake is awaited. Throws `scHandshakeEnded` or `scIdConflict`. */
  setId(id: string): void;
  /** Joins a room, which is made when it is not there. */
  joinRoom(name: string): void;
  leaveRoom(name: string): void;
  /** Names of the rooms joined. */
  getRooms(): string[];

  /**
   * Sends a message and resolves with the client's response. Rejects with `scMessageRejected`,
   * `scMessageTimeout`, `scDisconnected`, `scInvalidJson` or `scWebsocketError`. `timeout`: ms to
   * wait; 0 is forever; by default the option `responseTimeout`.
   */
  send<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [timeout?: number]>
  ): Promise<ResponseOf<ServerToClient[K]>>;
  /**
   * Sends a message and resolves once the system has taken it. Rejects with `scDisconnected`,
   * `scInvalidJson` or `scWebsocketError`.
   */
  sendWithoutResponse<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>>
  ): Promise<void>;
  /**
   * Sends a message with a new id and resolves with the response: what `ping` calls. An application may
   * replace it.
   */
  send_(message: Message, timeout?: number): Promise<any>;
  /** Pings the client and resolves with `pong`. Rejects with `scPingError`, and closes with 4201. */
  ping(): Promise<string>;
  /** Closes the connection after `delay` ms, by default at once; resolves when it is closed. */
  close(code?: number, reason?: string, delay?: number): Promise<void>;
}

/** Connections that get the same broadcasts. Gone when empty. */
declare class ServerRoom<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> {
  private constructor();

  /** Undefined for the room of all connections. */
  readonly name: string | undefined;
  add(connection: ServerConnection<ClientToServer, ServerToClient>): void;
  /** Returns whether the connection was in the room. */
  remove(connection: ServerConnection<ClientToServer, ServerToClient>): boolean;
  getConnectionById(id: string): ServerConnection<ClientToServer, ServerToClient> | undefined;
  /** The connections by id: a new object. */
  getConnections(): { [id: string]: ServerConnection<ClientToServer, ServerToClient> };
  getConnectionsCount(): number;
  /** Sends a message to every connection in the room. Throws `mInvalidJson`. */
  broadcast<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>>
  ): void;
}

/** What `verifyClient` decides on. */
interface VerifyInfo {
  /** Header `Origin`. */
  readonly origin: string | undefined;
  /** Whether the connection uses TLS. */
  readonly secure: boolean;
  readonly req: UpgradeRequest;
}

/** How `verifyClient` answers later. `code`: HTTP status, 401 by default. */
type VerifyCallback = (ok: boolean, code?: number, message?: string) => void;

/** Options of `new Server`. Times are integers in milliseconds, 0 turns them off. */
interface ServerOptions {
  /** Address to listen on. @default all */
  host?: string | null;
  /** Port to listen on; 0 takes a free one, see `address()`. */
  port?: number | null;
  /** Accept only requests for this path; others get status 400. @default any path */
  path?: string | null;
  /** Connections the system may keep waiting for acceptance. @default 511 */
  backlog?: number | null;
  /** Largest message a client may send, in bytes; a larger one closes with 1009. @default 104857600 */
  maxPayload?: number;
  /** Time a client has to respond to a message, in ms. @default 10000 */
  responseTimeout?: number;
  /** Time a client has to complete the handshake, in ms; then 4202. @default 60000 */
  handshakeTimeout?: number;
  /** Silence of a client, in ms, after which it is pinged. @default 15000 */
  pingInterval?: number;
  /** Time a client has to answer a close frame before it is cut, in ms. @default 30000 */
  closeTimeout?: number;
  /**
   * Decides whether a client may connect. Declared with one parameter, by returning: a falsy value is
   * status 401. With two, by calling `callback`, which takes the status and message of a refusal.
   * @default everyone may
   */
  verifyClient?: ((info: VerifyInfo, callback: VerifyCallback) => boolean | void) | null;
  /** Chooses a subprotocol; `false` is status 401. @default the first offered */
  handleProtocols?: ((protocols: string[]) => string | false | null | undefined) | null;
  /** Accepted as the original accepts it. @default true */
  clientTracking?: boolean;
  /** Bytes received from one client that may wait for JavaScript; then it is read no more. @default 1048576 */
  highWaterMark?: number;
  /** Bytes that may wait for one client to read them. @default 16777216 */
  maxBufferedBytes?: number;
  /**
   * What happens at `maxBufferedBytes`: `close` ends the connection with 4206, `drop` leaves out
   * broadcasts and ends it at twice the limit. @default 'close'
   */
  slowConsumer?: 'close' | 'drop';
}

/** Events of a server. */
interface ServerEvents<
  ClientToServer extends MessageMap<ClientToServer>,
  ServerToClient extends MessageMap<ServerToClient>,
> extends EmitterEvents {
  /** A client asks to come in: resolve or reject the message. Without a listener everyone may. */
  handshake: [connection: ServerConnection<ClientToServer, ServerToClient>, handshake: Message];
  /** A client is connected, its handshake resolved. */
  connection: [connection: ServerConnection<ClientToServer, ServerToClient>];
  /** Lines of the answer to an upgrade request, before it is sent: may be changed. */
  headers: [headers: string[]];
  /** The listening socket failed. */
  error: [error: Error];
}

/**
 * The server (contract section 2).
 * @typeParam ClientToServer Messages clients send, by name.
 * @typeParam ServerToClient Messages the server sends, by name.
 */
declare class Server<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> extends Emitter<ServerEvents<ClientToServer, ServerToClient>> {
  /** Throws `sInvalidOptions`. */
  constructor(options?: ServerOptions);

  static readonly Event: {
    readonly HANDSHAKE: 'handshake';
    readonly CONNECTION: 'connection';
    readonly HEADERS: 'headers';
    readonly ERROR: 'error';
  };
  static readonly ErrorCode: {
    /** An option is not valid; thrown by the constructor. */
    readonly INVALID_OPTIONS: 'sInvalidOptions';
    /** Started twice or stopped while not started. */
    readonly INVALID_ACTION: 'sInvalidAction';
    /** Listening failed; the system's error is the `payload`. */
    readonly WEBSOCKET_ERROR: 'sWebsocketError';
  };

  /** The options with their defaults. Live: a change of `responseTimeout` holds for later sends. */
  options: ServerOptions & Required<Pick<ServerOptions, 'responseTimeout' | 'handshakeTimeout' | 'pingInterval'>>;
  readonly rooms: {
    /** The room of all connections. */
    readonly root: ServerRoom<ClientToServer, ServerToClient>;
    getRoom(name: string): ServerRoom<ClientToServer, ServerToClient> | undefined;
  };

  /** Starts listening. Rejects with `sInvalidAction` or `sWebsocketError`. */
  start(): Promise<void>;
  /** Disconnects everyone and frees the port; `start` works again. Rejects with `sInvalidAction`. */
  stop(): Promise<void>;
  /** Where the server listens; null when it does not. */
  address(): AddressInfo | null;

  /** The connections by id: a new object. */
  getConnections(): { [id: string]: ServerConnection<ClientToServer, ServerToClient> };
  getConnectionById(id: string): ServerConnection<ClientToServer, ServerToClient> | undefined;
  /** Sends a message to every connection. Throws `mInvalidJson`. */
  broadcast<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>>
  ): void;
  /** Undefined when nobody is in it. */
  getRoom(name: string): ServerRoom<ClientToServer, ServerToClient> | undefined;
  /** Names of the rooms of a connection. */
  getRoomsOf(connection: ServerConnection<ClientToServer, ServerToClient>): string[];
  removeFromAllRooms(connection: ServerConnection<ClientToServer, ServerToClient>): void;
}

// A namespace cannot export the class it belongs to under that name.
import Self = Server;

declare namespace Server {
  export { Self as Server, Self as default };
  export { ServerConnection, ServerConnection as Connection };
  export { ServerRoom, ServerRoom as Room };
  export { LineError, LineError as Error };
  export { Message };
  export type { AnyMessages, EventName, Handler, ListenerRecord, MessageMap, MessageShape };
  export type { ServerOptions, Socket, UpgradeRequest, PeerAddress, VerifyCallback, VerifyInfo };
}

export = Server;
