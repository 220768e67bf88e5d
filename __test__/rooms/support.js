// @ts-check
'use strict';

const Server = require('../..');
const { RawClient } = require('../helpers/raw-client');

/** What the tests of history keep of the rooms `news` and `chat:…`. */
const HISTORY = { news: { size: 50, ttl: 60_000 }, 'chat:*': { size: 5, ttl: 60_000 } };

/**
 * A server that lets every client into the rooms that its handshake names.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, unknown>} [options]
 * @returns {Promise<{server: any, port: number, url: string}>}
 */
async function serve(t, options = {}) {
  const server = new Server({ host: '127.0.0.1', port: 0, history: HISTORY, ...options });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('join', (/** @type {any} */ message) => {
      const { room, ...rest } = message.payload;
      connection.joinRoomAsync(room, rest).then(
        (/** @type {any} */ joined) => message.resolve(joined),
        (/** @type {any} */ error) => message.reject(error),
      );
    });
    connection.on('joinPlainly', (/** @type {any} */ message) => connection.joinRoom(message.payload));
    connection.on('leave', (/** @type {any} */ message) => connection.leaveRoom(message.payload));
  });
  await server.start();
  t.after(() => server.stop());
  const { port } = /** @type {any} */ (server.address());
  return { server, port, url: `ws://127.0.0.1:${port}` };
}

/**
 * A client that has shaken hands.
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @param {unknown} [positions] Its `o`; without one it is a client that knows of none.
 * @returns {Promise<RawClient & {answer: string}>}
 */
async function arrive(t, port, positions) {
  const client = await RawClient.open({ port });
  t.after(() => client.socket.destroy());
  client.json({ n: '_h', i: 'hs', o: positions });
  const { text } = await client.message((message) => message.n === '_r');
  return Object.assign(client, { answer: text });
}

/**
 * What a client has been sent beside responses.
 * @param {RawClient} client
 * @returns {Promise<string[]>}
 */
async function received(client) {
  await client.fence();
  return client.texts.filter((text) => !text.startsWith('{"n":"_r"'));
}

/**
 * The parts of what a server says of positions: of `_o`, or of a message in a room.
 * @param {string} text
 */
function parts(text) {
  const { n, p, r, o, d } = JSON.parse(text);
  return { n, p, r, o, d };
}

module.exports = { HISTORY, arrive, parts, received, serve };
