// @ts-check
'use strict';

const MiB = 1024 * 1024;

/**
 * What the option `adapter` may have when it names a Redis.
 * @typedef {object} Option
 * @property {string} name
 * @property {'ms' | 'bytes' | 'boolean' | 'choice' | 'other'} kind What it is; what an `other` must be is checked in
 *   `lib/options/adapter.js`.
 * @property {number} [least] Of a number.
 * @property {string[]} [values] Of a choice.
 * @property {boolean} [isRequired] There is no default.
 * @property {any} [initial] What holds when it is not given.
 * @property {string} [otherwise] The same in words, where it is no value.
 * @property {string} [shown] The type in the table of the documentation, where the kind does not say it.
 * @property {string} [type] The type in TypeScript, where the kind does not say it.
 * @property {string} doc What it is, as the middle of a sentence.
 * @property {string} [details] More than that, for the types: whole sentences, instead of `doc`.
 */

/** @type {Option[]} */
module.exports = [
  {
    name: 'redis', kind: 'other', isRequired: true, shown: 'URL or list of URLs', type: 'string | readonly string[]',
    doc: 'where Redis or Valkey is: `redis:`, `rediss:`, `unix:`, `redis+sentinel:` or `redis+cluster:`. Several are sentinels, or nodes of one Redis Cluster',
    details: 'Where Redis (6.2 or later) or Valkey is: a URL with `redis:`, `rediss:` (TLS), `unix:`, `redis+sentinel:` or `redis+cluster:`. Several are sentinels, or nodes of one Redis Cluster.',
  },
  {
    name: 'prefix', kind: 'other', initial: 'line', shown: 'string', type: 'string',
    doc: 'what all channels and keys begin with. Only servers with the same prefix are joined',
    details: 'What the names of all channels and keys begin with, 1 to 100 characters without spaces and braces. Only servers with the same prefix are joined.',
  },
  {
    name: 'tls', kind: 'other', otherwise: "the system's authorities, with `rediss:`", shown: 'object', type: 'AdapterTls',
    doc: 'certificates for `rediss:`: `ca`, `cert`, `key`, `passphrase`, `servername`',
    details: 'Certificates for connections with `rediss:`.',
  },
  {
    name: 'nodeName', kind: 'other', otherwise: 'the name of the host', shown: 'string', type: 'string',
    doc: 'name of this server in logs and in `server.nodes.list()`',
    details: 'Name of this server in logs and in `server.nodes.list()`: 1 to 200 characters. Names need not be unique.',
  },
  {
    name: 'required', kind: 'boolean', initial: false,
    doc: 'whether `start()` waits for Redis, and rejects with `sAdapterDown` when it cannot be reached. Otherwise the server starts and joins the others when it can',
    details: 'Whether `start()` waits for Redis, and rejects with `sAdapterDown` when it cannot be reached. Otherwise the server starts at once, and joins the others when it can.',
  },
  {
    name: 'subscribe', kind: 'choice', values: ['rooms', 'all'], initial: 'rooms',
    doc: "which rooms' messages this server gets: `'rooms'`, those of rooms with members here; `'all'`, every room's: for few servers whose rooms come and go quickly. Not on a Redis Cluster",
    details: "Which rooms' messages this server gets. `'rooms'`: those of rooms with members here. `'all'`: every room's, without a subscription for each; for few servers whose rooms come and go quickly. Not on a Redis Cluster.",
  },
  {
    name: 'unsubscribeDelay', kind: 'ms', least: 0, initial: 5000,
    doc: 'time that the messages of a room are still received after its last member here has left',
    details: 'Time that the messages of a room are still received after its last member here has left.',
  },
  {
    name: 'heartbeatInterval', kind: 'ms', least: 100, initial: 5000,
    doc: 'time between the signs of life of a server. One that gives none for three times as long counts as dead',
    details: 'Time between the signs of life of a server, 100 or more, the same on all. One that gives none for three times as long counts as dead.',
  },
  {
    name: 'requestTimeout', kind: 'ms', least: 1, initial: 5000,
    doc: 'time that other servers have to answer. Those that did not are `missingNodes`',
    details: 'Time that other servers have to answer, 1 or more. Those that did not answer in time are `missingNodes` of the result.',
  },
  {
    name: 'maxQueuedBytes', kind: 'bytes', least: 1, initial: 16 * MiB,
    doc: 'bytes of messages that may wait for Redis while it cannot be reached or is slow. Further messages are not published: clients of this server have them all the same, except in rooms with history. `broadcastAsync` rejects with `sAdapterBusy`',
    details: 'Bytes of messages that may wait for Redis while it cannot be reached or is slow, 1 or more. Further messages are not published, and are counted: clients of this server have them all the same, except in rooms with history. `broadcastAsync` rejects with `sAdapterBusy`.',
  },
  {
    name: 'maxQueuedTime', kind: 'ms', least: 1, initial: 30000,
    doc: 'time that a message may wait for Redis; it is dropped and counted then',
    details: 'Time that a message may wait for Redis, 1 or more; then it is dropped and counted.',
  },
  {
    name: 'maxMessage', kind: 'bytes', least: 1024, initial: MiB,
    doc: 'largest message that is taken from Redis; a larger one is dropped and counted',
    details: 'Largest message that is taken from Redis, 1024 or more; a larger one is dropped and counted.',
  },
];
