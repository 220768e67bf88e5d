/**
 * The types of the addon. Generated from the Rust definitions in `src`: do not edit, run `npm run declarations`.
 */

/**
 * Turns the log of the core on for the whole process, with a filter as in `RUST_LOG`; returns what is
 * wrong with that.
 */
export declare function startLog(filter: string): string | null;

/** The native side of one server. Nothing listens before `start` or `run`. */
export declare class ServerCore {
  /** A server with the default settings. */
  constructor();
  /**
   * Goes on with an upgrade that waits: with these lines, and the subprotocol that they name. False when
   * it does not wait any more.
   */
  accept(key: number, head: string, protocol?: string | undefined | null): boolean;
  /** Says whether upgrades wait for `accept` or `refuse`. */
  ask(asking: boolean): void;
  /**
   * Begins the closing handshake of connections that have not begun theirs: JavaScript does not know of
   * them.
   */
  closeUnknown(code: number, reason: string): void;
  /** Changes settings while the server runs, or before. */
  configure(settings: Settings): void;
  /** Makes the functions that run for each message or connection. */
  dataPath(): DataPath;
  /**
   * Sets what connections are encrypted with from now on; without options, that listeners to come do not
   * encrypt. When an option is not valid it is returned, and nothing has changed.
   */
  encrypt(options?: TlsOptions | undefined | null): InvalidOption | null;
  /**
   * Gives a stream to the io thread, which answers its upgrade request. Its end is announced with the key,
   * under which it is piped too. False when no server runs or the socket cannot be had.
   */
  handOver(key: number, stream: HandedOver): boolean;
  /**
   * To be called when a thread has said that it ends: waits for that moment, and lets the process end
   * when it was the last.
   */
  join(thread: number): void;
  /**
   * Joins a room, and sends the client what it has missed, or else the last `rewind` messages. Null when
   * the connection has ended.
   */
  joinAndTell(slot: number, room: string, rewind: number): Joined | null;
  /**
   * Keeps what is known of the upgrade of the connection in a slot, beyond its end, for `readFacts`; null
   * when there is no such connection.
   */
  keepFacts(slot: number): KeptFacts | null;
  /**
   * Gives a room a history, or with a `*` at the end of its name all rooms whose names begin with what
   * stands before it.
   */
  keepHistory(room: string, rule: HistoryRule): void;
  /** What `keepFacts` has kept. */
  static readFacts(kept: KeptFacts): ConnectionFacts;
  /**
   * Reads kept messages of a room: the first `limit` behind a position, or else the last ones. Null when
   * the room has no history.
   */
  readHistory(room: string, since: string | undefined | null, limit: number): HistoryReading | null;
  /** Refuses an upgrade that waits. False when it does not wait any more. */
  refuse(key: number, status: number, message?: string | undefined | null): boolean;
  /** Starts the io threads without a listener, for what is handed over. */
  run(threads: number, onWake: () => void): Started;
  /** Sets what is agreed to with connections to come; nothing without options. */
  setCompression(options?: CompressionOptions | undefined | null): void;
  /**
   * Sets which upgrades are accepted from now on. When an option is not valid it is returned, and nothing
   * has changed.
   */
  setPolicy(options: PolicyOptions): InvalidOption | null;
  /** Listens and starts the io threads. */
  start(options: ListenOptions, onWake: () => void): Started;
  /** What has happened so far. */
  stats(): Stats;
  /** Closes a listener and, if `cut`, every connection. */
  stop(thread: number, cut: boolean): void;
  /** The upgrade request that waits under `key`; null when it does not wait any more. */
  upgradeFacts(key: number): UpgradeFacts | null;
}

/** What `perMessageDeflate` comes to, with its defaults; `lib/options/compression.js` has checked it. */
export interface CompressionOptions {
  serverContextTakeover: boolean;
  clientContextTakeover: boolean;
  /** Largest window in bits; true: any, false: a limit is never agreed to. */
  serverMaxWindowBits: boolean | number;
  /** The same for what clients compress. */
  clientMaxWindowBits: boolean | number;
  /** Messages below are not compressed, in bytes. */
  threshold: number;
  level: number;
  memLevel: number;
  /** By zlib's numbers. */
  strategy: number;
  windowBits: number;
  /** Bytes that come out of zlib at a time. */
  chunkSize: number;
  /** The same when inflating. */
  inflateChunkSize: number;
}

/** What is known of a connection's upgrade. */
export interface ConnectionFacts {
  request: RequestFacts;
  /** The subprotocol agreed on; empty without one. */
  protocol: string;
  /** The value of `Sec-WebSocket-Extensions`; empty when nothing is agreed on. */
  extensions: string;
}

/** A stream of Node's, and what Node knows of it. */
export interface HandedOver {
  /**
   * That of a socket, which is duplicated: the caller closes its own. Absent: the stream stays the
   * caller's, and is piped.
   */
  descriptor?: number;
  /** The upgrade request, one character a byte. */
  head: string;
  /** What came after the request. */
  early: Uint8Array;
  /** Where a piped stream comes from. */
  address?: string;
  port: number;
  encrypted: boolean;
  /** Whether the connection is not read before `serve`. */
  held: boolean;
}

/** Kept messages of a room: see `types/history.d.ts`. */
export interface HistoryReading {
  /** The texts that clients with positions were sent. */
  messages: Array<string>;
  position: string;
  complete: boolean;
}

/** What is kept of the messages of a room: see `types/history.d.ts`. */
export interface HistoryRule {
  size: number;
  ttl: number;
  maxReplay: number;
}

/** An option that is not valid. */
export interface InvalidOption {
  /** Its name; empty when it is not one alone. */
  option: string;
  /** What is wrong with it. */
  reason: string;
}

/** How a connection has joined a room: see `types/history.d.ts`. */
export interface Joined {
  recovered: boolean;
  replayed: number;
  position?: string;
}

/** Where a server listens, and how. */
export interface ListenOptions {
  /** An IP address, one of IPv6 perhaps with `%` and the number of an interface. Absent: every address. */
  host?: string;
  port: number;
  backlog: number;
  /** Path of a Unix domain socket, instead of host and port. */
  socketPath?: string;
  /** That of the Unix domain socket. */
  mode?: number;
  ipv6Only: boolean;
  reusePort: boolean;
  /** How many io threads. */
  threads: number;
}

/** The options that say which upgrades are accepted, as in `types/options.d.ts`. */
export interface PolicyOptions {
  /** Absent: any. */
  path?: string;
  /** Absent: any. */
  allowedOrigins?: Array<string>;
  requireOrigin: boolean;
  protocols: Array<string>;
  /** So many proxies are trusted, counted from the server; with 0 those of `trustedProxies`. */
  trustedHops: number;
  /** Addresses, networks and groups of `trustProxy`. */
  trustedProxies: Array<string>;
  proxyHeaders: ProxyHeaders;
}

/** Connections that did not come about, by reason. */
export interface Refused {
  maxConnections: number;
  maxConnectionsPerAddress: number;
  request: number;
  application: number;
  timeout: number;
  stopping: number;
}

/** An upgrade request. In its texts bytes are one character each, as in Node. */
export interface RequestFacts {
  method: string;
  target: string;
  /** The version of HTTP is 1 and this. */
  httpMinor: number;
  /** Names and values in turn. */
  headers: Array<string>;
  /** Of the client; absent on a Unix domain socket. */
  address?: string;
  /** The same. */
  port?: number;
  /** Whether the client's connection is. */
  encrypted: boolean;
  /** Address of the proxy that named the client. */
  proxy?: string;
  /** How the bytes travel. */
  transport: string;
  /** Absent unless this server encrypts the connection. */
  secure?: SecureFacts;
}

/** What is known of TLS that this server encrypts with. */
export interface SecureFacts {
  /** `TLSv1.2` or `TLSv1.3`. */
  protocol: string;
  /** Whether the peer's certificate is trusted. */
  authorized: boolean;
  /** Why it is not, by OpenSSL's name, when one was asked for. */
  authorizationError?: string;
  /** The application protocol agreed on. */
  alpnProtocol?: string;
  /** The peer's certificate in Base64. */
  certificate?: string;
}

/**
 * Settings to change, under the names of their options (`types/options.d.ts`), in milliseconds, bytes
 * or numbers of things. What is absent stays as it is. What holds when is said in `hub/config.rs`.
 */
export interface Settings {
  handshakeTimeout?: number;
  pingInterval?: number;
  closeTimeout?: number;
  upgradeTimeout?: number;
  maxPayload?: number;
  maxHandshakePayload?: number;
  maxInflatingBytes?: number;
  maxBufferedBytes?: number;
  highWaterMark?: number;
  slowConsumer?: SlowConsumer;
  maxFragments?: number;
  maxHeaderBytes?: number;
  maxHeaders?: number;
  maxConnections?: number;
  maxConnectionsPerAddress?: number;
  messagesPerSecond?: number;
  bytesPerSecond?: number;
  rateBurst?: number;
  rateTimeout?: number;
  busyPoll?: boolean;
  historyBytes?: number;
}

/** What became of a start. */
export interface Started {
  /** The system's error number; 0 when it runs. */
  error: number;
  /** The number of the io thread that `stop` and `join` take. */
  thread: number;
  /** The address listened on; empty when it is none. */
  address: string;
  port: number;
}

/** The numbers of `getStats`: see `docs/reference/stats.md`. */
export interface Stats {
  connections: number;
  connectionsTotal: number;
  refused: Refused;
  messagesReceived: number;
  bytesReceived: number;
  messagesSent: number;
  bytesSent: number;
  bytesWaiting: number;
  broadcastsDropped: number;
  slowConsumers: number;
  rateDelays: number;
  rateLimited: number;
  violations: number;
}

/** What `options.tls` comes to. */
export interface TlsOptions {
  /** Each private key with its certificate and that one's issuers behind it, as PEM. */
  identities: string;
  /** Certificates of those who sign for clients, as PEM. */
  ca?: string;
  clients: ClientCertificates;
  minVersion: MinVersion;
  alpnProtocols: Array<string>;
}

/** An upgrade request that waits for the application, and what it is answered with. */
export interface UpgradeFacts {
  request: RequestFacts;
  /** The subprotocol, unless the application chooses another; empty without one. */
  protocol: string;
  /** The value of `Sec-WebSocket-Accept`. */
  accept: string;
  /** The value of `Sec-WebSocket-Extensions`; empty when nothing is agreed on. */
  extensions: string;
  /** The number of the stream, if it was handed over. */
  handover?: number;
}

/** Whether clients are asked for a certificate. */
export type ClientCertificates = 'none' | 'ask' | 'require';

/** Oldest version of TLS that is accepted. */
export type MinVersion = 'TLSv1.2' | 'TLSv1.3';

/** Where proxies name the client. */
export type ProxyHeaders = 'x-forwarded' | 'forwarded';

/** What happens to a client that does not read what is sent to it. */
export type SlowConsumer = 'close' | 'drop';

/** Something of the addon's that is only handed back to it. */
export declare class KeptFacts {
  private constructor();
}

/** What runs for each message or connection, which is a number here: its slot. */
export interface DataPath {
  /** The number by which messages of this name come; 0 when the table is full. */
  intern(name: string): number;
  /** The handshake is about to be resolved: the peer's messages may be large now. */
  trust(slot: number): void;
  /** The `connection` event is about to be emitted: broadcasts to all reach the connection. */
  admit(slot: number): void;
  /** Takes a connection out of the group of all. */
  dismiss(slot: number): boolean;
  /** The application knows that the connection has ended. */
  release(slot: number): void;
  /** False when another connection has the id. */
  setId(slot: number, id: string): boolean;
  /** The slot of the connection with this id, -1 when there is none. */
  find(id: string): number;
  joinRoom(slot: number, room: string): void;
  leaveRoom(slot: number, room: string): boolean;
  leaveAll(slot: number): void;
  roomsOf(slot: number): string[];
  hasRoom(room: string): boolean;
  /** Slots of a room's members, or of all connections, in the order they joined. */
  members(room: string | undefined): number[];
  memberCount(room: string | undefined): number;
  isMember(room: string | undefined, slot: number): boolean;
  /** Begins the closing handshake. */
  close(slot: number, code: number, reason: string): boolean;
  /** Ends a connection without a closing handshake, and does what `giveUp` does. */
  terminate(slot: number): void;
  /** Frees a connection's id, rooms and permit before it has ended. */
  giveUp(slot: number): void;
  /** From now on a connection has events of responses only; without `some` not of these either. */
  heedResponses(slot: number, some: boolean): void;
  /** Whether messages can be sent. */
  isOpen(slot: number): boolean;
  /** Bytes that wait for the kernel. */
  buffered(slot: number): number;
  /** Whether a request target has this path. */
  isFor(target: string, path: string): boolean;
  /** Lets a connection be read that was handed over to be held. */
  serve(slot: number): void;
  /** Whether the server keeps the process alive: it does from its start. */
  keepAlive(alive: boolean): void;
  /** Adds what the peer has sent; false when the next bytes should wait for the event that there is room again. */
  pushPiped(key: number, bytes: Uint8Array): boolean;
  /** The peer has ended its side; or, if `failed`, the stream is gone. */
  endPiped(key: number, failed: boolean): void;
  /** Takes what waits to be written: `undefined` when nothing does, `null` when nothing ever will. */
  takePiped(key: number): Buffer | null | undefined;
  /** So many of the bytes taken have been written. */
  writtenPiped(key: number, bytes: number): void;
  /** To be called when the event of its end has come. */
  forgetPiped(key: number): void;
  /**
   * Queues the answer that resolves a handshake, as `respond` does. A client that has positions is told that they
   * are understood.
   */
  respondHandshake(slot: number, payload: string | undefined, id: string): number;
  /** Whether the client has brought positions. */
  isReturning(slot: number): boolean;
  /** Queues one message for every member of a room; returns its position, in a room with history. */
  publish(room: string, text: string): string | undefined;
  /**
   * Takes the next batch of a queue ([`Lane`]): `words[0]` becomes the number of events, `words[1]` the number of
   * strings (to be had from `strings()`), `words[2]` whether there is more to take, and the records follow.
   * Returns the text that the records' inline parts are cut from, `undefined` when that queue has nothing to
   * take. Without more a wake follows as soon as there is.
   */
  take(words: Int32Array, lane: number): string | undefined;
  /** The strings of the batch taken last. */
  strings(): string[];
  /**
   * For a message whose outline was taken on trust and whose payload is no JSON: what it is after all, as a batch
   * of one event or none.
   */
  receiveAgain(slot: number, text: string, words: Int32Array): string;
  /** Queues one message: 0 queued, 1 the connection is not open, 2 the peer reads too slowly and was told to go. */
  send(slot: number, text: string): number;
  /** Queues a resolved response, from the raw JSON of payload and id. */
  respond(slot: number, payload: string | undefined, id: string): number;
  /**
   * Sends everything queued since the last flush. With a queue's number, all events taken of it have been handled,
   * the last batch of them in so much time; with -1 not.
   */
  flush(lane: number, microseconds: number): void;
  /** Marks what waits or is being handled now; false when nothing does, and then nothing is marked. */
  fence(): boolean;
  /**
   * How many of the oldest marks of `fence()` have been reached: what was there then has been handled. They are
   * gone with that.
   */
  passed(): number;
  /** Bytes queued since the connection opened, the low 32 bits. */
  queued(slot: number): number;
  /**
   * Bytes written since the connection opened, the low 32 bits; while some still wait, an event follows when more
   * have left.
   */
  watch(slot: number): number;
  /** Whether the high-water mark was reached and some bytes have been waiting ever since. */
  isAbove(slot: number): boolean;
  /** From now on an event follows when all has left after that. */
  wantDrained(slot: number): void;
  /** Queues one message for every member of a room, or for every connection; returns for how many. */
  broadcast(room: string | undefined, text: string): number;
}
