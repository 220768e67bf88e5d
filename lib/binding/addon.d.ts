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
   * Accepts an upgrade that waits, with these lines and the subprotocol that they name. False when it does not
   * wait any more.
   */
  accept(key: number, head: string, protocol?: string | undefined | null): boolean;
  /** What is counted of joined servers, as JSON: see `types/adapter.d.ts`; null without any. */
  adapterStats(): string | null;
  /**
   * Answers a message of another server: with a payload or an error, as JSON. False when it is too large; the other
   * server is told so.
   */
  answerNode(key: number, error?: string | undefined | null, payload?: string | undefined | null): boolean;
  /** Sets whether upgrades wait for `accept` or `refuse`. */
  ask(asking: boolean): void;
  /** Tells under `key` when a room that has members here is subscribed. False when there is nothing to wait for. */
  awaitSubscription(room: string, key: number): boolean;
  /** What is wrong with the settings; null when nothing is. */
  static checkRedis(place: RedisPlace): InvalidOption | null;
  /**
   * Claims the id of a connection here on all servers. Returns whether an answer follows under the key: with a count
   * of 0 when another server has the id.
   */
  claimId(key: number, id: string, claim: IdClaim): boolean;
  /**
   * Begins the closing handshake of connections that have not begun theirs: JavaScript does not know of
   * them.
   */
  closeUnknown(code: number, reason: string): void;
  /**
   * Changes settings while the server runs, or before. `hub/config.rs` says when a change takes
   * effect.
   */
  configure(settings: Settings): void;
  /** Makes the functions that run for each message or connection. */
  dataPath(): DataPath;
  /**
   * Sets what connections are encrypted with from now on. Without options, later listeners do not encrypt. When
   * an option is not valid it is returned, and nothing has changed.
   */
  encrypt(options?: TlsOptions | undefined | null): InvalidOption | null;
  /** The engine has lost its connection. */
  engineLost(failure: EngineFailure): void;
  /** A message has come; one that is kept, with its position. */
  engineMessage(channel: string, data: Uint8Array, position?: string | undefined | null): void;
  /** Forgets that this server was joined with others. To be called when it has left them. */
  forgetNodes(): void;
  /**
   * Gives a stream to the io thread, which answers its upgrade request. Its events have the key, and so have
   * the functions for a piped stream. False when no server runs, or the socket cannot be duplicated.
   */
  handOver(key: number, stream: HandedOver): boolean;
  /**
   * To be called after the event that a thread ends: waits until it has ended, and lets the process end when
   * it was the last.
   */
  join(thread: number): void;
  /**
   * Joins a room, and sends the client what it has missed, or else the last `rewind` messages. Null when
   * the connection has ended.
   */
  joinAndTell(slot: number, room: string, rewind: number): Joined | null;
  /**
   * The same, when other servers have what the client has missed: `takeNews` then tells under the key that it has
   * been sent it.
   */
  joinAndTellLater(key: number, room: string, join: JoinRequest): Joining | null;
  /** Joins other servers by an engine that JavaScript carries out; with `keeps` it keeps histories. Returns what the system has against it. */
  joinByEngine(settings: JoinSettings, keeps: boolean, onWake: () => void): string | null;
  /** Joins other servers by Redis. Returns what the system has against it. */
  joinByRedis(place: RedisPlace, settings: JoinSettings, onWake: () => void): string | null;
  /**
   * Gives a room a history, or with a `*` at the end of its name all rooms whose names begin with what
   * stands before it.
   */
  keepHistory(room: string, rule: HistoryRule): void;
  /**
   * Gives a room presence, or with a `*` at the end of its name all rooms whose names begin with what
   * stands before it.
   */
  keepPresence(room: string, rule: PresenceRule): void;
  /** Begins to leave the other servers. What `takeNews` gives last tells that it is done, 2 seconds later at most. */
  leaveNodes(): void;
  /**
   * Has the io thread lend its sockets to the thread of JavaScript where that is cheaper. It is for Node alone, whose libuv
   * is the one it says it is.
   */
  lend(thread: number, onWake: () => void): void;
  /** The servers that are joined, this one first, as JSON: a list of what `types/nodes.d.ts` describes. */
  listNodes(): string;
  /** At most `limit` members of a room. Null when the room has no presence. */
  listPresence(room: string, limit: number): PresenceList | null;
  /** Whether this server is joined with the others now: `connecting`, `up`, or `down`. */
  nodeState(): 'connecting' | 'up' | 'down';
  /** What this server tells of itself. */
  ownFacts(): OwnFacts;
  /** What `keepFacts` has kept. */
  static readFacts(kept: string): ConnectionFacts;
  /**
   * Reads kept messages of a room: the first `limit` behind a position, or else the last ones. Null when
   * the room has no history.
   */
  readHistory(room: string, since: string | undefined | null, limit: number): HistoryReading | null;
  /**
   * Reads kept messages of a room from what keeps them for all servers, and tells under the key when they are
   * there. False when nothing does.
   */
  readHistoryLater(key: number, room: string, part: HistoryPart): boolean;
  /** Refuses an upgrade that waits. False when it does not wait any more. */
  refuse(key: number, status: number, message?: string | undefined | null): boolean;
  /**
   * Reserves an id for a connection that is going to claim it (`claimId`). Returns false when another connection here has
   * the id.
   */
  reserveId(slot: number, id: string): boolean;
  /** Starts the io threads without a listener, for what is handed over. */
  run(threads: number, onWake: () => void): Started;
  /** Asks the applications of all other servers, or of one. Returns what `askNodes` does. */
  sendToNodes(key: number, text: string, recipient: Recipient): number;
  /** Sets the policy for later connections. Without options nothing is agreed to. */
  setCompression(options?: CompressionOptions | undefined | null): void;
  /**
   * Sets which upgrades are accepted from now on. When an option is not valid it is returned, and nothing
   * has changed.
   */
  setPolicy(options: PolicyOptions): InvalidOption | null;
  /** Tells that the engine has done something, or could not. */
  settleEngineCall(key: number, failure?: EngineFailure | undefined | null): void;
  /**
   * Tells the positions that the engine has given: of `append`, an error for a message that it refuses. Returns
   * false for what is no position; nothing is told then.
   */
  settleEnginePositions(key: number, positions: Array<string | EngineFailure>): boolean;
  /**
   * Tells what the engine has read: where the history stands, if there is one, and its messages, each with its
   * position and its end in `data`. Returns false for what is no position; nothing is told then.
   */
  settleEngineRead(key: number, read: EngineReading, data: Uint8Array): boolean;
  /** Listens and starts the io threads. */
  start(options: ListenOptions, onWake: () => void): Started;
  /** What has happened so far. */
  stats(): Stats;
  /** Closes a listener and, if `cut`, every connection. */
  stop(thread: number, cut: boolean): void;
  /** Takes what the engine is to do, oldest first. */
  takeEngineCalls(): Array<EngineCall>;
  /** Takes what is told of other servers, as JSON: a list of lists that begin with what it is, see `lib/nodes/link.js`. */
  takeNews(): string;
  /**
   * Takes the changes that were announced, as texts of JSON: `[[room,count,joined,left,[[change,id,info],…]],…]`, where
   * `change` is `join`, `leave` or `change`. A room comes again when its changes are large.
   */
  takePresence(): Array<string>;
  /** Takes what `readHistoryLater` has read. */
  takeReading(key: number): ReadingOutcome | null;
  /** The same without an answer. */
  tellNodes(text: string, to?: string | undefined | null): number;
  /** The upgrade request that waits under `key`; null when it does not wait any more. */
  upgradeFacts(key: number): UpgradeFacts | null;
  /** Whether URLs of Redis ask for TLS; null when they are not valid, which `checkRedis` explains. */
  static wantsTls(urls: Array<string>): boolean | null;
  /** Whether changes in a room are announced from now on. False when the room has no presence. */
  watchPresence(room: string, watched: boolean): boolean;
}

/** The option `perMessageDeflate` with its defaults; `lib/options/compression.js` has checked it. */
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
  /** Bytes of output that zlib makes at a time. */
  chunkSize: number;
  /** The same when inflating. */
  inflateChunkSize: number;
}

/** The facts of a connection's upgrade. */
export interface ConnectionFacts {
  request: RequestFacts;
  /** The subprotocol agreed on; empty without one. */
  protocol: string;
  /** The value of `Sec-WebSocket-Extensions`; empty when nothing is agreed on. */
  extensions: string;
}

/** Something that the engine is to do. */
export interface EngineCall {
  /** What `settleEngineCall` has to be given. */
  key: number;
  what: 'connect' | 'disconnect' | 'subscribe' | 'unsubscribe' | 'publish' | 'append' | 'read' | 'positions';
  /** The channels; of `publish`, that of each message; of `read`, that of the room. */
  channels: Array<string>;
  /** Of `publish` and `append`: where each message ends in `data`. */
  ends: Array<number>;
  /** Of `publish` and `append`: the messages, one after the other. */
  data?: Uint8Array;
  /** Of `append`, for each message, and `positions`: the histories. */
  histories: Array<EngineHistory>;
  /** Of `read`: the offset that the messages are behind. */
  after?: number;
  /** Of `read`: most messages. */
  limit: number;
}

/** Why the engine could not do something. */
export interface EngineFailure {
  message: string;
  /** The system's error by its name. */
  code?: string;
}

/** The history of a room, of which something is asked. */
export interface EngineHistory {
  /** That of the room. */
  channel: string;
  /** The epoch of the history if it has none. */
  epoch: string;
  /** In milliseconds. */
  ttl: number;
  /** Of `append`: most messages that are kept. */
  size: number;
  /** Of `append`: the tag of the message. */
  tag: string;
  /** Of `append`: the id of the message. */
  id: string;
}

/** What the engine has read. */
export interface EngineReading {
  /** Where the history stands, if there is one. */
  head?: string;
  /** The position of each message. */
  positions: Array<string>;
  /** Where each message ends in the data that is given with this. */
  ends: Array<number>;
}

/** A stream of Node's, and its facts. */
export interface HandedOver {
  /**
   * The descriptor of a socket. It is duplicated, and the caller closes its own. Absent: the stream stays with
   * the caller, and is piped.
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

/** What is kept of rooms with history. */
export interface HistoryCounts {
  rooms: number;
  bytes: number;
}

/** The part of a history that is read: the first `limit` messages behind a position, or else the last ones. */
export interface HistoryPart {
  since?: string;
  limit: number;
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
  localWhenDown: boolean;
}

/** How an id is claimed. */
export interface IdClaim {
  /** Whether a connection that has it elsewhere is closed. */
  takeOver: boolean;
  /** How long other servers are waited for, in milliseconds. */
  timeout: number;
}

/** An option that is not valid. */
export interface InvalidOption {
  /** Its name; empty when several options are not valid together. */
  option: string;
  /** What is wrong with it. */
  reason: string;
}

/** Who joins a room, and how many of its last messages a client gets whose position does not help. */
export interface JoinRequest {
  slot: number;
  rewind: number;
}

/** How a server is joined with others: see `types/adapter.d.ts`. Times are in milliseconds. */
export interface JoinSettings {
  prefix: string;
  nodeName: string;
  allRooms: boolean;
  unsubscribeDelay: number;
  heartbeatInterval: number;
  maxQueuedBytes: number;
  maxQueuedTime: number;
  maxMessage: number;
}

/** How a connection has joined a room: see `types/history.d.ts`. */
export interface Joined {
  recovered: boolean;
  replayed: number;
  position?: string;
}

/** What has become of a join. */
export interface Joining {
  /** Undefined when it is told later, under the key. */
  joined?: Joined;
}

/** Where and how a server listens. */
export interface ListenOptions {
  /** An IP address. One of IPv6 may have `%` and the number of an interface. Absent: every address. */
  host?: string;
  port: number;
  backlog: number;
  /** Path of a Unix domain socket, instead of host and port. */
  socketPath?: string;
  /** Permissions of the Unix domain socket, as in chmod(2). */
  mode?: number;
  ipv6Only: boolean;
  reusePort: boolean;
  /** Number of io threads. */
  threads: number;
}

/** What a server tells of itself. */
export interface OwnFacts {
  /** Of the package. */
  version: string;
  connections: number;
  rooms: number;
}

/** The options that decide which upgrades are accepted, as in `types/options.d.ts`. */
export interface PolicyOptions {
  /** Absent: any. */
  path?: string;
  /** Absent: any. */
  allowedOrigins?: Array<string>;
  requireOrigin: boolean;
  protocols: Array<string>;
  /** The number of proxies that are trusted, counted from the server. With 0, `trustedProxies` applies. */
  trustedHops: number;
  /** Addresses, networks and groups of `trustProxy`. */
  trustedProxies: Array<string>;
  proxyHeaders: ProxyHeaders;
}

/** Members of a room with presence. */
export interface PresenceList {
  /** How many there are. */
  count: number;
  /** Ids and infos, as texts of JSON: `[[id,info],…]`. */
  members: Array<string>;
  /** Members of other nodes are among them. */
  isHeld: boolean;
}

/** How the presence of a room works: see `types/presence.d.ts`. */
export interface PresenceRule {
  leaveDelay: number;
  events: PresenceEvents;
}

/** What has become of reading a history: one of the two. */
export interface ReadingOutcome {
  reading?: HistoryReading;
  /** Why it could not be read. */
  problem?: string;
}

/** Whom a message for applications is for. */
export interface Recipient {
  /** The id of one server; all others without it. */
  to?: string;
  /** How long answers are waited for, in milliseconds; 0 is no limit. */
  timeout: number;
}

/** What has become of clients that came back to rooms with history. */
export interface RecoveryCounts {
  ring: number;
  failed: number;
}

/** Certificates for Redis, as PEM. */
export interface RedisCertificates {
  ca: string;
  cert?: string;
  key?: string;
  servername?: string;
}

/** Where Redis is: see `types/adapter.d.ts`. */
export interface RedisPlace {
  urls: Array<string>;
  prefix: string;
  tls?: RedisCertificates;
  maxMessage: number;
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

/** An upgrade request. Each byte of its texts is one character, as in Node. */
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
  /** What carries the bytes of the connection. */
  transport: string;
  /** Absent unless this server encrypts the connection. */
  secure?: SecureFacts;
}

/** The facts of a connection that this server encrypts by TLS. */
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

/** Settings to change, under the names of their options. An absent setting stays as it is. */
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
  maxGatheredBytes?: number;
  maxFragments?: number;
  maxHeaderBytes?: number;
  maxHeaders?: number;
  maxConnections?: number;
  maxConnectionsPerAddress?: number;
  messagesPerSecond?: number;
  bytesPerSecond?: number;
  rateBurst?: number;
  rateTimeout?: number;
  slowConsumer?: SlowConsumer;
  busyPoll?: boolean;
  historyBytes?: number;
}

/** The outcome of a start. */
export interface Started {
  /** The system's error number; 0 when it runs. */
  error: number;
  /** The number of the io thread that `stop` and `join` take. */
  thread: number;
  /** The address listened on; empty when there is none. */
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
  recoveries: RecoveryCounts;
  replayed: number;
  history: HistoryCounts;
  violations: number;
}

/** The option `tls`. */
export interface TlsOptions {
  /** Each private key, followed by its certificate and the certificates of its issuers, as PEM. */
  identities: string;
  /** Certificates of the authorities for clients, as PEM. */
  ca?: string;
  clients: ClientCertificates;
  minVersion: MinVersion;
  alpnProtocols: Array<string>;
}

/** An upgrade request that waits for the application, and the parts of its answer. */
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

/** What is told of changes of presence: see `types/presence.d.ts`. */
export type PresenceEvents = 'each' | 'batched' | 'none';

/** Where proxies name the client. */
export type ProxyHeaders = 'x-forwarded' | 'forwarded';

/** What happens to a client that does not read what is sent to it. */
export type SlowConsumer = 'close' | 'drop';

/** What runs for each message or connection, which is a number here: its slot. */
export interface DataPath {
  /**
   * Queues resolved responses in their order. Each has four integers: its slot; the form of its payload and, above
   * the lowest two bits, its length; the length of the raw JSON of its id; the last becomes what `respond` would
   * have returned. The text has payload and id of each. Returns how many could not be queued.
   */
  respondAll(words: Int32Array, text: string, count: number): number;
  /** The number that stands for this name in messages from now on; 0 when the table is full. */
  intern(name: string): number;
  /** To be called before the answer that resolves the handshake is queued: the peer may then send large messages. */
  resolveHandshake(slot: number): void;
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
  /** The slot of the connection that has reserved this id, its handshake resolved or not; -1 when there is none. */
  holderOf(id: string): number;
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
  /** From now on a connection gives events of responses only, and without `responses` not of these either. */
  limitDelivery(slot: number, responses: boolean): void;
  /** Whether messages can be sent. */
  isOpen(slot: number): boolean;
  /** Whether the answer of a connection is awaited that many were asked for. */
  isAsked(slot: number): boolean;
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
   * What is known of the upgrade of the connection in a slot, for `readFacts` also after its end; null when there
   * is no such connection.
   */
  keepFacts(slot: number): string | null;
  /**
   * Notes which connections are meant now; returns a key for the functions below, each of which takes a part of
   * them. `areClosed`: the io thread drops what they send from now on, and `takeClosed` names them.
   */
  selectMembers(target: readonly unknown[], areClosed: boolean): number;
  /** No further part will be taken. */
  dropMembers(key: number): void;
  /**
   * Slots of connections that were closed by another server, or are about to be closed with others: nothing of
   * them may reach a handler any more.
   */
  takeClosed(): number[];
  /**
   * Its only element is not 0 while `takeClosed` has something to tell. `undefined` where JavaScript cannot have
   * memory of the core's, as in Electron.
   */
  closedWord(): Int32Array | undefined;
  /** Ids and infos of some connections, as texts of JSON: `[[id,info],…]`; `undefined` when none is left. */
  listSome(key: number): string[] | undefined;
  /**
   * Begins the closing handshake with some connections; returns the slots of those that were open, and `undefined`
   * when none is left.
   */
  closeSome(key: number, code: number, reason: string): number[] | undefined;
  /** Has some connections join a room; returns how many were not in it before, and -1 when none is left. */
  joinSome(key: number, room: string): number;
  /** Has some connections leave a room; returns how many were in it, and -1 when none is left. */
  leaveSome(key: number, room: string): number;
  /**
   * Takes the next batch of a queue ([`Lane`]): `words[0]` becomes the number of events, `words[1]` the number of
   * strings (which `strings()` returns), `words[2]` whether there is more to take, and the records follow.
   * Returns the text that the records' inline parts are cut from, `undefined` when that queue has nothing to
   * take. When there is no more to take, a wake follows as soon as there is.
   */
  take(words: Int32Array, lane: number): string | undefined;
  /** The strings of the batch taken last; a large one as its UTF-8. */
  strings(): (string | Buffer)[];
  /**
   * Receives a message once more that came as an outline, because its payload is not JSON. Gives a batch of at
   * most one event.
   */
  receiveAgain(slot: number, text: string, words: Int32Array): string;
  /**
   * Queues one message: 0 queued, 1 the connection is not open, 2 the peer reads too slowly and the connection was
   * closed.
   */
  send(slot: number, text: string): number;
  /**
   * Sends a ping; false when the connection is not open. An event follows when it is not answered within `timeout`
   * milliseconds, if that is not 0, or is answered with an error.
   */
  ping(slot: number, timeout: number): boolean;
  /** Queues a resolved response, from the raw JSON of payload and id. */
  respond(slot: number, payload: string | undefined, id: string): number;
  /**
   * Sends everything queued since the last flush. A queue's number as `lane` says that the oldest batches taken of
   * it have been handled, all but so many, and how long this thread was busy with events of the queue; with -1
   * nothing is said.
   */
  flush(lane: number, left: number, microseconds: number): void;
  /**
   * Makes a fence behind the events that wait or are being handled. Makes none, and returns false, when there are
   * no such events.
   */
  fence(): boolean;
  /** Removes the oldest fences whose events have all been handled, and returns how many they are. */
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
  /** From now on an event follows when the high-water mark was reached and then all bytes have left. */
  wantDrained(slot: number): void;
  /** Queues one message for every member of a room, or for every connection; returns for how many. */
  broadcast(room: string | undefined, text: string): number;
  /**
   * Asks other servers about the connections that a target means there. `question` is a key, a timeout in
   * milliseconds, and what is asked: `'count'`; `'fetch'` and a limit; `'close'`, a code and a reason; `'join'`
   * or `'leave'` and a room; `'tell'` and a text. 1 when they are asked, and the answer follows; 0 when there is
   * none to ask; -1 when the question is too large.
   */
  askNodes(target: readonly unknown[], question: readonly unknown[]): number;
  /**
   * What servers have answered, once, as JSON:
   * `{"count":number,"values":[[id,value],…],"errors":[[id,error],…],"missing":[id,…]}`.
   */
  takeNodesAnswer(key: number): string | undefined;
  /**
   * Queues one message for each connection, and for other servers; returns its position, in a single room with
   * history. Where there are other servers, `flush` has to be called when the running code has returned.
   */
  broadcastTo(target: readonly unknown[], text: string): string | undefined;
  /**
   * Does what `broadcastTo` does. Whether the message is published is told under the key. False when nothing is
   * told, because too much waits for the engine already.
   */
  publishTo(target: readonly unknown[], text: string, key: number): boolean;
  /**
   * `question` is a key, `atLeast`, and a timeout in milliseconds, 0 for none. Queues one message, with an id of
   * the key, for each connection, and gathers their answers until all have come, or `atLeast`: an event follows
   * then. Returns how many were asked; -1 when too many wait for answers already; -2 when other servers were
   * asked, too: then the event also follows when the time is over.
   */
  askAll(target: readonly unknown[], question: readonly number[], text: string): number;
  /**
   * Ends what `askAll` began and takes some of the answers, as JSON:
   * [id,payload],…],"errors":[[id,error],…],"tooLarge":[id,…],"silent":[id,…],"missing":[node,…],"more":boolean}`.
   * To be called again while there is more.
   */
  takeAnswers(key: number): string | undefined;
  /** A member of several rooms counts once. */
  countMembers(target: readonly unknown[]): number;
  /** What others are to know of a connection. */
  setInfo(slot: number, json: string | undefined): void;
}
