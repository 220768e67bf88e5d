// @ts-check
'use strict';

// Time to answers while JavaScript is busy for a second: of requests that wait for it, and of pings.
// node bench/blocked.js [--rounds N]

const { parseArgs } = require('node:util');
const WebSocket = require('ws');
const { reservePort } = require('../__test__/helpers/ports');
const { command, peers } = require('./lib/peers');
const { Program } = require('./lib/program');

/** How long JavaScript is busy, and how often a client pings meanwhile, in ms. */
const BUSY = 1000;
const APART = 50;

/** Connections that ping. */
const CLIENTS = 16;

/** Peers that speak the line protocol. */
const compared = peers.filter(({ key }) => ['ours', 'ws', 'uws', 'bun'].includes(key));

/** @param {number} ms */
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A handshaken client.
 * @param {number} port
 * @returns {Promise<WebSocket>}
 */
async function open(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const answered = new Promise((resolve) => socket.once('message', resolve));
  socket.send('{"n":"_h","i":"1"}');
  await answered;
  // The original loses what comes sooner.
  await delay(20);
  return socket;
}

/**
 * Pings of a client, of WebSocket and of the line protocol, while JavaScript is busy.
 * @param {WebSocket} socket
 * @param {number} ends When it is not busy any more.
 * @returns {Promise<{control: number[], line: number[]}>} Milliseconds to each answer.
 */
async function ping(socket, ends) {
  /** @type {{control: number[], line: number[]}} */
  const times = { control: [], line: [] };
  /** @type {Map<string, () => void>} */
  const waiting = new Map();
  socket.on('pong', (data) => waiting.get(String(data))?.());
  socket.on('message', (data) => waiting.get(JSON.parse(String(data)).i)?.());
  const all = [];
  for (let count = 0; performance.now() < ends - 2 * APART; count += 1) {
    for (const kind of /** @type {const} */ (['control', 'line'])) {
      const id = `${kind}${count}`;
      const begun = performance.now();
      all.push(new Promise((resolve) => waiting.set(id, () => resolve(times[kind].push(performance.now() - begun)))));
      if (kind === 'control') socket.ping(id);
      else socket.send(`{"n":"_p","i":"${id}"}`);
    }
    await delay(APART);
  }
  await Promise.all(all);
  return times;
}

/**
 * @param {import('./lib/peers').Peer} peer
 * @returns {Promise<Record<'control' | 'line', number[]>>} Milliseconds to the answers of all pings.
 */
async function measure(peer) {
  const port = await reservePort();
  const server = new Program('0,1', command(peer), { PORT: String(port), NODE_ENV: 'production' });
  await server.says(['ready'], 10_000);
  const sockets = await Promise.all(Array.from({ length: CLIENTS + 1 }, () => open(port)));
  const [blocker, ...clients] = sockets;
  blocker.send(`{"n":"block","p":${BUSY}}`);
  await delay(APART);
  const found = await Promise.all(clients.map((socket) => ping(socket, performance.now() + BUSY - 2 * APART)));
  sockets.forEach((socket) => socket.terminate());
  await server.stop();
  return { control: found.flatMap(({ control }) => control), line: found.flatMap(({ line }) => line) };
}

/**
 * @param {number[]} times
 * @param {number} share
 */
function percentile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
  /** @type {Map<string, Record<'control' | 'line', number[]>>} */
  const results = new Map();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const peer of compared) {
      const { control, line } = await measure(peer);
      const all = results.get(peer.title) ?? { control: [], line: [] };
      results.set(peer.title, { control: [...all.control, ...control], line: [...all.line, ...line] });
    }
  }
  console.log(`| JavaScript busy for ${BUSY} ms: ms to answers | pings of WebSocket, median | p99 | pings of the line protocol, median | p99 |`);
  console.log('| --- | --: | --: | --: | --: |');
  for (const [title, { control, line }] of results) {
    const cells = [control, line].flatMap((times) => [percentile(times, 0.5), percentile(times, 0.99)]);
    console.log(`| ${[title, ...cells].join(' | ')} |`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
