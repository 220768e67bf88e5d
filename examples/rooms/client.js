// @ts-check
'use strict';

/**
 * A client for all of these servers. Its argument is the payload of the handshake, and each line of its input a
 * message: a name, and a payload in JSON. With a `?` before the name an answer is awaited.
 *
 *     node examples/rooms/join.js
 *     node examples/rooms/client.js '{"token":"token-of-ada"}'
 *     ?join "apollo"
 *     say {"project":"apollo","text":"Hello"}
 */

const readline = require('node:readline');
const LineClient = require('line-socket-native/client-node');

const port = process.env.PORT || 3000;
const payload = JSON.parse(process.argv[2] ?? '{}');
const client = new LineClient(`ws://localhost:${port}`, { handshake: { payload } });

/** @param {string} what @param {unknown} [value] As JSON, in which nothing moves the cursor. */
function show(what, value) {
  console.log(`${what} ${JSON.stringify(value ?? null).replace(/\p{Cc}/gu, '?')}`);
}

client.on(/^/, (message) => {
  // Of any name. The client's own events are no messages.
  if (message instanceof LineClient.Message) show('got', [message.name, message.payload]);
});
client.on('vote', (message) => message.resolve(true));
client.on('_connected', (answer) => show('connected', answer));
client.on('_connecting_error', ({ message }) => show('not connected', message));
client.on('_disconnected', ({ code }) => show('disconnected', code));
client.on('_recovered', (recovery) => show('recovered', recovery));
client.on('_taken_over', () => show('taken over'));
client.connect();

const input = readline.createInterface({ input: process.stdin });
input.on('line', async (line) => {
  const [, question, name, json] = /^(\??)(\S+)\s*(.*)$/.exec(line) ?? [];
  if (name === undefined) return;
  try {
    const payload = json ? JSON.parse(json) : undefined;
    if (question) show('answer', await client.send(name, payload));
    else await client.sendWithoutResponse(name, payload);
  } catch (error) {
    const { message, payload } = /** @type {any} */ (error);
    show('failed', payload?.message ?? message);
  }
});
input.on('close', () => client.dispose());
