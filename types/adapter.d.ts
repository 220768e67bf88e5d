/** Types of the option `adapter`, which joins servers. */

import type { Pem } from './options.js';

/** Certificates for a Redis with `rediss:`. */
export interface AdapterTls {
  /** Certificates of the authorities that are trusted. @default those of the system */
  ca?: Pem | undefined;
  /** Certificate of this server, with those of its issuers behind it; goes with `key`. */
  cert?: Pem | undefined;
  /** Private key of `cert`. */
  key?: Pem | undefined;
  /** Decrypts the key. */
  passphrase?: string | undefined;
  /** Name that the certificate of Redis must have. @default the host of the URL */
  servername?: string | undefined;
}

/** The option `adapter` for servers that are joined by Redis or Valkey. */
export interface RedisAdapterOptions {
  // facts: adapter-options
  /**
   * Where Redis (6.2 or later) or Valkey is: a URL with `redis:`, `rediss:` (TLS), `unix:`, `redis+sentinel:` or
   * `redis+cluster:`. Several are sentinels, or nodes of one Redis Cluster.
   */
  redis: string | readonly string[];
  /**
   * What the names of all channels and keys begin with, 1 to 100 characters without spaces and braces. Only servers
   * with the same prefix are joined.
   * @default 'line'
   */
  prefix?: string | null | undefined;
  /** Certificates for connections with `rediss:`. @default the system's authorities, with `rediss:` */
  tls?: AdapterTls | null | undefined;
  /**
   * Name of this server in logs and in `server.nodes.list()`: 1 to 200 characters. Names need not be unique.
   * @default the name of the host
   */
  nodeName?: string | null | undefined;
  /**
   * Whether `start()` waits for Redis, and rejects with `sAdapterDown` when it cannot be reached. Otherwise the
   * server starts at once, and joins the others when it can.
   * @default false
   */
  required?: boolean | null | undefined;
  /**
   * Which rooms' messages this server gets. `'rooms'`: those of rooms with members here. `'all'`: every room's,
   * without a subscription for each; for few servers whose rooms come and go quickly. Not on a Redis Cluster.
   * @default 'rooms'
   */
  subscribe?: 'rooms' | 'all' | null | undefined;
  /** Time that the messages of a room are still received after its last member here has left. @default 5000 */
  unsubscribeDelay?: number | null | undefined;
  /**
   * Time between the signs of life of a server, 100 or more, the same on all. One that gives none for three times as
   * long counts as dead.
   * @default 5000
   */
  heartbeatInterval?: number | null | undefined;
  /**
   * Time that other servers have to answer, 1 or more. Those that did not answer in time are `missingNodes` of the
   * result.
   * @default 5000
   */
  requestTimeout?: number | null | undefined;
  /**
   * Bytes of messages that may wait for Redis while it cannot be reached or is slow, 1 or more. Further messages are
   * not published, and are counted: clients of this server have them all the same, except in rooms with history.
   * `broadcastAsync` rejects with `sAdapterBusy`.
   * @default 16777216
   */
  maxQueuedBytes?: number | null | undefined;
  /** Time that a message may wait for Redis, 1 or more; then it is dropped and counted. @default 30000 */
  maxQueuedTime?: number | null | undefined;
  /** Largest message that is taken from Redis, 1024 or more; a larger one is dropped and counted. @default 1048576 */
  maxMessage?: number | null | undefined;
  // /facts
}

/** What `getStats().adapter` has: of the time since `start()`, unless it says "now". */
export interface AdapterStats {
  /** As `server.nodes.state`. */
  readonly state: 'connecting' | 'up' | 'down';
  /** Servers that are joined now, with this one. */
  readonly nodes: number;
  /** Rooms that are subscribed to now. */
  readonly rooms: number;
  /** Milliseconds that the last 128 signs of life of this server took through the engine. */
  readonly roundTrip: {
    /** The median. */
    readonly p50: number;
    /** The 99th percentile. */
    readonly p99: number;
  };
  /** Bytes that wait for the engine now. */
  readonly queuedBytes: number;
  /** What the engine cannot do now although it is connected, such as keeping messages without memory; null if it does all. */
  readonly degraded: string | null;
  /** Messages that the engine has taken. */
  readonly published: number;
  /** Messages of other servers and programs that were delivered here. */
  readonly received: number;
  /** Messages of this server that came back. */
  readonly echoed: number;
  /** Messages that were ignored: malformed, of another version, too large, or not allowed. */
  readonly foreign: number;
  /** Messages that were given up because too much waited, or for too long. */
  readonly droppedQueue: number;
  /** Messages and subscriptions that the engine has refused. */
  readonly refused: number;
  /** Connections to the engine after the first. */
  readonly reconnects: number;
  /** Rooms that were subscribed to anew after that. */
  readonly resubscribed: number;
  /** Rooms with history in which something was missing. */
  readonly gaps: number;
  /** Of these, those that were repaired. */
  readonly gapsRepaired: number;
  /** Of these, those in which something is lost. */
  readonly lost: number;
  /** Histories that have begun anew. */
  readonly epochs: number;
  /** Clients that came back. */
  readonly recoveries: {
    /** Served from memory. */
    readonly ring: number;
    /** Served by a read of the engine. */
    readonly read: number;
    /** Not served. */
    readonly failed: number;
  };
  /** Messages that were replayed. */
  readonly replayed: number;
  /** Questions to other servers. */
  readonly requests: number;
  /** Answers of other servers that did not come in time. */
  readonly requestsMissed: number;
}

/** What an {@link Engine} calls. */
export interface EngineSink {
  /** A message has come on a channel that is subscribed to; one that {@link Engine.append} has kept, with its position. */
  message(channel: string, data: Uint8Array, position?: string): void;
  /** The engine is connected again, after {@link EngineSink.down}: all subscriptions are made anew then. */
  up(): void;
  /** The engine has lost its connection. Messages wait for it, within bounds. */
  down(error: Error): void;
}

/** The history of a room that an {@link Engine} keeps. */
export interface EngineHistory {
  /** The channel of the room: it names the history, too. */
  channel: string;
  /** What positions begin with in a history that begins now: it has had no message yet, or its state is gone. */
  epoch: string;
  /** Milliseconds that messages are kept after the last one. */
  ttl: number;
}

/** A message that an {@link Engine} is to keep. */
export interface EngineEntry extends EngineHistory {
  /** The message. */
  data: Uint8Array;
  /** What the position of this message ends in. */
  tag: string;
  /**
   * By which the message is known when it is given again: `server:batch:index`. A server begins another batch when it knows what
   * has become of all messages of one, so it is enough to remember the last batch of each server.
   */
  id: string;
  /** Messages of this history that are kept at least; older ones may be dropped. */
  size: number;
}

/** What an {@link Engine} has read of a history. */
export interface EngineReading {
  /** The position of the last message, or what {@link Engine.positions} gave before the first; null without a history. */
  position: string | null;
  /** Kept messages, the oldest first. None is missing between two of them. */
  messages: {
    /** Its position, as {@link Engine.append} has given it. */
    position: string;
    /** Its bytes, as {@link Engine.append} was given them. */
    data: Uint8Array;
  }[];
}

/**
 * Carries messages between servers: the option `adapter` takes an object with these methods, for NATS, Postgres and others.
 * It does not have to deliver each, but it must deliver those of a channel in the order in which they were published, to every
 * server that has subscribed, the publisher too. An engine with `append`, `read` and `positions` also keeps histories of rooms.
 */
export interface Engine {
  /**
   * Connects, and resolves when messages can be published. Called again after a rejection, after a while. What comes later
   * goes to `sink`.
   */
  start(sink: EngineSink): Promise<void>;
  /** Publishes a message. What it throws counts as a lost connection. */
  publish(channel: string, data: Uint8Array): void;
  /** Subscribes to channels; with a promise, resolves when what is published afterwards will come. */
  subscribe(channels: string[]): void | Promise<void>;
  /** Ends subscriptions. */
  unsubscribe(channels: string[]): void;
  /** Ends the connection. Called once for each {@link Engine.start}. */
  stop(): Promise<void>;
  /**
   * For histories: keeps messages in this order, and publishes each on its channel in the same step. Resolves with their
   * positions, each `epoch:offset:tag`, of which `offset` is 1 for the first message of a history and 1 more for each that
   * follows. A message that is refused for good has an `Error` in place of its position. One whose `id` was kept before is not
   * kept again: its position is that of the first, or `epoch:0:0` if that is not known.
   */
  append?(entries: EngineEntry[]): Promise<(string | Error)[]>;
  /**
   * For histories: reads the first `limit` messages whose offset is above `after`, or without it the last `limit` of all.
   */
  read?(channel: string, after: number | undefined, limit: number): Promise<EngineReading>;
  /**
   * For histories: the positions of the last messages. A history that has had none begins: its position is `epoch:0:0`, and
   * that epoch stays.
   */
  positions?(histories: EngineHistory[]): Promise<string[]>;
}
