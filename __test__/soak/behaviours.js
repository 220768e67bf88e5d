// @ts-check
'use strict';

/**
 * What clients do on a visit: each behaviour opens what it needs on a port, does its part, checks what
 * it sees, and is over with its connection's end. `enough` says that the visit should come to its end.
 */

const assert = require('node:assert/strict');
const net = require('node:net');
const { closePayload, encodeFrame, Opcode } = require('../helpers/frames');
const { exchange, statusOf, upgradeRequest } = require('../helpers/raw-http');
const { RawClient } = require('../helpers/raw-client');
const { delay } = require('../helpers/timing');
const { REQUESTS } = require('../hostile/requests');
const { INVALID } = require('../hostile/texts');
const { VIOLATIONS } = require('../hostile/violations');
const { ROOMS, HANDSHAKE_TIMEOUT, PING_INTERVAL, SILENT_TIMEOUT } = require('./plan');
const { Visitor } = require('./visitor');

/** Most that the server may be late, in ms. */
const LATE = 5000;

/** @param {number} limit @returns {number} An integer from 0 to below `limit`. */
const random = (limit) => Math.floor(Math.random() * limit);

/** @template T @param {readonly T[]} list @returns {T} */
const pick = (list) => list[random(list.length)];

/** Payloads of every kind, small and large. */
function anyPayload() {
  return pick([
    () => null,
    () => random(1e9),
    () => 'x'.repeat(random(300)),
    () => 'ä€😀\\"\n'.repeat(random(50)),
    () => ({ list: Array.from({ length: random(30) }, (_, index) => ({ index, name: `entry ${index}`, flag: index % 2 === 0 })) }),
    () => 'y'.repeat(random(20000)),
  ])();
}

/** Asks in bursts, and gets every answer, in order. @param {number} port @param {() => boolean} enough */
async function echo(port, enough) {
  const visitor = await Visitor.enter(port);
  for (let round = 0; round < 50 && !enough(); round++) {
    await Promise.all(Array.from({ length: 1 + random(8) }, () => visitor.ask(anyPayload())));
    await delay(random(20));
  }
  assert.equal((await visitor.request('fail', 'as told')).e.message, 'as told');
  await visitor.close();
}

/** Is in some rooms, where it hears everyone, and nothing of others. @param {number} port @param {() => boolean} enough */
async function rooms(port, enough) {
  const visitor = await Visitor.enter(port, { wait: random(3) });
  const mine = [...new Set([pick(ROOMS), pick(ROOMS), pick(ROOMS)])];
  for (const room of mine) await visitor.join(room);
  for (let round = 0; round < 40 && !enough(); round++) {
    visitor.say(pick(mine));
    await delay(random(30));
  }
  await visitor.leave(mine[0]);
  for (let round = 0; round < 10 && !enough(); round++) {
    for (const room of mine.slice(1)) visitor.say(room);
    await delay(random(30));
  }
  visitor.client.end();
  await visitor.client.closed();
}

/** Answers the server's questions. @param {number} port @param {() => boolean} enough */
async function answer(port, enough) {
  const visitor = await Visitor.enter(port, { id: `answers ${process.pid} ${random(1e9)}` });
  for (let round = 0; round < 60 && !enough(); round++) {
    const burst = Array.from({ length: 1 + random(5) }, () => visitor.request('question', [random(1000), random(1000)]));
    await Promise.all(burst);
    await delay(random(20));
  }
  await visitor.close();
}

/** Comes and goes at once, in every way. @param {number} port */
async function hurry(port) {
  const client = await RawClient.open({ port });
  if (random(10) > 0) {
    if (random(5) > 0) await client.handshake();
    else client.json({ n: '_h', i: 'hs' });
    client.json({ n: 'join', p: pick(ROOMS), i: 'join' });
    client.json({ n: 'ignored', i: 'ignored' });
    client.json({ n: 'question', p: [1, 2], i: 'question' });
  }
  pick([
    () => client.reset(),
    () => client.reset(),
    () => client.end(),
    () => client.close(4000, 'in a hurry'),
    // In the middle of a frame.
    () => client.socket.write(encodeFrame({ payload: 'x'.repeat(1000) }).subarray(0, random(1000)), () => client.reset()),
  ])();
  await client.closed();
  await delay(random(10));
}

/** Stops to read while it is flooded: told to go with 4206, or cut if it does not read even that. @param {number} port */
async function stall(port) {
  const { client } = await Visitor.enter(port);
  client.socket.pause();
  client.json({ n: 'flood' });
  await delay(200 + random(2500));
  client.socket.resume();
  const { code } = await client.closed(LATE);
  assert.ok(code === 4206 || code === null, `a stalled reader was closed with ${code}`);
}

/** Says what is no message, and is served on. @param {number} port */
async function babble(port) {
  const visitor = await Visitor.enter(port);
  for (let i = 0; i < 20; i++) {
    visitor.client.text(pick(INVALID)[1]);
    await visitor.ask(i);
  }
  await visitor.close();
}

/** Breaks the WebSocket protocol, and is told how. @param {number} port */
async function violate(port) {
  const { client } = await Visitor.enter(port);
  const { name, bytes, code } = pick(VIOLATIONS);
  client.send(bytes);
  assert.equal((await client.closed()).code, code, name);
}

/** Sends what is no upgrade request. @param {number} port */
async function knock(port) {
  const { name, bytes, statuses, end } = pick(REQUESTS);
  const status = statusOf(await exchange(port, bytes, { end }));
  assert.ok(statuses.includes(status), `${name}: status ${status}`);
}

/** Begins an upgrade request and goes. @param {number} port */
async function breakOff(port) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  const request = upgradeRequest();
  const ended = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
  socket.write(request.slice(0, random(request.length)), () => socket.resetAndDestroy());
  await ended;
  await delay(random(20));
}

/** Never completes the handshake. @param {number} port */
async function hesitate(port) {
  const client = await RawClient.open({ port });
  assert.equal((await client.closed(HANDSHAKE_TIMEOUT + LATE)).code, 4202);
}

/** Never answers a ping. @param {number} port */
async function fallSilent(port) {
  const client = await RawClient.open({ port });
  await client.handshake();
  assert.equal((await client.closed(PING_INTERVAL + SILENT_TIMEOUT + LATE)).code, 4201);
}

/** Is there, answers pings, and hears every broadcast. @param {number} port @param {() => boolean} enough */
async function listen(port, enough) {
  const visitor = await Visitor.enter(port);
  for (let i = 0; i < 20 && !enough(); i++) await delay(500);
  assert.ok(visitor.heard > 0 || enough());
  visitor.client.frame({ opcode: Opcode.CLOSE, payload: closePayload(1000) });
  await visitor.client.closed();
}

/**
 * How many clients behave in which way at any time.
 * @type {[behaviour: (port: number, enough: () => boolean) => Promise<void>, clients: number][]}
 */
const POPULATION = [
  [echo, 12],
  [rooms, 24],
  [answer, 8],
  [hurry, 6],
  [stall, 3],
  [babble, 2],
  [violate, 2],
  [knock, 2],
  [breakOff, 2],
  [hesitate, 4],
  [fallSilent, 4],
  [listen, 40],
];

module.exports = { POPULATION };
