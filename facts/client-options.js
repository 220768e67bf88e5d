// @ts-check
'use strict';

/**
 * The options of the client.
 * @typedef {object} Option
 * @property {string} name With the object that it is in: `handshake.timeout`.
 * @property {'ms' | 'bytes' | 'integer' | 'number' | 'boolean' | 'other'} kind What it is: `ms`, `bytes` and `integer` are
 *   integers; what an `other` must be is checked in `client/options.js`.
 * @property {0 | 1} [least] Of a number, 0 by default.
 * @property {any} [initial] What holds when it is not given; without it the option is absent by default.
 * @property {string} [otherwise] The same in words, where it is no value.
 * @property {{[key: string]: number}} [inner] What holds within the object that it may be; integers.
 * @property {string} [shown] The type in the table of the documentation, where the kind does not say it.
 * @property {string} [type] The type in TypeScript, where the kind does not say it.
 * @property {string} doc What it is, as the middle of a sentence.
 * @property {string} [details] More than that, for the types: whole sentences, instead of `doc`.
 */

/** The objects that options are in. @type {{[name: string]: string}} */
const GROUPS = {
  handshake: 'The handshake, which follows the opening of each connection.',
  reconnectOptions: 'When to connect again.',
  uptimeOptions: 'How to measure uptime.',
};

/** @type {Option[]} */
const OPTIONS = [
  {
    name: 'handshake.timeout', kind: 'ms', initial: 30000,
    doc: 'time the server has to open the WebSocket, and to answer the handshake; 0 is no limit',
    details: 'Time the server has to open the WebSocket, and then to answer; 0 is no limit.',
  },
  {
    name: 'handshake.payload', kind: 'other', shown: 'any JSON value', type: 'any',
    doc: "sent with the handshake, for the server's `handshake` listeners",
    details: 'Sent to the server, whose `handshake` listeners decide by it: any JSON value.',
  },
  {
    name: 'responseTimeout', kind: 'ms', initial: 10000,
    doc: 'time the server has to answer a `send`; 0 is no limit',
    details: 'Time the server has to answer a `send`; 0 is no limit.',
  },
  {
    name: 'disconnectTimeout', kind: 'ms', initial: 5000,
    doc: 'time the server has to close the connection before it is given up; 0 is no limit',
    details: 'Time the server has to close the connection before it is given up; 0 is no limit.',
  },
  {
    name: 'pingInterval', kind: 'ms', initial: 20000,
    doc: 'silence of the server after which it is pinged; 0 is never',
    details: 'Silence of the server after which it is pinged; 0 is never.',
  },
  {
    name: 'maxPayload', kind: 'bytes', initial: 100 * 1024 * 1024,
    doc: 'largest message the server may send; a larger one ends the connection with 4209; 0 is no limit',
    details: 'Largest message the server may send, in bytes; a larger one ends the connection with 4209, or 1006 where the WebSocket itself refuses it. 0 is no limit.',
  },
  {
    name: 'maxDepth', kind: 'integer', initial: 1000,
    doc: 'levels that a message of the server may be nested; a deeper one is treated as invalid JSON; 0 is no limit',
    details: 'Levels of objects and arrays that a message of the server may be nested, itself included; a deeper one is no message. 0 is no limit.',
  },
  {
    name: 'reconnect', kind: 'boolean', initial: true,
    doc: 'whether to connect again when the connection is lost, cannot be made, or the handshake is rejected. Not after 4208 (`_taken_over`), nor after a handshake rejected with an error that has `retry: false`',
    details: 'Whether to connect again when the connection is lost or cannot be made, or the handshake is rejected; not when the error it is rejected with has the property `retry: false`, nor when the server has closed with 4208, because another connection has taken the id.',
  },
  {
    name: 'reconnectOptions.initialDelay', kind: 'ms', least: 1, initial: 1000,
    doc: 'first delay',
    details: 'First delay; 1 or more.',
  },
  {
    name: 'reconnectOptions.multiply', kind: 'number', least: 1, initial: 1.5,
    doc: 'how the delay grows: `initialDelay * multiply * attempt`',
    details: 'How the delay grows: it is `initialDelay * multiply * attempt`. 1 or more.',
  },
  {
    name: 'reconnectOptions.maxDelay', kind: 'ms', least: 1, initial: 30000, shown: 'ms ≥ `initialDelay`',
    doc: 'longest delay, before `randomness`',
    details: 'Longest delay, before `randomness` adds to it; `initialDelay` or more.',
  },
  {
    name: 'reconnectOptions.randomness', kind: 'number', least: 0, initial: 0.5,
    doc: 'largest random addition, as a share of the delay',
    details: 'Part of the delay that is added at most, at random; 0 or more.',
  },
  {
    name: 'reconnectOptions.fullJitter', kind: 'boolean', initial: false,
    doc: 'uses a random delay up to `initialDelay * multiply ** attempt` instead, so that clients do not all return at once after a restart',
    details: 'Draws the delay evenly between 0 and `initialDelay * multiply ** attempt` instead: clients that a restart has disconnected together come back apart.',
  },
  {
    name: 'reconnectOptions.minUptime', kind: 'ms', initial: 5000,
    doc: 'how long a connection must last before the delay starts again at `initialDelay`',
    details: 'How long a connection must last for the delay to begin anew with `initialDelay`: else a server that ends each connection at once would be connected to without end. 0 is any connection.',
  },
  {
    name: 'queue', kind: 'other', initial: false, shown: '`{ max, ttl }`', type: 'QueueOptions | false', inner: { max: 100, ttl: 30000 },
    doc: 'messages that are sent without a connection wait for one: at most `max` messages (100), each at most `ttl` ms (30000; 0 is no limit). They are sent after the listeners of `_connected` have run. Before `connect()` and after `disconnect()` they wait for the next `connect()`, at most that long',
    details: 'Messages sent without a connection wait for one, instead of being rejected.',
  },
  {
    name: 'positions', kind: 'other', otherwise: 'none', shown: 'object', type: '{ readonly [room: string]: string } | null | undefined',
    doc: 'where the client stands in rooms with history: what `client.positions` of an earlier page was. See [rooms that lose nothing](../guides/history.md)',
    details: 'Where the client stands in rooms with history, by room, as `client.positions` of an earlier page has told. It brings them when it connects, and the server sends what was missed once it lets the client into the rooms.',
  },
  {
    name: 'uptime', kind: 'boolean', initial: false,
    doc: 'whether `getUptime()` measures the share of time with a connection',
    details: 'Whether to measure uptime, for `getUptime`.',
  },
  {
    name: 'uptimeOptions.interval', kind: 'ms', least: 1, initial: 5000,
    doc: 'how often to measure',
    details: 'How often to look whether the client is connected; 1 or more.',
  },
  {
    name: 'uptimeOptions.window', kind: 'ms', least: 1, initial: 300000, shown: 'ms ≥ `interval`',
    doc: 'length of the time that is measured',
    details: 'Over what time to measure; `interval` or more.',
  },
  {
    name: 'followRedirections', kind: 'boolean', initial: false,
    doc: 'whether to ask by HTTP for a redirect when a connection fails; it is followed on the same host only',
    details: 'Whether to find out by HTTP where the server redirects to when a connection fails, and to connect to that next. Only on the same host and port, and never from `wss:` to `ws:`; see `redirectOrigins`.',
  },
  {
    name: 'redirectOrigins', kind: 'other', otherwise: 'none', shown: 'list of strings', type: 'readonly string[] | undefined',
    doc: "other origins that redirects may lead to, such as `wss://eu.example.org`; these servers receive the handshake's payload",
    details: 'Other origins that redirects may lead to, such as `wss://eu.example.org`: they get the payload of the handshake.',
  },
  {
    name: 'watchNetwork', kind: 'boolean', initial: true,
    doc: "whether to react to `online`, `offline` and the page's visibility, in browsers",
    details: "Whether to heed, in browsers, `online`, `offline` and the page's visibility: to connect at once when the network is back or the page is looked at again, and to ping when the connection is in doubt.",
  },
  {
    name: 'webSocket', kind: 'other', otherwise: 'the global one; in a Node without it, that of the package `ws`', shown: 'class', type: 'WebSocketClass | undefined',
    doc: 'the WebSocket class to use, called with the URL',
    details: 'The WebSocket class to use, called with the URL.',
  },
];

module.exports = { GROUPS, OPTIONS };
