// @ts-check
'use strict';

/**
 * Servers of which one native function fails once, while a client's messages are handled. Arguments: names
 * of functions, those of one queue as `flush of lane 1`. Reports for each whether another client is still served afterwards, whether
 * a `send` still times out, and what becomes of calls of `sendWithoutResponse` for that client, before the failure and after it.
 */

const { loadNative } = require('../../helpers/implementations');
const { RawClient } = require('../../helpers/raw-client');
const { delay, until, within } = require('../../helpers/timing');
const { report } = require('../support/report');
const { kNative, kUnanswered } = require('../../../lib/symbols.js');

const { Server } = loadNative();

process.on('uncaughtException', () => {});

/** Long enough to be a string of its own, and to be taken by its outline. */
const LARGE = JSON.stringify('é'.repeat(5000));

/** A request whose answer is too long to be gathered with others. The io thread may answer a ping by itself. */
const LONG = `{"n":"ask","p":${LARGE},"i":"10"}`;

/** What no JSON is, though its outline is that of a message. */
const BROKEN = `{"n":"large","p":[${'1,'.repeat(500)}],"i":"9"}`;

/**
 * @param {RawClient} client
 * @param {string} id
 */
async function isAnswered(client, id) {
  const answered = new Promise((resolve) => {
    client.on('frame', (frame) => frame?.text.includes(`"i":"${id}"`) && resolve(true));
  });
  client.json({ n: 'ask', p: id, i: id });
  return within(answered, `answer to ${id}`, 3000).catch(() => false);
}

/** @param {string} name */
async function sabotage(name) {
  const server = new Server({ host: '127.0.0.1', port: 0 });
  let timedOut = false;
  /** @type {any[]} */
  const connections = [];
  server.on('connection', (/** @type {any} */ connection) => {
    connections.push(connection);
    connection.on('_error', () => {});
    connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload));
    connection.on('large', (/** @type {any} */ message) => message.resolve(message.payload.length));
    connection.on('question', () => connection.send('question', 1, 50).catch(() => (timedOut = true)));
  });
  await server.start();
  const { port } = /** @type {any} */ (server.address());
  const [victim, other, leaving] = await Promise.all([1, 2, 3].map(() => RawClient.open({ port })));
  // One after the other, so that `connections` has them in this order.
  for (const client of [victim, other, leaving]) await client.handshake();

  const [called, lane] = name.split(' of lane ');
  const path = called.split('.');
  const method = /** @type {string} */ (path.pop());
  const native = path.reduce((object, key) => object[key], /** @type {any} */ (server)[kNative]);
  const real = native[method];
  let failed = false;
  native[method] = (/** @type {any[]} */ ...args) => {
    if (failed || (lane !== undefined && args[0] !== Number(lane))) return real.apply(native, args);
    failed = true;
    throw new Error(`${name} fails`);
  };
  // The first is of the victim.
  const [first, before] = connections.map((connection) => connection.sendWithoutResponse('note'));
  first.catch(() => {});
  for (const text of [`{"n":"large","p":${LARGE},"i":"8"}`, BROKEN, LONG, '{"n":5}', '{"n":"question"}']) victim.text(text);
  victim.json({ n: '_p', i: '7' });
  leaving.socket.destroy();
  await delay(150);
  const isServed = await isAnswered(other, 'a') && (await isAnswered(other, 'b'));
  other.json({ n: 'question' });
  await until(() => timedOut, 'timed out', 3000).catch(() => {});
  const after = connections[1].sendWithoutResponse('note');
  const areWritten = await within(Promise.all([before, after]), 'written', 3000).then(() => true, () => false);
  native[method] = real;
  const unanswered = connections.map((connection) => connection[kUnanswered]);
  report({ name, failed, isServed, timedOut, areWritten, unanswered });
  [victim, other].forEach((client) => client.socket.destroy());
  await within(server.stop(), 'stop', 3000).catch(() => report({ name, stops: false }));
}

async function main() {
  for (const name of process.argv.slice(2)) await sabotage(name);
  process.exit();
}

main();
