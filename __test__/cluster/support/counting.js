// @ts-check
'use strict';

/** Actions of a node that counts what reaches its handlers. */

/** @type {unknown[]} */
const handled = [];

/** Keeps JavaScript busy, in ms. @param {number} ms */
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

module.exports = {
  block,

  /** @param {any} server */
  prepare(server) {
    // A client names its id, which is taken from whoever has it.
    server.removeAllListeners('handshake');
    server.on('handshake', async (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      const id = handshake.payload?.id;
      if (id !== undefined) await connection.setIdAsync(id, { conflict: 'takeover' });
      handshake.resolve();
    });
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('note', (/** @type {any} */ message) => handled.push(message.payload));
      connection.on('slow', (/** @type {any} */ message) => {
        handled.push(message.payload);
        block(3000);
      });
    });
  },

  actions: {
    handled: () => handled.splice(0),
  },
};
