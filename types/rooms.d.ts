/** Types of targets: the connections that a message, a question or a command is for. */

import type { LineError } from './errors.js';
import type { History, HistoryOptions } from './history.js';
import type { Presence } from './presence.js';
import type { AnyMessages, MessageMap, PayloadOf, ResponseOf, ValueArgs } from './messages.js';

/** A connection that is left out, by its id. */
export interface ExceptConnection {
  /** The id of the connection. */
  readonly id: string;
}

/** Connections to leave out: a connection, its id, or a list of these. */
export type Except = ExceptConnection | string | readonly (ExceptConnection | string)[];

/** Which connections of a target get a message, and which do not. */
export interface BroadcastOptions {
  /** Connections that are left out. Those that have ended are ignored. */
  except?: Except;
  /** Names of rooms whose members are left out. */
  exceptRooms?: readonly string[];
  /** Only connections of this process. Without an adapter, all connections are. @default false */
  local?: boolean;
}

/** What `send` of a {@link Target} takes. */
export interface AskOptions extends BroadcastOptions {
  /** Milliseconds to wait for responses; 0 is forever. @default the option `responseTimeout` */
  timeout?: number;
  /** Resolves when this many have answered, with a response or an error. @default all */
  atLeast?: number;
}

/** What `fetch` of a {@link Target} takes. */
export interface FetchOptions {
  /** Most members in the result. @default no limit */
  limit?: number;
  /** Milliseconds to wait for other processes; 0 is forever. Without an adapter there are none. @default `requestTimeout` of the adapter */
  timeout?: number;
}

/** What `send` of a {@link Target} resolves with. Keys are ids of connections. */
export interface Answers<Response = any> {
  /** The values that the members resolved the message with. */
  responses: Map<string, Response>;
  /**
   * Members that rejected the message (`scMessageRejected`; the `payload` is their error), and members whose response was
   * dropped (`scResponseTooLarge`).
   */
  errors: Map<string, LineError>;
  /** Members that did not answer in time, or left. */
  silent: string[];
  /** Processes that did not answer. Without an adapter there are none. */
  missingNodes: string[];
}

/** A connection by its id, in whichever process it is. Each call looks for it again. */
export declare class RemoteConnection<ServerToClient extends MessageMap<ServerToClient> = AnyMessages> {
  private constructor();

  /** The id of the connection. */
  readonly id: string;
  /** The `info` that the connection had when it was fetched; undefined when it was not fetched, or has none. */
  readonly info: unknown;

  /**
   * Sends a message and resolves with the client's response. Rejects as `send` of a connection, with `scDisconnected`
   * when no connection has the id.
   */
  send<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [timeout?: number]>
  ): Promise<ResponseOf<ServerToClient[K]>>;
  /**
   * Sends a message and resolves once the system has taken it. Rejects as `sendWithoutResponse` of a connection, with
   * `scDisconnected` when no connection has the id.
   */
  sendWithoutResponse<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>>
  ): Promise<void>;
  /**
   * Begins to close the connection; `closed` is 1 if there was one. `code`: 1000 by default. `reason`: at most 123 bytes.
   * Rejects with `scWebsocketError` when either cannot be sent.
   */
  close(code?: number, reason?: string): Promise<{
    /** Connections that were open. */
    closed: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /** Looks for the connection. `member` has its current `info`; it is undefined when no connection has the id. */
  fetch(): Promise<{
    /** The connection; undefined when no connection has the id. */
    member: RemoteConnection<ServerToClient> | undefined;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
}

/**
 * The connections in a room or in several rooms, or all connections. A target holds no members: each call looks them up. A
 * member of several of the rooms counts once. A target of empty rooms reaches nobody.
 */
export declare class Target<ServerToClient extends MessageMap<ServerToClient> = AnyMessages> {
  private constructor();

  /** Sends a message to each. Throws `mInvalidJson` or `sInvalidOptions`. */
  broadcast<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [options?: BroadcastOptions]>
  ): void;
  /**
   * The same; resolves when the message is queued, with its position in a single room with history. Rejects with
   * `mInvalidJson` or `sInvalidOptions`.
   */
  broadcastAsync<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [options?: BroadcastOptions]>
  ): Promise<{
    /** Where the message stands in the room; undefined without history, and when it is dropped already. */
    position?: string;
  }>;
  /**
   * Asks each member: sends a message and resolves when each has answered or left, when `atLeast` have answered, or when
   * the time is over. Members that do not answer are no reason to reject. Rejects with `mInvalidJson`, `sInvalidOptions`, or `scTooManySends`
   * when too many answers are waited for (the option `maxGatheredBytes`).
   */
  send<K extends keyof ServerToClient & string>(
    name: K,
    ...args: ValueArgs<PayloadOf<ServerToClient[K]>, [options?: AskOptions]>
  ): Promise<Answers<ResponseOf<ServerToClient[K]>>>;
  /** The members, in no order. Rejects with `sInvalidOptions`. */
  fetch(options?: FetchOptions): Promise<{
    /** The members, in no order. */
    members: RemoteConnection<ServerToClient>[];
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /** The number of members. */
  count(): Promise<{
    /** How many there are. */
    count: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /**
   * Begins to close the connection of each member; resolves with how many were open. Messages that they send from then on
   * reach no handler. `code`: 1000 by default. `reason`: at most 123 bytes. Rejects with `scWebsocketError` when either cannot be
   * sent.
   */
  close(code?: number, reason?: string): Promise<{
    /** Connections that were open. */
    closed: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /** Adds each member to a room; resolves with how many were not in it before. */
  join(room: string): Promise<{
    /** Connections that were not in the room. */
    joined: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /** Removes each member from a room; resolves with how many were in it. */
  leave(room: string): Promise<{
    /** Connections that were in the room. */
    left: number;
    /** Processes that did not answer: none without an adapter. */
    missingNodes: string[];
  }>;
  /**
   * Reads kept messages of the room, the oldest first. Rejects with `sInvalidAction` when it is not a single room, or one
   * without history (the option `history`), and with `sInvalidOptions`.
   */
  history(options?: HistoryOptions): Promise<History>;
  /**
   * The presence of the room (the option `presence`): who is in it, and who comes and goes. Throws `sInvalidAction` when the room has no
   * presence, or the target is not one room.
   */
  presence(): Presence;
}
