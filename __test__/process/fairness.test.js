// @ts-check
'use strict';

/**
 * Peers that send as fast as they can take nothing from others but what they are due (contract section 5,
 * Time): the application's timers are served, and so are other connections.
 *
 * `FLOODERS=1,4,20 SECONDS=2` tries each with so many flooders, for so long.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const os = require('node:os');
const { encodeFrame } = require('../helpers/frames');
const { RawClient } = require('../helpers/raw-client');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');
const { FLOODS } = require('./children/besiegers');

const COUNTS = (process.env.FLOODERS ?? '20').split(',').map(Number);
const TIME = Number(process.env.SECONDS ?? 0.5) * 1000;

/**
 * Longest time a timer may be late, in ms, beyond the 1 ms that a handler takes. What other processes take
 * of the cores is subtracted, but not what they cost in caches: a machine with far too much to do gets more.
 */
const LATE = os.loadavg()[0] < 4 * os.cpus().length ? 50 : 150;

/**
 * Longest time an honest client waits for an answer, in ms, in nine of ten cases. The machine has other
 * work, which a test cannot subtract here; the fault was seconds.
 */
const PATIENCE = LATE === 50 ? 250 : 1000;

/**
 * Asks again and again, one request at a time, and an HTTP server of the same process between.
 * @param {RawClient} client
 * @param {number} web Port of the HTTP server.
 * @returns {Promise<number[]>} How long each answer took, in ms, sorted.
 */
async function ask(client, web) {
  const times = [];
  const end = performance.now() + TIME;
  for (let number = 0; performance.now() < end; number += 1) {
    const begun = performance.now();
    const answered = new Promise((resolve) => {
      client.on('frame', (frame) => frame?.text.includes(`"i":"own ${number}"`) && resolve(undefined));
    });
    client.send(encodeFrame({ payload: `{"n":"cheap","i":"own ${number}"}` }));
    await answered;
    client.removeAllListeners('frame');
    times.push(performance.now() - begun);
    const asked = performance.now();
    await new Promise((resolve, reject) => {
      http.get({ port: web, host: '127.0.0.1', agent: false }, (response) => {
        response.resume().once('end', resolve);
      }).once('error', reject);
    });
    times.push(performance.now() - asked);
    await delay(5);
  }
  return times.sort((a, b) => a - b);
}

describe('a flood delays nobody else', () => {
  for (const kind of Object.keys(FLOODS)) {
    for (const count of COUNTS) {
      it(`${kind}, from ${count}`, withScene(async (scene, test) => {
        // The rates would hold most of them back by themselves.
        const options = { messagesPerSecond: 0, bytesPerSecond: 0 };
        const server = scene.child('beset.js', [JSON.stringify(options)]);
        const [port, web] = await server.report();
        const honest = await RawClient.open({ port });
        scene.defer(() => honest.socket.destroy());
        await honest.handshake();
        const flooders = scene.child('besiegers.js', [port, count, kind]);
        assert.equal(await flooders.report(), 'flooding');
        server.tell('');
        await server.report();
        const times = await ask(honest, web);
        server.tell('');
        const late = await server.report();
        const [middle, most] = [0.5, 0.9].map((part) => times[Math.floor(times.length * part)]);
        const figures = `timer late by ${late.toFixed()} ms; answers p50 ${middle.toFixed(1)}, p90 ${most.toFixed(1)} ms`;
        test.diagnostic(figures);
        assert.ok(late < LATE + 5, figures);
        assert.ok(most < PATIENCE, figures);
      }));
    }
  }
});
