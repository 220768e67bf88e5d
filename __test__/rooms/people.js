// @ts-check
'use strict';

/** @typedef {import('../process/support/scene').Scene} Scene */
/** @typedef {import('../helpers/context').Pair} Pair */

/**
 * A server with connected clients whose ids are their names.
 * @param {Scene} scene
 * @param {string[]} ids
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<{server: any, port: number, pairs: Pair[]}>}
 */
async function people(scene, ids, options) {
  const target = await scene.listen(options);
  target.server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
    connection.setId(handshake.payload);
    handshake.resolve();
  });
  const pairs = [];
  for (const id of ids) pairs.push(await scene.connect(target, id));
  return { ...target, pairs };
}

/**
 * Messages that came after the handshake, once all that was sent to the client before has come.
 * @param {Pair} pair
 * @returns {Promise<any[]>}
 */
async function received({ client }) {
  await client.fence();
  return client.texts.map((text) => JSON.parse(text)).filter(({ n }) => !n.startsWith('_'));
}

/**
 * Answers the next message of a name.
 * @param {Pair} pair
 * @param {string} name
 * @param {object} answer Keys of the response besides its name and id.
 * @returns {Promise<any>} The message.
 */
async function answer({ client }, name, answer) {
  const { message } = await client.message(({ n }) => n === name);
  client.json({ n: '_r', i: message.i, ...answer });
  return message;
}

module.exports = { people, received, answer };
