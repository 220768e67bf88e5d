/**
 * Types of `line-socket-native` for `require`: `const Server = require('line-socket-native')`. For
 * `import`, see `types/index.d.mts`.
 *
 * Without type arguments, messages may have any payload. To have messages checked, describe them:
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

import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import './types/dispose.js';
import type { AdapterStats, AdapterTls, Engine, EngineEntry, EngineHistory, EngineReading, EngineSink, RedisAdapterOptions } from './types/adapter.js';
import type { PerMessageDeflateOptions, ZlibDeflateOptions, ZlibInflateOptions } from './types/compression.js';
import { Emitter } from './types/emitter.js';
import type { EmitterEvents, EventName, Handler, Listener, ListenerRecord } from './types/emitter.js';
import { LineError } from './types/errors.js';
import type { History, HistoryOptions, HistoryRule, JoinOptions, JoinResult, StoredMessage } from './types/history.js';
import type {
  AnyErrorCode, ConnectionErrorCode, ConnectionErrorCodes, LineErrorCode, MessageErrorCode, MessageErrorCodes,
  ServerErrorCode, ServerErrorCodes,
} from './types/errors.js';
import type { NodeAnswers, NodeInfo, Nodes, NodesEvents, Resumed } from './types/nodes.js';
import { Message } from './types/messages.js';
import type {
  AnyMessages, MessageEvents, MessageListeners, MessageMap, MessageName, MessageShape, PayloadOf, ResponseOf, ValueArgs,
} from './types/messages.js';
import type { EncryptedKey, ListenOptions, Pem, ServerOptions, TlsOptions, VerifyCallback, VerifyInfo } from './types/options.js';
import type { Answers, AskOptions, BroadcastOptions, Except, ExceptConnection, FetchOptions, RemoteConnection, Target } from './types/rooms.js';
import type { Presence, PresenceChange, PresenceEvents, PresenceMember, PresenceRule } from './types/presence.js';
import type { HistoryCounts, RecoveryCounts, RefusedConnections, ServerStats } from './types/stats.js';
import type { StopOptions } from './types/stop.js';
import type { DeflateParameters, PeerAddress, Socket, SocketServer, UpgradeRequest } from './types/socket.js';

/** Events of a connection besides the messages of its peer. */
interface ConnectionEvents extends EmitterEvents {
  // facts: connection-event-types
  /** A message could not be read, a response could not be sent, or the client broke the protocol. */
  _error: [error: LineError<ConnectionErrorCode | MessageErrorCode>];
  /** The connection has ended, with the close code (RFC 6455 section 7.4) and reason. */
  _disconnected: [code: number, reason: string];
  /**
   * The server is being stopped with `drain`: the connection will be closed with this code and reason when no answer
   * is outstanding, and after so many milliseconds in any case.
   */
  _disconnecting: [code: number, reason: string, left: number];
  /**
   * All that waited for the client has left, after it had reached `highWaterMark`. An application that stopped
   * sending because of `writableNeedDrain` can go on.
   */
  _drain: [];
  // /facts
}

/** A connected client. The server makes these and emits them. */
declare class ServerConnection<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> extends Emitter<ConnectionEvents, MessageListeners<ClientToServer>, ClientToServer> {
  private constructor();

  /** Names of the {@link ConnectionEvents | events} besides the messages of the client. */
  static readonly Event: {
    // facts: connection-event-names
    /** A message could not be read, a response not be sent, or the client broke the protocol. */
    readonly ERROR: '_error';
    /** The connection has ended. */
    readonly DISCONNECTED: '_disconnected';
    /** The server is being stopped with `drain`; the connection will be closed when no answer is outstanding. */
    readonly DISCONNECTING: '_disconnecting';
    /** The backlog of the client is empty, after it had reached `highWaterMark`. */
    readonly DRAIN: '_drain';
    // /facts
  };
  /** Values of `state`. */
  static readonly State: {
    /** Open, handshake not resolved yet. */
    readonly AWAITING_HANDSHAKE: 'awaitingHandshake';
    /** Open, handshake resolved. */
    readonly CONNECTED: 'connected';
    /** Not open. */
    readonly DISCONNECTED: 'disconnected';
  };
  /** Values of `code` of the errors of connections. */
  static readonly ErrorCode: ConnectionErrorCodes;

  /** Unique among the connections of the server; a random UUID unless set, of version 4, with the option `adapter` of version 8. */
  readonly id: string;
  /** One of {@link ServerConnection.State}. */
  readonly state: 'awaitingHandshake' | 'connected' | 'disconnected';
  /** The server it belongs to. */
  readonly server: Server<ClientToServer, ServerToClient>;
  /** The WebSocket under it. */
  readonly socket: Socket;
  /** Bytes that wait to be handed to the system; 0 when the connection has ended. */
  readonly bufferedAmount: number;
  /**
   * Whether to wait before sending more, as with a stream of Node: `bufferedAmount` has reached the
   * option `highWaterMark`, and `_drain` will be emitted once all of it has left.
   */
  readonly writableNeedDrain: boolean;
  /** Whether the client has brought positions in rooms with history: it was connected before. False once it has ended. */
  readonly returning: boolean;

  /**
   * Any JSON value that others can read: by `fetch` of a room, and by presence. Assigning stores a copy; changes inside the
   * value that is read are not stored. Assigning a value that is not JSON throws `scInvalidJson`.
   */
  info: unknown;

  /** Sets the id before the handshake is resolved. Throws `scHandshakeEnded`, `scIdConflict`, or `sInvalidOptions` for what is no id. */
  setId(id: string): void;
  /**
   * Sets the id before the handshake is resolved, and resolves when it is reserved. `conflict` says what happens when another
   * connection has the id: with `'reject'`, which is the default, this rejects with `scIdConflict`; with `'takeover'` the other
   * connection leaves its rooms and is closed with 4208. Rejects with `scHandshakeEnded` or `sInvalidOptions`, too.
   * With the option `adapter` the id is reserved on all servers, until the connection ends. Redis then knows ids that were
   * set by this method, and none that were set by `setId`. While the engine is not reachable the id holds on this server;
   * it is reserved when the engine is back, and the connection is closed with 4208 if another server has reserved it since.
   */
  setIdAsync(id: string, options?: { conflict?: 'reject' | 'takeover' }): Promise<void>;
  /** Joins a room; the room is made when it does not exist. A client that returns to a room with history is sent what it missed. */
  joinRoom(name: string): void;
  /**
   * Joins a room, and resolves with how many earlier messages the client was sent. Rejects with `scDisconnected`, or
   * `sInvalidOptions`.
   */
  joinRoomAsync(name: string, options?: JoinOptions): Promise<JoinResult>;
  /** Leaves a room; does nothing when the connection is not in it. */
  leaveRoom(name: string): void;
  /** Names of the rooms joined. */
  getRooms(): string[];

  /**
   * Sends a message and resolves with the client's response. Rejects with `scMessageRejected`,
   * `scMessageTimeout`, `scDisconnected`, `scTooManySends` or `scInvalidJson`. `timeout`: ms to wait; 0 is forever; by
   * default the option `responseTimeout`.
   */
  send<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [timeout?: number]>
  ): Promise<ResponseOf<ServerToClient[K]>>;
  /**
   * Sends a message and resolves once the system has taken it. Rejects with `scDisconnected` or
   * `scInvalidJson`. Need not be awaited: `scDisconnected` is then no unhandled rejection.
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
  /**
   * Pings the client and resolves with `pong`. Without an answer it rejects with `scPingError`: the
   * connection leaves its rooms, its id is free, and it is closed with 4201.
   */
  ping(): Promise<string>;
  /**
   * Closes the connection after `delay` ms, by default at once; resolves when it is closed. From then on
   * nothing that the client sends reaches a handler; its answers still settle `send`s. The delay has no upper
   * limit; `Infinity` is never. `code`: 1000 by default. `reason`: at most 123 bytes. Rejects with
   * `scWebsocketError` when either cannot be sent (RFC 6455 section 7.4), or the delay is `NaN`.
   */
  close(code?: number, reason?: string, delay?: number): Promise<void>;
}

/** Connections that get the same broadcasts. A room is removed when it is empty. */
declare class ServerRoom<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> {
  private constructor();

  /** Undefined for the room of all connections. */
  readonly name: string | undefined;
  /**
   * Adds a connection; does nothing when it is in the room. A connection whose handshake is not resolved is not added to
   * the room of all connections: it joins when the handshake is resolved.
   */
  add(connection: ServerConnection<ClientToServer, ServerToClient>): void;
  /** Returns whether the connection was in the room. */
  remove(connection: ServerConnection<ClientToServer, ServerToClient>): boolean;
  /** The connection with this id; undefined when it is not in the room. */
  getConnectionById(id: string): ServerConnection<ClientToServer, ServerToClient> | undefined;
  /** The connections by id: a new object. */
  getConnections(): { [id: string]: ServerConnection<ClientToServer, ServerToClient> };
  /** How many connections are in the room. */
  getConnectionsCount(): number;
  /** Sends a message to every connection in the room. Throws `mInvalidJson`. */
  broadcast<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>>
  ): void;
}

/** The rooms of a server. A room exists while a connection is in it. */
interface Rooms<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> {
  /** The room of all connections whose handshake is resolved. */
  readonly root: ServerRoom<ClientToServer, ServerToClient>;
  /** Undefined when nobody is in it. */
  getRoom(name: string): ServerRoom<ClientToServer, ServerToClient> | undefined;
  /** Adds a connection to a room; the room is made when it does not exist. */
  add(name: string, connection: ServerConnection<ClientToServer, ServerToClient>): void;
  /** Removes a connection from a room. */
  remove(name: string, connection: ServerConnection<ClientToServer, ServerToClient>): void;
  /** Names of the rooms of a connection. */
  getRoomsOf(connection: ServerConnection<ClientToServer, ServerToClient>): string[];
  /** Removes a connection from every room. */
  removeFromAll(connection: ServerConnection<ClientToServer, ServerToClient>): void;
}

/** Events of a server. */
interface ServerEvents<
  ClientToServer extends MessageMap<ClientToServer> = AnyMessages,
  ServerToClient extends MessageMap<ServerToClient> = AnyMessages,
> extends EmitterEvents {
  // facts: server-event-types
  /**
   * A client has sent its handshake: resolve or reject the message. Without a listener every handshake is resolved.
   */
  handshake: [connection: ServerConnection<ClientToServer, ServerToClient>, handshake: Message];
  /** A client is connected, its handshake resolved. */
  connection: [connection: ServerConnection<ClientToServer, ServerToClient>];
  /** Lines of the answer to an upgrade request, before it is sent. They may be changed and added. */
  headers: [headers: string[]];
  /**
   * A connection could not be accepted, or the HTTP server of the option `server` failed. Or an upgrade was refused
   * with 500 because `verifyClient`, `handleProtocols` or a `headers` listener gave a value that cannot be used
   * (`sInvalidAction`, with that value as `payload`), or the promise of one was rejected (`sWebsocketError`, with the
   * reason as `payload`).
   */
  error: [error: NodeJS.ErrnoException | LineError];
  // /facts
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

  /** Names of the {@link ServerEvents | events}. */
  static readonly Event: {
    // facts: server-event-names
    /** A client has sent its handshake: resolve or reject the message. */
    readonly HANDSHAKE: 'handshake';
    /** A handshake was resolved. */
    readonly CONNECTION: 'connection';
    /** Before an upgrade is answered; lines may be changed and added. */
    readonly HEADERS: 'headers';
    /**
     * A connection could not be accepted, or an upgrade callback gave a value that cannot be used; the server
     * continues.
     */
    readonly ERROR: 'error';
    // /facts
  };
  /** Values of `code` of the server's own errors. */
  static readonly ErrorCode: ServerErrorCodes;

  /**
   * Refuses an upgrade by hand: answers on the socket that an HTTP server's `upgrade` event gives, and closes it. Nothing
   * that the client does meanwhile, not even a reset, ends the process. Does nothing when the socket is gone. Throws `sInvalidAction`
   * for a status or message that cannot be sent.
   * @param status An integer from 300 to 599, by default 404.
   * @param message The body, plain text; by default the status's reason phrase.
   */
  static refuseUpgrade(socket: Duplex, status?: number, message?: string): void;

  /**
   * The options with their defaults. Live: a change of `responseTimeout` holds for later sends. Names and
   * values that are set here are checked as by the constructor: throws `sInvalidOptions`.
   */
  options: ServerOptions & Required<Pick<ServerOptions, 'responseTimeout' | 'handshakeTimeout' | 'pingInterval'>>;
  /** The rooms. */
  readonly rooms: Rooms<ClientToServer, ServerToClient>;
  /** Null when the server was not started or is stopped. */
  readonly server: SocketServer | null;

  /**
   * Starts to listen, or to serve the HTTP server of the option `server`. Rejects with `sInvalidAction` or
   * `sWebsocketError`.
   */
  start(): Promise<void>;
  /**
   * Frees the port, or leaves the HTTP server of the option `server`, and disconnects everyone, at once or,
   * with `drain`, in good order; resolves when the last connection has ended, and `start` works again.
   * When it is called while the server starts, it resolves after that, and `start` rejects with `sInvalidAction`.
   * When it is called without options during a drain, it cuts the remaining connections. Rejects with `sInvalidAction` or `sInvalidOptions`,
   * and with another error when the native side fails: then `stop` can be called again.
   */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Same as `stop()`, for `await using server = new Server(…)`; does nothing when the server does not run.
   * In runtimes that have `Symbol.asyncDispose`: Node 18.18, 20.4 and later.
   */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Replaces the key, certificate and other settings of TLS; settings that are not given stay as they are.
   * Open connections keep the settings they began with. Throws `sInvalidOptions`, after which nothing has changed, and
   * `sInvalidAction` when the server has no option `tls`.
   */
  setSecureContext(tls: Partial<TlsOptions>): void;
  /**
   * The address that this server, or the HTTP server of the option `server`, listens on; for a Unix domain socket its path;
   * null when it does not listen.
   */
  address(): AddressInfo | string | null;
  /**
   * Serves an upgrade of any HTTP server; the arguments are those of its `upgrade` event. The request is
   * checked, and refused or answered, like one to a port of this server. While this server does not run,
   * requests are refused with 503. Throws `sInvalidAction` for a stream that was handed over before.
   * @param callback Called once the WebSocket is open, with what will be the connection's `socket`.
   */
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
    callback?: (socket: Socket) => void,
  ): void;

  /** The counters of the server: a new object. The cost does not depend on the number of connections. */
  getStats(): ServerStats;

  /** The connections by id: a new object. */
  getConnections(): { [id: string]: ServerConnection<ClientToServer, ServerToClient> };
  /** The connection with this id; undefined when there is none whose handshake is resolved. */
  getConnectionById(id: string): ServerConnection<ClientToServer, ServerToClient> | undefined;
  /** All connections whose handshake is resolved, as a target: they can be sent to, asked and listed like members of a room. */
  readonly everyone: Target<ServerToClient>;
  /** The connections in a room, or in any of several rooms, as a target. The rooms need not exist. */
  room(name: string | readonly string[]): Target<ServerToClient>;
  /** The connection with this id, in whichever process it is. It need not exist. */
  connection(id: string): RemoteConnection<ServerToClient>;
  /** The servers that are joined with this one, see the option `adapter`, and messages between them. */
  readonly nodes: Nodes;
  /** Sends a message to every connection. Throws `mInvalidJson` or `sInvalidOptions`. */
  broadcast<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [options?: BroadcastOptions]>
  ): void;
  /** Undefined when nobody is in it. */
  getRoom(name: string): ServerRoom<ClientToServer, ServerToClient> | undefined;
  /** Names of the rooms of a connection. */
  getRoomsOf(connection: ServerConnection<ClientToServer, ServerToClient>): string[];
  /** Removes a connection from every room. */
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
  export type { AdapterStats, AdapterTls, Engine, EngineEntry, EngineHistory, EngineReading, EngineSink, RedisAdapterOptions };
  export type { NodeAnswers, NodeInfo, Nodes, NodesEvents, Resumed };
  export type { Presence, PresenceChange, PresenceEvents, PresenceMember, PresenceRule };
  export type { Answers, AskOptions, BroadcastOptions, Except, ExceptConnection, FetchOptions, RemoteConnection, Target };
  export type { AnyMessages, MessageListeners, MessageMap, MessageName, MessageShape, PayloadOf, ResponseOf, Rooms, ValueArgs };
  export type { AnyErrorCode, ConnectionErrorCode, LineErrorCode, MessageErrorCode, ServerErrorCode };
  export type { ConnectionErrorCodes, MessageErrorCodes, ServerErrorCodes };
  export type { ConnectionEvents, MessageEvents, ServerEvents };
  export type { EventName, Handler, Listener, ListenerRecord };
  export type { EncryptedKey, ListenOptions, Pem, ServerOptions, TlsOptions, VerifyCallback, VerifyInfo };
  export type { HistoryCounts, RecoveryCounts, RefusedConnections, ServerStats, StopOptions };
  export type { PerMessageDeflateOptions, ZlibDeflateOptions, ZlibInflateOptions };
  export type { History, HistoryOptions, HistoryRule, JoinOptions, JoinResult, StoredMessage };
  export type { DeflateParameters, PeerAddress, Socket, SocketServer, UpgradeRequest };
}

export = Server;
