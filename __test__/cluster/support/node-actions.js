// @ts-check
'use strict';

/**
 * What tests ask of a node: functions of its server and of what a test gives, which all pass through JSON. A test's own
 * actions are a module like this one; see `startNodes`.
 */

/**
 * @param {any} server
 * @param {string | string[] | undefined} room
 * @returns {any} What broadcasts, questions and the like are for: a room, rooms, or everyone.
 */
const targetOf = (server, room) => (room === undefined ? server.everyone : server.room(room));

/** @param {any} error */
const plain = (error) => ({ name: error.name, code: error.code, message: error.message, payload: error.payload });

/** @type {Record<string, (server: any, args: any, log: [string, ...unknown[]][]) => unknown>} */
const actions = {
  /** Sends to a room, rooms, or without one to everyone. */
  broadcast: (server, { room, name, payload, options }) => void targetOf(server, room).broadcast(name, payload, options),

  /** The same, many times in one turn: payloads are numbers from `from` on. */
  broadcastMany(server, { room, name, from = 0, count, options }) {
    const target = targetOf(server, room);
    for (let i = 0; i < count; i += 1) target.broadcast(name, from + i, options);
  },

  /** Numbers, each with a name of who sent it. */
  broadcastNumbers(server, { room, name, from, count, by }) {
    for (let number = from; number < from + count; number += 1) server.room(room).broadcast(name, { from: by, number });
  },

  /** Resolves when the engine has it: `{ position }`, or `{ error }`. */
  broadcastAsync: (server, { room, name, payload, options }) =>
    targetOf(server, room).broadcastAsync(name, payload, options).catch((/** @type {any} */ error) => ({ error: plain(error) })),

  /** Asks all. Answers and errors as objects, by id. */
  async send(server, { room, name, payload, options }) {
    const { responses, errors, ...rest } = await targetOf(server, room).send(name, payload, options);
    const failed = [...errors].map(([id, error]) => [id, plain(error)]);
    return { responses: Object.fromEntries(responses), errors: Object.fromEntries(failed), ...rest };
  },

  async fetch(server, { room, options }) {
    const { members, ...rest } = await targetOf(server, room).fetch(options);
    return { members: members.map((/** @type {any} */ member) => ({ id: member.id, info: member.info, rooms: member.rooms })), ...rest };
  },

  count: (server, { room }) => targetOf(server, room).count(),
  close: (server, { room, code, reason }) => targetOf(server, room).close(code, reason),
  join: (server, { room, into }) => targetOf(server, room).join(into),
  leave: (server, { room, from }) => targetOf(server, room).leave(from),
  history: (server, { room, options }) => server.room(room).history(options),
  presence: async (server, { room }) => server.room(room).presence().list(),

  /** Sends to one connection, wherever it is, and gives its answer or `{ error }`. */
  sendTo: (server, { id, name, payload }) =>
    server.connection(id).send(name, payload).catch((/** @type {any} */ error) => ({ error: plain(error) })),
  closeOne: (server, { id, code, reason }) => server.connection(id).close(code, reason),

  /** How many members of a room are here. */
  here: (server, { room }) => server.getRoom(room)?.getConnectionsCount() ?? 0,

  nodes: (server) => server.nodes.list(),
  state: (server) => server.nodes.state,
  stats: (server) => server.getStats(),

  /** Events of the adapter so far, each its name and what came with it. */
  events: (_server, _args, log) => log,

  /** Keeps JavaScript busy for a time, in ms. Resolves at its end. */
  block(_server, { ms }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },

  /** Memory and CPU time of the process. */
  usage: () => ({ memory: process.memoryUsage().rss, cpu: process.cpuUsage() }),

  stop: (server) => server.stop(),
  start: (server) => server.start(),

  /** Waits for an event of the server. */
  event: (server, { name }) => new Promise((resolve) => server.once(name, (/** @type {any} */ first) => resolve(first?.id ?? first))),
};

module.exports = { actions, plain };
