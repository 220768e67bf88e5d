// @ts-check
'use strict';

const fs = require('node:fs');
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
 * @property {string[]} [nodeArgs] Options of that Node.
 */

/**
 * @typedef {object} Outcome
 * @property {number} late The longest gap of a timer of 5 ms in the server's thread, in ms, without the time
 *   that other processes took.
 * @property {number[]} times How long an honest client and an HTTP server of the process waited for their
 *   answers, in ms, sorted.
 * @property {number} busy The most CPU time of the server's thread between two of those timers, in ms. It does not depend
 *   on what else the machine does, and leaves out threads that collect garbage. 0 where it is not known: not on Linux.
 * @property {number[]} busyTimes CPU time of the server's thread while an answer was waited for, in ms, sorted.
 */

/**
 * Has a server flooded. Rates are off, because they alone would hold back most floods.
 * @param {import('./scene').Scene} scene
 * @param {Siege} siege
 * @returns {Promise<Outcome>}
 */
async function besiege(scene, { kind, count, time, node, nodeArgs }) {
  const options = { messagesPerSecond: 0, bytesPerSecond: 0 };
  const server = scene.child('beset.js', [JSON.stringify(options)], { program: node, nodeArgs });
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
  const { times, busyTimes } = await ask(honest, web, time, () => ranOf(server.pid));
  server.tell('');
  const [late, busy] = await server.report();
  return { late, times, busy, busyTimes };
}

/**
 * @param {number} pid
 * @returns {number} Milliseconds that the first thread of a process has run; 0 where it is not known.
 */
function ranOf(pid) {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/**
 * Sends one request at a time to the server and, in between, to an HTTP server of the same process.
 * @param {RawClient} client
 * @param {number} web Port of the HTTP server.
 * @param {number} time For how long, in ms.
 * @param {() => number} ran Milliseconds that the server's thread has run.
 * @returns {Promise<Pick<Outcome, 'times' | 'busyTimes'>>}
 */
async function ask(client, web, time, ran) {
  /** @type {number[]} */
  const times = [];
  /** @type {number[]} */
  const busyTimes = [];
  /** @param {() => Promise<void>} answered */
  const wait = async (answered) => {
    const [begun, ranBefore] = [performance.now(), ran()];
    await answered();
    times.push(performance.now() - begun);
    busyTimes.push(ran() - ranBefore);
  };
  const end = performance.now() + time;
  for (let number = 0; performance.now() < end; number += 1) {
    await wait(() => {
      client.send(encodeFrame({ payload: `{"n":"cheap","i":"own ${number}"}` }));
      return new Promise((resolve) => {
        client.on('frame', (frame) => frame?.text.includes(`"i":"own ${number}"`) && resolve());
      });
    });
    client.removeAllListeners('frame');
    await wait(() => new Promise((resolve, reject) => {
      http.get({ port: web, host: '127.0.0.1', agent: false }, (response) => {
        response.resume().once('end', resolve);
      }).once('error', reject);
    }));
    await delay(5);
  }
  times.sort((a, b) => a - b);
  busyTimes.sort((a, b) => a - b);
  return { times, busyTimes };
}

module.exports = { besiege };
