// @ts-check
'use strict';

/** Clients that have sent parts of large messages all at once delay a client that sends little by one short turn each. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { encodeFrame } = require('../helpers/frames');
const { RawClient } = require('../helpers/raw-client');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const SENDERS = 20;
const ROUNDS = 6;

/** Rounds that are not looked at: those in which another process kept JavaScript from answering, and the io thread read on. */
const DISTURBED = 2;

/** Most CPU time of the io thread, in ms, until the small request is answered. It was 50 to 115 in half of the rounds. */
const BOUND = 40;

/** A message that takes several seconds to be sent and read, if 20 clients send it. */
const LARGE = encodeFrame({ payload: `{"n":"none","p":"${'\u20ac'.repeat(3_000_000)}"}` });

/**
 * @param {number} pid
 * @returns {number} CPU time of its io thread, in ms.
 */
function ioTime(pid) {
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    if (fs.readFileSync(`${folder}/comm`, 'latin1').startsWith('line-socket-io')) {
      return Number(fs.readFileSync(`${folder}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
    }
  }
  return assert.fail('no io thread');
}

it('a small request waits for one read of each client that sends a large message', { skip: process.platform !== 'linux' }, withScene(async (scene) => {
  const server = scene.child('beset.js', [JSON.stringify({ messagesPerSecond: 0, bytesPerSecond: 0 })]);
  const [port] = await server.report();
  const clients = await Promise.all(Array.from({ length: SENDERS + 1 }, () => RawClient.open({ port })));
  for (const client of clients) {
    scene.defer(() => client.socket.destroy());
    await client.handshake();
  }
  const honest = /** @type {RawClient} */ (clients.pop());
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // The kernel gets what the senders can send, and the request after it.
    await server.halt();
    for (const client of clients) client.send(LARGE);
    await delay(200);
    const answered = new Promise((resolve) => {
      honest.on('frame', (frame) => frame?.text.includes(`"i":"own ${round}"`) && resolve(undefined));
    });
    honest.send(encodeFrame({ payload: `{"n":"cheap","i":"own ${round}"}` }));
    await delay(50);
    const before = ioTime(server.pid);
    server.resume();
    await answered;
    times.push(ioTime(server.pid) - before);
    await delay(1000);
  }
  const undisturbed = [...times].sort((a, b) => a - b).slice(0, ROUNDS - DISTURBED);
  assert.ok(Math.max(...undisturbed) < BOUND, `${times.map((time) => time.toFixed(1))} ms of the io thread`);
}));
