/** Types of the options of a server. */

import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Engine, RedisAdapterOptions } from './adapter.js';
import type { PerMessageDeflateOptions } from './compression.js';
import type { HistoryRule } from './history.js';
import type { PresenceRule } from './presence.js';
import type { UpgradeRequest } from './socket.js';

/** What `verifyClient` decides on. */
export interface VerifyInfo {
  /** Header `Origin`. */
  readonly origin: string | undefined;
  /** Whether the connection is encrypted, with `trustProxy` that of the client: as `req.connection.encrypted`. */
  readonly secure: boolean;
  /** The request. */
  readonly req: UpgradeRequest;
}

/**
 * How `verifyClient` answers later. `code`: HTTP status of a refusal, 300 to 599, 401 by default. `message`: its body. Only
 * the first call counts. A value that cannot be sent, and an error as `ok`, cause status 500 and the server's event `error`.
 */
export type VerifyCallback = (ok: boolean | Promise<boolean>, code?: number, message?: string) => void;

/** Somewhere to listen other than a port. */
export interface ListenOptions {
  /**
   * Path of a Unix domain socket. The file is removed when the server stops; one left behind by a
   * killed process makes `start()` fail with `EADDRINUSE`, as with Node's own servers.
   */
  path: string;
  /** Who may connect: the file's mode, such as `0o660`. @default as the process's umask leaves it */
  mode?: number | undefined;
}

/** PEM text. */
export type Pem = string | Uint8Array;

/** A private key that has a passphrase of its own. */
export interface EncryptedKey {
  /** The key. */
  pem: Pem;
  /** Decrypts it. @default the `passphrase` beside `key` */
  passphrase?: string;
}

/**
 * Key, certificate and settings of TLS. Files are read by the application: `fs.readFileSync`. What is
 * not valid, and what is not here, throws `sInvalidOptions`.
 */
export interface TlsOptions {
  // facts: in-tls
  /**
   * Private key: RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519. Several when there are several certificates, in
   * any order.
   */
  key: Pem | EncryptedKey | readonly (Pem | EncryptedKey)[];
  /**
   * Certificate, followed by those of its issuers in the same text. Several, of different algorithms: a client gets
   * the first whose algorithm it supports, elliptic curves before RSA.
   */
  cert: Pem | readonly Pem[];
  /**
   * Certificates of the authorities that sign for clients; needed with `requestCert`, unless `rejectUnauthorized` is
   * false.
   */
  ca?: Pem | readonly Pem[] | null | undefined;
  /** Decrypts the private key. */
  passphrase?: string | null | undefined;
  /** Oldest version accepted; the newest is TLS 1.3. @default 'TLSv1.2' */
  minVersion?: 'TLSv1.2' | 'TLSv1.3' | null | undefined;
  /**
   * Application protocols in order of preference (ALPN), such as `http/1.1`. A client that offers only others is
   * refused.
   * @default none: what clients offer is ignored
   */
  alpnProtocols?: readonly string[] | null | undefined;
  /** Asks clients for a certificate. @default false */
  requestCert?: boolean | null | undefined;
  /**
   * With `requestCert`: whether clients without a certificate that is valid and signed by one of `ca` are refused.
   * When they are not, `authorized` of the connection tells whether the certificate is valid.
   * @default true
   */
  rejectUnauthorized?: boolean | null | undefined;
  // /facts
}

/**
 * Options of `new Server`. Times are integers in milliseconds; above 4294967295, 49 days,
 * they count as that, except `responseTimeout`. `null` stands for an option that is
 * not given, except with `responseTimeout`, `handshakeTimeout` and `pingInterval`. A misspelt name
 * throws `sInvalidOptions`.
 */
export interface ServerOptions {
  // facts: server-options
  /** Name or address to listen on. @default every address */
  host?: string | null | undefined;
  /** Port to listen on, also as a string of digits; 0 takes a free one, see `address()`. */
  port?: number | string | null | undefined;
  /**
   * Listens on a Unix domain socket; `host` and `port` are ignored then. On Windows `start()` rejects with `ENOTSUP`.
   */
  listen?: ListenOptions | null | undefined;
  /** Listens on IPv6 alone when `host` is `::` or not given. @default false: IPv4 too */
  ipv6Only?: boolean | null | undefined;
  /**
   * Lets several servers listen on the port, in threads and processes of one user, each with a share of the
   * connections (SO_REUSEPORT). Linux only; elsewhere `start()` fails with `ENOTSUP`.
   * @default true in a worker of Node's cluster on Linux, unless the port is 0; else false
   */
  reusePort?: boolean | null | undefined;
  /**
   * Encrypts every connection: clients use `wss:`. A later change takes effect at the next `start()`;
   * `setSecureContext` of the server takes effect at once.
   * @default no encryption
   */
  tls?: TlsOptions | null | undefined;
  /** Accepts requests for this path only, which begins with `/`; others are refused with 400. @default any path */
  path?: string | null | undefined;
  /**
   * Whose pages may connect; others are refused with 403. An entry is an origin (`https://example.com`), the names
   * below a host (`https://*.example.com`), any port of one (`http://localhost:*`), `null` (pages without an origin
   * of their own) or `*`. Requests without an origin, which no browser sends, are accepted, see `requireOrigin`.
   * @default every page
   */
  allowedOrigins?: readonly string[] | null | undefined;
  /** Refuses requests without an origin with 403. @default false */
  requireOrigin?: boolean | null | undefined;
  /**
   * Subprotocols, the preferred first: the first that the client offers too is agreed on. A client that offers only
   * others is refused with 400, one that offers none is accepted without one. Not together with `handleProtocols`.
   * @default the client's choice
   */
  protocols?: readonly string[] | null | undefined;
  /**
   * Which proxies may name the client. `true`: all of them (the first address of the header counts). A number: that
   * many, counted from this server. Or addresses, networks such as `10.0.0.0/8` and the groups `loopback` (Unix
   * domain sockets too), `linklocal` and `uniquelocal`, as a list or separated by commas.
   * @default false
   */
  trustProxy?: boolean | number | string | readonly string[] | null | undefined;
  /**
   * Where proxies name the client: `x-forwarded` is `X-Forwarded-For` and `X-Forwarded-Proto`, `forwarded` the header
   * of RFC 7239. The other header is ignored.
   * @default 'x-forwarded'
   */
  proxyHeaders?: 'x-forwarded' | 'forwarded' | null | undefined;
  /** Connections the system may keep waiting for acceptance; 1 or more. @default 511 */
  backlog?: number | null | undefined;
  /**
   * Threads that read from and write to sockets, 1 to 64. One is enough until it alone is busy all the time; messages
   * are handled on the JavaScript thread however many there are.
   * @default 1
   */
  ioThreads?: number | null | undefined;
  /** Time a client has to answer a message; 0 is no limit. @default 10000 */
  responseTimeout?: number;
  /** Time a client has to complete the handshake, else 4202; 0 is no limit. @default 60000 */
  handshakeTimeout?: number;
  /** Time after which a client is pinged that has sent nothing; 0 is never. @default 15000 */
  pingInterval?: number;
  /**
   * Time a client has to answer a close frame before it is cut; 0 is no limit. One that has not answered a ping has 5
   * s at most.
   * @default 30000
   */
  closeTimeout?: number | null | undefined;
  /**
   * Time the whole opening of a connection may take: the TLS handshake, the upgrade request, the application's
   * decision on it (`verifyClient`; else 503), and the client's taking of the answer; 0 is no limit.
   * @default 10000
   */
  upgradeTimeout?: number | null | undefined;
  /**
   * Largest message a client may send, in bytes; a larger one ends its connection with 1009. 0 is no limit.
   * @default 104857600
   */
  maxPayload?: number | null | undefined;
  /**
   * Largest message a client may send before its handshake is resolved, and most bytes of all that it sends until
   * then, compressed ones as they are inflated; else 1009. Messages of up to 125 bytes, such as pings, do not add to
   * the sum. A client that leaves answers of more bytes than this unread is not read any further until then. 0 leaves
   * it to `maxPayload`. A change holds for connections that open later.
   * @default 65536
   */
  maxHandshakePayload?: number | null | undefined;
  /**
   * Most bytes that all clients together may have of compressed messages that are not complete, as they are inflated.
   * While there are as many, only the oldest of these messages grows, and others of more than 16 KiB wait. A message
   * that could have gone on for 10 s while another has waited as long is given up: its client is closed with 1013. 0
   * is no limit.
   * @default 268435456
   */
  maxInflatingBytes?: number | null | undefined;
  /** Bytes that may wait for one client to read them, 1 or more; see `slowConsumer`. @default 16777216 */
  maxBufferedBytes?: number | null | undefined;
  /**
   * Bytes waiting for one client from which on the application should send it less, 1 or more: then
   * `connection.writableNeedDrain` is true, and `_drain` follows when all of them have left. Nothing else happens at
   * this mark.
   * @default 1048576
   */
  highWaterMark?: number | null | undefined;
  /**
   * Most `send`s to one client that may wait for its response; further ones reject with `scTooManySends`. 0 is no
   * limit.
   * @default 65536
   */
  maxPendingSends?: number | null | undefined;
  /**
   * Bytes of responses to `send` of rooms and of everyone that may wait for those of other clients, all such messages
   * together, 1 or more. When a response does not fit, the largest are dropped, and told as `scResponseTooLarge`. One
   * above 448 MiB never fits. Each client that is asked counts 64 bytes, and a further message rejects with
   * `scTooManySends` if these do not fit. A change holds for later responses.
   * @default 67108864
   */
  maxGatheredBytes?: number | null | undefined;
  /**
   * Most frames of one message; more end the connection with 1009. They cost no memory, but with empty frames one
   * message could go on for ever. 0 is no limit.
   * @default 131072
   */
  maxFragments?: number | null | undefined;
  /**
   * Most bytes of an upgrade request, 256 to 1048576; a larger one gets status 431. Of servers that listen by
   * themselves.
   * @default 16384
   */
  maxHeaderBytes?: number | null | undefined;
  /**
   * Most header lines of an upgrade request, 1 to 10000; one with more gets status 431. Of servers that listen by
   * themselves.
   * @default 100
   */
  maxHeaders?: number | null | undefined;
  /**
   * Most connections at a time, counted from the moment they are accepted; further ones get status 503 with
   * `Retry-After`. 0 is no limit.
   * @default 100000
   */
  maxConnections?: number | null | undefined;
  /**
   * Most connections at a time of one IP address (of IPv6: of one network of 64 bits), that of the client where
   * `trustProxy` tells it; further ones get status 503 with `Retry-After`. The default is more than a proxy opens
   * with the usual range of ports. 0 is no limit.
   * @default 32768
   */
  maxConnectionsPerAddress?: number | null | undefined;
  /**
   * Most messages, and control frames, a client may send per second, on average. One that sends more is read more
   * slowly; one that stays behind for `rateTimeout` is closed with 4207. 0 is no limit. A change holds for
   * connections that open later.
   * @default 100000
   */
  messagesPerSecond?: number | null | undefined;
  /**
   * The same for the bytes that are read of a client, frame headers included, with `tls` those of its records; of
   * compressed messages what they are inflated to counts too. A record that carries nothing counts as a message as
   * well.
   * @default 134217728
   */
  bytesPerSecond?: number | null | undefined;
  /**
   * How much a client may send at once: what `messagesPerSecond` and `bytesPerSecond` allow in this many
   * milliseconds, and at least one message.
   * @default 1000
   */
  rateBurst?: number | null | undefined;
  /**
   * Time a client may stay over its rate: from when it is first read more slowly until all that it has sent has been
   * read. 0 is no limit.
   * @default 60000
   */
  rateTimeout?: number | null | undefined;
  /**
   * What happens at `maxBufferedBytes`: `close` ends the connection with 4206; `drop` leaves out broadcasts, and ends
   * it when other messages pile up to twice the limit.
   * @default 'close'
   */
  slowConsumer?: 'close' | 'drop' | null | undefined;
  /**
   * What clients learn of an `Error` that a message or handshake is rejected with: `full`, its message and own
   * enumerable properties, whatever error it is; `public`, those of a `LineError` and of errors with `true` under
   * `LineError.PUBLIC`, and `internal` of others.
   * @default 'full'
   */
  errors?: 'full' | 'public' | null | undefined;
  /**
   * Whether an io thread polls its sockets for up to 200 microseconds before it sleeps, while requests come one by
   * one and fast. A client that sends its next request as soon as the last is answered is then answered sooner; the
   * thread uses its core meanwhile.
   * @default true
   */
  busyPoll?: boolean | null | undefined;
  /**
   * Decides whether a client may connect. Declared with one parameter, by returning, or by a promise: a falsy value
   * is status 401. With two, by calling `callback`, which takes the status and message of a refusal. A promise that
   * is rejected causes status 500 and the server's event `error`.
   * @default everyone may
   */
  verifyClient?: ((info: VerifyInfo, callback: VerifyCallback) => boolean | void | Promise<boolean | void>) | null | undefined;
  /**
   * Chooses one of the subprotocols offered, by returning or by a promise; `false` is status 401. A value that is not
   * the name of a subprotocol causes status 500 and the server's event `error`.
   * @default the first offered
   */
  handleProtocols?: ((protocols: string[]) => string | false | null | undefined | Promise<string | false | null | undefined>) | null | undefined;
  /** Whether `stop()` ends the connections. @default true */
  clientTracking?: boolean | null | undefined;
  /**
   * Rooms that keep their last messages, by name, or by a prefix that ends in `*`; the longest match holds. Clients
   * that come back are sent what they have missed. Read when the server is made.
   * @default none
   */
  history?: { readonly [room: string]: HistoryRule } | null | undefined;
  /**
   * Memory that the kept messages of all rooms may take, in bytes, 1 or more. Above it, the rooms that keep most drop
   * their oldest messages.
   * @default 67108864
   */
  historyBytes?: number | null | undefined;
  /**
   * Rooms that tell who is in them, and who comes and goes, by name, or by a prefix that ends in `*`; the longest
   * match holds. Read when the server is made.
   * @default none
   */
  presence?: { readonly [room: string]: PresenceRule } | null | undefined;
  /**
   * Joins this server with others: rooms, broadcasts, presence and ids then reach the connections of all. By Redis or
   * Valkey; by the primary process of Node's cluster (`'cluster'`), which has to load this package; or by an engine
   * of your own. Read when the server is made.
   * @default none
   */
  adapter?: RedisAdapterOptions | 'cluster' | Engine | null | undefined;
  /**
   * Whether messages are compressed (permessage-deflate, RFC 7692) for clients that offer it. `true` takes the
   * defaults of {@link PerMessageDeflateOptions}. A change while the server runs holds for connections that open
   * later.
   * @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | null | undefined;
  /**
   * An HTTP server whose upgrade requests are served, as long as this server runs; it is neither started nor closed
   * here, and may listen before or after. Requests that are not for `path` are left to other listeners of `upgrade`,
   * and refused when there is none. With `port` or `listen` this server listens by itself instead. Not together with
   * `tls`: encrypting is up to the HTTP server.
   */
  server?: HttpServer | HttpsServer | null | undefined;
  /**
   * Starts without listening to anything: upgrades come through `handleUpgrade`. It is needed only when there is no
   * `port`, `listen` or `server`.
   * @default false
   */
  noServer?: boolean | null | undefined;
  // /facts
}
