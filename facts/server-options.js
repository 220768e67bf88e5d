// @ts-check
'use strict';

const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * The options of a server.
 * @typedef {object} Option
 * @property {string} name
 * @property {'ms' | 'bytes' | 'count' | 'integer' | 'boolean' | 'choice' | 'function' | 'other'} kind What it is. A
 *   `count` is 0 or more, an `integer` from `least` to `most`; what an `other` must be is checked in
 *   `lib/options/known-options.js` or where it is used.
 * @property {number} [least]
 * @property {number} [most]
 * @property {string[]} [values] Of a choice.
 * @property {boolean} [isRequired] It may not be left undefined once named, as with the original.
 * @property {boolean} [isLive] It is in force at once when it is set while the server runs.
 * @property {any} [initial] What holds when it is not given.
 * @property {string} [otherwise] The same in words, where it is no value.
 * @property {'u32' | 'usize' | 'bool' | 'SlowConsumer'} [core] The core has a setting of this name and type.
 * @property {string} [shown] The type in the table of the documentation, where the kind does not say it.
 * @property {string} [type] The type in TypeScript, where the kind does not say it.
 * @property {string[]} [keys] What the object may have, if it is one.
 * @property {string} doc What it is, as the middle of a sentence.
 * @property {string} [details] More than that, for the types: whole sentences, instead of `doc`.
 */

/** @type {Option[]} */
module.exports = [
  {
    name: 'host', kind: 'other', otherwise: 'every address', shown: 'string', type: 'string',
    doc: 'name or address to listen on; an IPv6 address may name its interface, as in `fe80::1%eth0`',
    details: 'Name or address to listen on.',
  },
  {
    name: 'port', kind: 'other', shown: 'integer or string of digits', type: 'number | string',
    doc: 'port to listen on; 0 takes a free port, which `server.address()` tells',
    details: 'Port to listen on, also as a string of digits; 0 takes a free one, see `address()`.',
  },
  {
    name: 'listen', kind: 'other', shown: 'object', type: 'ListenOptions', keys: ['path', 'mode'],
    doc: 'listens on a Unix domain socket, instead of `host` and `port`; `mode`, such as `0o660`, says who may connect; not on Windows, where `start()` rejects with `ENOTSUP`',
    details: 'Listens on a Unix domain socket; `host` and `port` are ignored then. On Windows `start()` rejects with `ENOTSUP`.',
  },
  {
    name: 'ipv6Only', kind: 'boolean', otherwise: 'false: IPv4 too',
    doc: 'listens on IPv6 only, when `host` is `::` or not given',
    details: 'Listens on IPv6 alone when `host` is `::` or not given.',
  },
  {
    name: 'reusePort', kind: 'boolean', otherwise: "true in a worker of Node's cluster on Linux, unless the port is 0; else false",
    doc: 'several servers, in threads or processes, share the port (Linux only)',
    details: 'Lets several servers listen on the port, in threads and processes of one user, each with a share of the connections (SO_REUSEPORT). Linux only; elsewhere `start()` fails with `ENOTSUP`.',
  },
  {
    name: 'tls', kind: 'other', otherwise: 'no encryption', shown: 'object', type: 'TlsOptions',
    doc: 'key, certificate and settings of TLS; see [TLS](#tls)',
    details: 'Encrypts every connection: clients use `wss:`. A later change takes effect at the next `start()`; `setSecureContext` of the server takes effect at once.',
  },
  {
    name: 'path', kind: 'other', isLive: true, otherwise: 'any path', shown: 'string', type: 'string',
    doc: 'accepts upgrade requests for this path only; begins with `/`',
    details: 'Accepts requests for this path only, which begins with `/`; others are refused with 400.',
  },
  {
    name: 'allowedOrigins', kind: 'other', isLive: true, otherwise: 'every page', shown: 'list of strings', type: 'readonly string[]',
    doc: 'origins whose pages may connect; others get 403: see [browsers](../guides/browsers.md)',
    details: 'Whose pages may connect; others are refused with 403. An entry is an origin (`https://example.com`), the names below a host (`https://*.example.com`), any port of one (`http://localhost:*`), `null` (pages without an origin of their own) or `*`. Requests without an origin, which no browser sends, are accepted, see `requireOrigin`.',
  },
  {
    name: 'requireOrigin', kind: 'boolean', isLive: true, initial: false,
    doc: 'refuses requests without an origin with 403; every browser sends one',
    details: 'Refuses requests without an origin with 403.',
  },
  {
    name: 'protocols', kind: 'other', isLive: true, otherwise: "the client's choice", shown: 'list of strings', type: 'readonly string[]',
    doc: 'subprotocols, in order of preference: see [browsers](../guides/browsers.md)',
    details: 'Subprotocols, the preferred first: the first that the client offers too is agreed on. A client that offers only others is refused with 400, one that offers none is accepted without one. Not together with `handleProtocols`.',
  },
  {
    name: 'trustProxy', kind: 'other', isLive: true, initial: false, shown: 'boolean, integer, string or list', type: 'boolean | number | string | readonly string[]',
    doc: 'proxies that may say who the client is: see [proxies](../guides/proxies.md)',
    details: 'Which proxies may name the client. `true`: all of them (the first address of the header counts). A number: that many, counted from this server. Or addresses, networks such as `10.0.0.0/8` and the groups `loopback` (Unix domain sockets too), `linklocal` and `uniquelocal`, as a list or separated by commas.',
  },
  {
    name: 'proxyHeaders', kind: 'choice', values: ['x-forwarded', 'forwarded'], isLive: true, initial: 'x-forwarded',
    doc: 'the headers in which these proxies name the client',
    details: 'Where proxies name the client: `x-forwarded` is `X-Forwarded-For` and `X-Forwarded-Proto`, `forwarded` the header of RFC 7239. The other header is ignored.',
  },
  {
    name: 'backlog', kind: 'other', initial: 511, shown: 'integer ≥ 1', type: 'number',
    doc: 'connections that may wait in the system to be accepted',
    details: 'Connections the system may keep waiting for acceptance; 1 or more.',
  },
  {
    name: 'ioThreads', kind: 'integer', least: 1, most: 64, initial: 1,
    doc: 'threads that read from and write to sockets',
    details: 'Threads that read from and write to sockets, 1 to 64. One is enough until it alone is busy all the time; messages are handled on the JavaScript thread however many there are.',
  },
  {
    name: 'responseTimeout', kind: 'ms', isRequired: true, isLive: true, initial: 10000,
    doc: 'time a client has to answer a `send`',
    details: 'Time a client has to answer a message; 0 is no limit.',
  },
  {
    name: 'handshakeTimeout', kind: 'ms', isRequired: true, isLive: true, initial: 60000, core: 'u32',
    doc: 'time from the upgrade to a resolved handshake; then the connection is closed with 4202',
    details: 'Time a client has to complete the handshake, else 4202; 0 is no limit.',
  },
  {
    name: 'pingInterval', kind: 'ms', isRequired: true, isLive: true, initial: 15000, core: 'u32',
    doc: 'time after which a client is pinged that has sent nothing',
    details: 'Time after which a client is pinged that has sent nothing; 0 is never.',
  },
  {
    name: 'closeTimeout', kind: 'ms', isLive: true, initial: 30000, core: 'u32',
    doc: 'time a client has to answer a close frame before the connection is cut; at most 5 s for a client that has not answered a ping',
    details: 'Time a client has to answer a close frame before it is cut; 0 is no limit. One that has not answered a ping has 5 s at most.',
  },
  {
    name: 'upgradeTimeout', kind: 'ms', isLive: true, initial: 10000, core: 'u32',
    doc: "time the whole opening may take: the TLS handshake, the upgrade request, the application's decision on it (503 when it is late), and sending the answer",
    details: "Time the whole opening of a connection may take: the TLS handshake, the upgrade request, the application's decision on it (`verifyClient`; else 503), and the client's taking of the answer; 0 is no limit.",
  },
  {
    name: 'maxPayload', kind: 'bytes', least: 0, isLive: true, initial: 100 * MiB, core: 'usize',
    doc: 'largest message a client may send; a larger one ends the connection with 1009; 0 is no limit',
    details: 'Largest message a client may send, in bytes; a larger one ends its connection with 1009. 0 is no limit.',
  },
  {
    name: 'maxHandshakePayload', kind: 'bytes', least: 0, isLive: true, initial: 64 * KiB, core: 'usize',
    doc: 'the same until the handshake is resolved, and also the limit of all messages together until then; 0 means that only `maxPayload` holds',
    details: 'Largest message a client may send before its handshake is resolved, and most bytes of all that it sends until then, compressed ones as they are inflated; else 1009. Messages of up to 125 bytes, such as pings, do not add to the sum. A client that leaves answers of more bytes than this unread is not read any further until then. 0 leaves it to `maxPayload`. A change holds for connections that open later.',
  },
  {
    name: 'maxInflatingBytes', kind: 'bytes', least: 0, isLive: true, initial: 256 * MiB, core: 'usize',
    doc: 'bytes that the unfinished compressed messages of all clients together may take; further messages wait; 0 is no limit',
    details: 'Most bytes that all clients together may have of compressed messages that are not complete, as they are inflated. While there are as many, only the oldest of these messages grows, and others of more than 16 KiB wait. A message that could have gone on for 10 s while another has waited as long is given up: its client is closed with 1013. 0 is no limit.',
  },
  {
    name: 'maxBufferedBytes', kind: 'bytes', least: 1, isLive: true, initial: 16 * MiB, core: 'usize',
    doc: 'bytes that may wait for one client to read them',
    details: 'Bytes that may wait for one client to read them, 1 or more; see `slowConsumer`.',
  },
  {
    name: 'highWaterMark', kind: 'bytes', least: 1, isLive: true, initial: MiB, core: 'usize',
    doc: 'bytes waiting for one client from which on `connection.writableNeedDrain` is true, until `_drain`',
    details: 'Bytes waiting for one client from which on the application should send it less, 1 or more: then `connection.writableNeedDrain` is true, and `_drain` follows when all of them have left. Nothing else happens at this mark.',
  },
  {
    name: 'maxPendingSends', kind: 'count', isLive: true, initial: 65536,
    doc: '`send`s to one client that may wait for its response; further ones reject with `scTooManySends`',
    details: 'Most `send`s to one client that may wait for its response; further ones reject with `scTooManySends`. 0 is no limit.',
  },
  {
    name: 'maxGatheredBytes', kind: 'bytes', least: 1, isLive: true, initial: 64 * MiB, core: 'usize',
    doc: 'bytes of responses to `send` of rooms and of everyone that may wait for those of other clients, all such messages together: above it the largest responses are dropped and told as `scResponseTooLarge`',
    details: 'Bytes of responses to `send` of rooms and of everyone that may wait for those of other clients, all such messages together, 1 or more. When a response does not fit, the largest are dropped, and told as `scResponseTooLarge`. One above 448 MiB never fits. Each client that is asked counts 64 bytes, and a further message rejects with `scTooManySends` if these do not fit. A change holds for later responses.',
  },
  {
    name: 'maxFragments', kind: 'count', isLive: true, initial: 131072, core: 'u32',
    doc: 'frames of one message; more end the connection with 1009',
    details: 'Most frames of one message; more end the connection with 1009. They cost no memory, but with empty frames one message could go on for ever. 0 is no limit.',
  },
  {
    name: 'maxHeaderBytes', kind: 'integer', least: 256, most: MiB, isLive: true, initial: 16384, core: 'usize',
    doc: 'bytes of an upgrade request; a longer one gets status 431',
    details: 'Most bytes of an upgrade request, 256 to 1048576; a larger one gets status 431. Of servers that listen by themselves.',
  },
  {
    name: 'maxHeaders', kind: 'integer', least: 1, most: 10000, isLive: true, initial: 100, core: 'usize',
    doc: 'header lines of an upgrade request; more get status 431',
    details: 'Most header lines of an upgrade request, 1 to 10000; one with more gets status 431. Of servers that listen by themselves.',
  },
  {
    name: 'maxConnections', kind: 'count', isLive: true, initial: 100000, core: 'usize',
    doc: 'connections at a time; further ones get status 503 with `Retry-After`',
    details: 'Most connections at a time, counted from the moment they are accepted; further ones get status 503 with `Retry-After`. 0 is no limit.',
  },
  {
    name: 'maxConnectionsPerAddress', kind: 'count', isLive: true, initial: 32768, core: 'usize',
    doc: "connections at a time of one address (IPv6: of one /64); further ones get 503. With `trustProxy` it is the client's address",
    details: 'Most connections at a time of one IP address (of IPv6: of one network of 64 bits), that of the client where `trustProxy` tells it; further ones get status 503 with `Retry-After`. The default is more than a proxy opens with the usual range of ports. 0 is no limit.',
  },
  {
    name: 'messagesPerSecond', kind: 'count', isLive: true, initial: 100000, core: 'u32',
    doc: 'messages a client may send per second; see [limits](../guides/limits.md)',
    details: 'Most messages, and control frames, a client may send per second, on average. One that sends more is read more slowly; one that stays behind for `rateTimeout` is closed with 4207. 0 is no limit. A change holds for connections that open later.',
  },
  {
    name: 'bytesPerSecond', kind: 'bytes', least: 0, isLive: true, initial: 128 * MiB, core: 'u32',
    doc: 'the same in bytes, counted as received and as inflated',
    details: 'The same for the bytes that are read of a client, frame headers included, with `tls` those of its records; of compressed messages what they are inflated to counts too. A record that carries nothing counts as a message as well.',
  },
  {
    name: 'rateBurst', kind: 'ms', isLive: true, initial: 1000, core: 'u32',
    doc: 'how much a client may send at once: what its rate allows in this many ms',
    details: 'How much a client may send at once: what `messagesPerSecond` and `bytesPerSecond` allow in this many milliseconds, and at least one message.',
  },
  {
    name: 'rateTimeout', kind: 'ms', isLive: true, initial: 60000, core: 'u32',
    doc: 'time a client may stay over its rate before it is closed with 4207',
    details: 'Time a client may stay over its rate: from when it is first read more slowly until all that it has sent has been read. 0 is no limit.',
  },
  {
    name: 'slowConsumer', kind: 'choice', values: ['close', 'drop'], isLive: true, initial: 'close', core: 'SlowConsumer',
    doc: "what happens at `maxBufferedBytes`: `'close'` ends the connection with 4206; `'drop'` leaves out broadcasts, and ends it at twice the limit",
    details: 'What happens at `maxBufferedBytes`: `close` ends the connection with 4206; `drop` leaves out broadcasts, and ends it when other messages pile up to twice the limit.',
  },
  {
    name: 'errors', kind: 'choice', values: ['full', 'public'], isLive: true, initial: 'full',
    doc: "what clients learn of an error that a handler rejects with. `'full'`: message and properties of every error. `'public'`: only those of a `LineError` and of errors with `error[LineError.PUBLIC] = true`; other errors are sent as `internal`",
    details: 'What clients learn of an `Error` that a message or handshake is rejected with: `full`, its message and own enumerable properties, whatever error it is; `public`, those of a `LineError` and of errors with `true` under `LineError.PUBLIC`, and `internal` of others.',
  },
  {
    name: 'busyPoll', kind: 'boolean', isLive: true, initial: true, core: 'bool',
    doc: 'while requests come one by one, at most 200 µs apart, the io thread polls its sockets instead of sleeping: answers come sooner, and the thread uses its core meanwhile',
    details: 'Whether an io thread polls its sockets for up to 200 microseconds before it sleeps, while requests come one by one and fast. A client that sends its next request as soon as the last is answered is then answered sooner; the thread uses its core meanwhile.',
  },
  {
    name: 'verifyClient', kind: 'function', otherwise: 'everyone may', type: '((info: VerifyInfo, callback: VerifyCallback) => boolean | void | Promise<boolean | void>)',
    doc: 'decides on an upgrade: `(info) => boolean` or a promise of one, or `(info, callback)` with `callback(ok, status, message)`; 401 by default',
    details: "Decides whether a client may connect. Declared with one parameter, by returning, or by a promise: a falsy value is status 401. With two, by calling `callback`, which takes the status and message of a refusal. A promise that is rejected causes status 500 and the server's event `error`.",
  },
  {
    name: 'handleProtocols', kind: 'function', otherwise: 'the first offered', type: '((protocols: string[]) => string | false | null | undefined | Promise<string | false | null | undefined>)',
    doc: '`(protocols) => string` or a promise of one, chooses a subprotocol; `false` is status 401',
    details: "Chooses one of the subprotocols offered, by returning or by a promise; `false` is status 401. A value that is not the name of a subprotocol causes status 500 and the server's event `error`.",
  },
  {
    name: 'clientTracking', kind: 'boolean', initial: true,
    doc: 'whether `stop()` ends the connections',
    details: 'Whether `stop()` ends the connections.',
  },
  {
    name: 'history', kind: 'other', otherwise: 'none', shown: 'object', type: '{ readonly [room: string]: HistoryRule }',
    doc: 'rooms that keep their last messages for clients that come back: see [history](#history)',
    details: 'Rooms that keep their last messages, by name, or by a prefix that ends in `*`; the longest match holds. Clients that come back are sent what they have missed. Read when the server is made.',
  },
  {
    name: 'historyBytes', kind: 'bytes', least: 1, isLive: true, initial: 64 * MiB, core: 'usize',
    doc: 'memory that the kept messages of all rooms may take; above it the rooms that keep most drop their oldest messages',
    details: 'Memory that the kept messages of all rooms may take, in bytes, 1 or more. Above it, the rooms that keep most drop their oldest messages.',
  },
  {
    name: 'presence', kind: 'other', otherwise: 'none', shown: 'object', type: '{ readonly [room: string]: PresenceRule }',
    doc: 'rooms that tell who is in them, and who comes and goes: see [presence](#presence)',
    details: 'Rooms that tell who is in them, and who comes and goes, by name, or by a prefix that ends in `*`; the longest match holds. Read when the server is made.',
  },
  {
    name: 'adapter', kind: 'other', otherwise: 'none', shown: "object or `'cluster'`", type: "RedisAdapterOptions | 'cluster' | Engine",
    doc: "joins this server with others: rooms, broadcasts, presence and ids reach the connections of all. By Redis, by the primary process of Node's cluster (`'cluster'`), or by an engine of your own: see [adapter](#adapter)",
    details: "Joins this server with others: rooms, broadcasts, presence and ids then reach the connections of all. By Redis or Valkey; by the primary process of Node's cluster (`'cluster'`), which has to load this package; or by an engine of your own. Read when the server is made.",
  },
  {
    name: 'perMessageDeflate', kind: 'other', isLive: true, initial: false, shown: 'boolean or object', type: 'boolean | PerMessageDeflateOptions',
    doc: 'compresses messages for clients that offer it: see [compression](#compression)',
    details: 'Whether messages are compressed (permessage-deflate, RFC 7692) for clients that offer it. `true` takes the defaults of {@link PerMessageDeflateOptions}. A change while the server runs holds for connections that open later.',
  },
  {
    name: 'server', kind: 'other', shown: '`http.Server` or `https.Server`', type: 'HttpServer | HttpsServer',
    doc: 'serves the upgrades of this server: see [HTTP servers](../guides/http-servers.md). Ignored when there is a `port` or `listen`',
    details: 'An HTTP server whose upgrade requests are served, as long as this server runs; it is neither started nor closed here, and may listen before or after. Requests that are not for `path` are left to other listeners of `upgrade`, and refused when there is none. With `port` or `listen` this server listens by itself instead. Not together with `tls`: encrypting is up to the HTTP server.',
  },
  {
    name: 'noServer', kind: 'boolean', initial: false,
    doc: 'starts without listening to anything: upgrades come through `handleUpgrade`',
    details: 'Starts without listening to anything: upgrades come through `handleUpgrade`. It is needed only when there is no `port`, `listen` or `server`.',
  },
];
