// @ts-check
'use strict';

/**
 * A case of load.
 * @typedef {object} Case
 * @property {string} key Name on the command line and in the results.
 * @property {string} group Key of the chart it belongs to.
 * @property {string} title What is measured, for tables.
 * @property {string} short The same in few words, for charts.
 * @property {string} operation What one operation is.
 * @property {string[]} load Arguments of the load generator.
 * @property {Record<string, string>} env Environment variables of the server.
 * @property {boolean} quick Whether a quick run has it.
 * @property {boolean} sends Whether the server has to have a `send()` that awaits a response.
 * @property {number} connections How many connections are open at a time.
 * @property {boolean} alone Whether only one server is up at a time, because so many connections disturb others even
 *   when they have no load: peers have to be pinged.
 */

/**
 * A chart.
 * @typedef {object} Group
 * @property {string} key Name of its file.
 * @property {string} title Its title.
 * @property {'cpu_us' | 'p50_us' | 'p99_us' | 'bytes'} figure What its bars show.
 */

/** Number of connections from which on a peer is measured alone. */
const MANY = 10_000;

/** @type {Group[]} */
const groups = [
  { key: 'requests', title: 'Request and response: server CPU, µs per request', figure: 'cpu_us' },
  { key: 'latency', title: 'Few connections, one request at a time on each: median round trip, µs', figure: 'p50_us' },
  { key: 'work', title: 'Handlers that work for 50 µs: 99th percentile of the round trip, µs', figure: 'p99_us' },
  { key: 'broadcast', title: 'Broadcast: server CPU, µs per delivery', figure: 'cpu_us' },
  { key: 'connect', title: 'Connect, handshake, one request, close: server CPU, µs per connection', figure: 'cpu_us' },
  { key: 'idle', title: 'Idle connections: resident bytes each', figure: 'bytes' },
  { key: 'push', title: 'Messages from the server that the client answers: server CPU, µs per message', figure: 'cpu_us' },
  { key: 'growth', title: 'Request and response, more and more connections: server CPU, µs per request', figure: 'cpu_us' },
];

/**
 * Makes a case.
 * @param {string} group Key of its group.
 * @param {string} key Its own key.
 * @param {string} short Its short title.
 * @param {string} title Its title.
 * @param {string} load The load generator's arguments, as one line.
 * @param {{quick?: boolean, sends?: boolean, env?: Record<string, string>}} [more] What is unusual about it.
 * @returns {Case} The case.
 */
function make(group, key, short, title, load, { quick = false, sends = false, env = {} } = {}) {
  const words = load.split(' ');
  const connections = Number(words[words.indexOf('--connections') + 1]);
  const operations = { echo: 'request', broadcast: 'delivery', connect: 'connection', idle: 'connection', push: 'message' };
  const operation = operations[words[0]];
  return { key, group, title, short, operation, load: words, env, quick, sends, connections, alone: connections >= MANY };
}

/** @type {Case[]} */
const cases = [
  make('requests', 'echo-64', '64 B, 64 connections, 1 in flight',
    'Request and response: 64 B of text, 64 connections, 1 in flight on each',
    'echo --connections 64 --size 64', { quick: true }),
  make('requests', 'echo-64x16', '64 B, 64 connections, 16 in flight',
    'Request and response: 64 B of text, 64 connections, 16 in flight on each',
    'echo --connections 64 --inflight 16 --size 64', { quick: true }),
  make('requests', 'echo-1k', '1 KiB of objects, 64 connections',
    'Request and response: 1 KiB of objects, 64 connections, 1 in flight on each',
    'echo --connections 64 --payload objects --size 1024', { quick: true }),
  // Mostly JSON, in every peer: differences are small, and take longer to tell from noise.
  make('requests', 'echo-64k', '64 KiB of objects, 16 connections',
    'Request and response: 64 KiB of objects, 16 connections, 1 in flight on each',
    'echo --connections 16 --payload objects --size 65536 --duration 9000'),
  make('latency', 'single', '64 B, 1 connection',
    'Request and response: 64 B of text, 1 connection, 1 in flight',
    'echo --connections 1 --size 64', { quick: true }),
  make('latency', 'few', '64 B, 4 connections',
    'Request and response: 64 B of text, 4 connections, 1 in flight on each',
    'echo --connections 4 --size 64'),
  make('work', 'work', '64 connections, 50 µs each',
    'Request and response: 64 B of text, 64 connections, 1 in flight on each, handlers that work for 50 µs',
    'echo --connections 64 --size 64', { env: { WORK_US: '50' } }),
  make('broadcast', 'broadcast-1000', '128 B to 1,000',
    'Broadcast: 128 B to 1,000 connections',
    'broadcast --connections 1000 --size 128', { quick: true }),
  make('broadcast', 'broadcast-5000', '128 B to 5,000',
    'Broadcast: 128 B to 5,000 connections',
    'broadcast --connections 5000 --size 128'),
  make('broadcast', 'broadcast-64k', '64 KiB to 1,000',
    'Broadcast: 64 KiB to 1,000 connections, 100 times',
    'broadcast --connections 1000 --size 65536 --count 100'),
  make('connect', 'connect', '256 at a time',
    'Connect, handshake, one request, close: 256 at a time',
    'connect --connections 256 --size 64', { quick: true }),
  make('idle', 'idle', '10,000 connections',
    'Idle connections: 10,000, handshaken, after two minutes',
    'idle --connections 10000 --duration 120000'),
  make('push', 'push', '64 B, 64 connections, 1 in flight',
    'Messages from the server that the client answers: 64 B, 64 connections, 1 in flight on each',
    'push --connections 64 --size 64', { sends: true }),
  make('push', 'push-x16', '64 B, 64 connections, 16 in flight',
    'Messages from the server that the client answers: 64 B, 64 connections, 16 in flight on each',
    'push --connections 64 --inflight 16 --size 64', { sends: true }),
  ...[100, 1000, 5000, 10000, 19000].map((count) => make(
    'growth', `growth-${count}`, `${count.toLocaleString('en')} connections`,
    `Request and response: 64 B of text, ${count.toLocaleString('en')} connections in turn, 64 in flight in all`,
    `echo --connections ${count} --outstanding 64 --size 64`)),
];

module.exports = { cases, groups };
