// @ts-check
'use strict';

const http = require('node:http');
const { encodeFrame } = require('../../helpers/frames');
const { RawClient } = require('../../helpers/raw-client');
const { delay } = require('../../helpers/timing');

/**
 * @typedef {object} Siege
 * @property {string} kind What the flooders send; one of `FLOODS`.
 * @property {number} count How many flooders there are.
 * @property {number} time For how long they are watched, in ms.
 * @property {string} [node] What runs the server, this Node by default.
 */

/**
 * @typedef {object} Outcome
 * @property {number} late The longest gap of a timer of 5 ms in the server's thread, in ms, without the time
 *   that other processes took.
 * @property {number[]} times How long an honest client and an HTTP server of the process waited for their
 *   answers, in ms, sorted.
 */

/**
 * Has a server flooded. Rates are off, because they alone would hold back most floods.
 * @param {import('./scene').Scene} scene
 * @param {Siege} siege
 * @returns {Promise<Outcome>}
 */
async function besiege(scene, { kind, count, time, node }) {
  const options = { messagesPerSecond: 0, bytesPerSecond: 0 };
  const server = scene.child('beset.js', [JSON.stringify(options)], { program: node });
  const [port, web] = await server.report();
  const honest = await RawClient.open({ port });
  scene.defer(() => honest.socket.destroy());
  await honest.handshake();
  if (count > 0) {
    const flooders = scene.child('besiegers.js', [port, count, kind]);
    const said = await flooders.report();
    if (said !== 'flooding') throw new Error(`The flooders said ${JSON.stringify(said)}`);
  }
  server.tell('');
  await server.report();
  const times = await ask(honest, web, time);
  server.tell('');
  return { late: await server.report(), times };
}

/**
 * Sends one request at a time to the server and, in between, to an HTTP server of the same process.
 * @param {RawClient} client
 * @param {number} web Port of the HTTP server.
 * @param {number} time For how long, in ms.
 * @returns {Promise<number[]>} How long each answer took, in ms, sorted.
 */
async function ask(client, web, time) {
  const times = [];
  const end = performance.now() + time;
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

module.exports = { besiege };
