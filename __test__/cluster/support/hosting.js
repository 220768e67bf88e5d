// @ts-check
'use strict';

/** The server of a node, as tests of several nodes use it; in the process of the test or in one of its own. */

const { loadNative } = require('../../helpers/implementations');
const { actions, plain } = require('./node-actions');

/** Events of the adapter, which the log of a node keeps. */
const ADAPTER_EVENTS = ['_up', '_down', '_resumed', '_degraded', '_restored', '_joined', '_left'];

/**
 * @typedef {object} Hosted
 * @property {any} server
 * @property {number} port
 * @property {(name: string, args: any) => Promise<any>} act Runs an action; its result has passed through JSON.
 */

/** @param {unknown} value @returns {unknown} */
const shown = (value) => (value instanceof Error ? plain(value) : value);

/** @param {unknown} value @returns {unknown} What is left of it after JSON. */
const throughJson = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/**
 * What clients can ask of it: `join` (a room, and options of `joinRoomAsync`), `enter` (`joinRoom`, without an answer),
 * `leave`, `say` (`{ room, name, payload, options }`), `echo`, `info` (sets `connection.info`).
 * @param {any} server
 * @param {any} connection
 */
function serve(server, connection) {
  const on = (/** @type {string} */ name, /** @type {(payload: any) => unknown} */ handler) =>
    connection.on(name, async (/** @type {any} */ message) => {
      try {
        const answer = await handler(message.payload);
        if (message.id !== undefined) message.resolve(answer);
      } catch (error) {
        if (message.id !== undefined) message.reject(error);
      }
    });
  on('join', ({ room, ...options }) => connection.joinRoomAsync(room, options));
  on('enter', (room) => connection.joinRoom(room));
  on('leave', (room) => connection.leaveRoom(room));
  on('say', ({ room, name, payload, options }) => actions.broadcast(server, { room, name, payload, options }, []));
  on('sayToOthers', ({ room, name, payload }) => server.room(room).broadcast(name, payload, { except: connection }));
  on('echo', (payload) => payload);
  on('info', (info) => void (connection.info = info));
}

/**
 * Starts a server.
 * @param {object} options Of the server.
 * @param {string} [module] A module of further actions, and of `prepare(server)`, which is called before it starts.
 * @returns {Promise<Hosted>}
 */
async function host(options, module) {
  const { Server } = loadNative();
  const server = new Server({ host: '127.0.0.1', port: 0, ...options });
  const own = module === undefined ? {} : require(module);
  const all = { ...actions, ...own.actions };
  /** @type {[string, ...unknown[]][]} */
  const log = [];
  for (const name of ADAPTER_EVENTS) server.nodes?.on(name, (/** @type {unknown[]} */ ...args) => log.push([name, ...args.map(shown)]));
  // `_id` chooses the id, `_info` what others see of the connection.
  server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
    try {
      const { _id: id, _info: info } = handshake.payload ?? {};
      if (id !== undefined) connection.setId(id);
      if (info !== undefined) connection.info = info;
      handshake.resolve();
    } catch (error) {
      handshake.reject(error);
    }
  });
  server.on('connection', (/** @type {any} */ connection) => serve(server, connection));
  own.prepare?.(server);
  await server.start();
  return {
    server,
    port: server.address().port,
    async act(name, args) {
      if (!Object.hasOwn(all, name)) throw new Error(`no action "${name}": there are ${Object.keys(all).join(', ')}`);
      return throughJson(await all[name](server, throughJson(args) ?? {}, log));
    },
  };
}

module.exports = { host };
