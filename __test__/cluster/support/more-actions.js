// @ts-check
'use strict';

/** Actions of a test's own: `nodes.js` takes a module like this one. */

const { plain } = require('./node-actions');

/** What other nodes have asked, and who is told to be present or not. @type {unknown[][]} */
const log = [];
let isPrepared = false;

module.exports = {
  /** @param {any} server */
  prepare(server) {
    isPrepared = true;
    server.nodes.on('double', (/** @type {any} */ message) => message.resolve(2 * message.payload));
    server.nodes.on('fail', (/** @type {any} */ message) => message.reject(new Error('no')));
    server.nodes.on('note', (/** @type {any} */ message) => log.push(['note', message.payload]));
  },

  actions: {
    double: (/** @type {any} */ _server, /** @type {{value: number}} */ { value }) => ({ doubled: 2 * value, prepared: isPrepared }),
    log: () => log,

    /** Asks the other nodes. */
    async askNodes(/** @type {any} */ server, /** @type {any} */ { name, payload, options }) {
      const { responses, errors, missingNodes } = await server.nodes.send(name, payload, options);
      return { responses: Object.fromEntries(responses), errors: [...errors.values()].map(plain), missingNodes };
    },

    tellNodes: (/** @type {any} */ server, /** @type {any} */ { name, payload, options }) => server.nodes.sendWithoutResponse(name, payload, options),

    /** Notes who comes to a room and who goes. */
    watch(/** @type {any} */ server, /** @type {any} */ { room }) {
      const presence = server.room(room).presence();
      for (const name of ['join', 'leave']) presence.on(name, (/** @type {any} */ member) => log.push([name, member.id]));
    },
  },
};
