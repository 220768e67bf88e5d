// @ts-check
'use strict';

/** A cluster whose primary is the process of the test. */

const nodeCluster = require('node:cluster');
const { once } = require('node:events');
const path = require('node:path');
const { within } = require('../../helpers/timing');

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (nodeCluster);

/** How long a worker may take for anything, in ms: starting Node alone takes 100 or more. */
const PATIENCE = 10000;

/** So many connections that a worker without any would not be chance. */
const CROWD = 90;

/** @typedef {import('../../process/support/scene').Scene} Scene */

/**
 * @typedef {object} Member
 * @property {number} number What it answers to `who`.
 * @property {import('node:cluster').Worker} worker
 * @property {any} report `{ address }` when it listens, else `{ code, cause }` of the error.
 * @property {Promise<number>} exited Its exit code.
 */

let started = 0;

/**
 * Starts a worker and waits for its report.
 * @param {Scene} scene Ends it.
 * @param {object} options of its server
 * @param {string} [platform] that it believes to run on
 * @returns {Promise<Member>}
 */
async function fork(scene, options, platform = process.platform) {
  cluster.setupPrimary({ exec: path.join(__dirname, '../worker.js'), silent: false });
  const number = (started += 1);
  const worker = cluster.fork({ NUMBER: number, OPTIONS: JSON.stringify({ host: '127.0.0.1', ...options }), PLATFORM: platform });
  const exited = once(worker, 'exit').then(([code]) => code);
  scene.defer(async () => {
    if (!worker.isDead()) worker.process.kill('SIGKILL');
    await exited;
  });
  const [report] = await within(once(worker, 'message'), 'report of a worker', PATIENCE);
  return { number, worker, report, exited: within(exited, 'end of a worker', 60000) };
}

/**
 * Starts several.
 * @param {Scene} scene
 * @param {number} count
 * @param {object} options
 * @param {string} [platform]
 */
function forkAll(scene, count, options, platform) {
  return Promise.all(Array.from({ length: count }, () => fork(scene, options, platform)));
}

/**
 * @typedef {object} Visit
 * @property {import('../../helpers/raw-client').RawClient} client
 * @property {number} host The worker that serves it.
 */

/**
 * Connects a client and asks who serves it.
 * @param {Scene} scene
 * @param {number} port
 * @returns {Promise<Visit>}
 */
async function visit(scene, port) {
  const client = await scene.open(port);
  await client.handshake();
  return { client, host: await ask(client) };
}

/** @param {import('../../helpers/raw-client').RawClient} client @returns {Promise<number>} who serves it */
async function ask(client) {
  return (await client.request('who')).message.p;
}

/**
 * Connects many clients, a few at a time.
 * @param {Scene} scene
 * @param {number} count
 * @param {number} port
 */
async function visitMany(scene, count, port) {
  /** @type {Visit[]} */
  const visits = [];
  while (visits.length < count) {
    visits.push(...(await Promise.all(Array.from({ length: 10 }, () => visit(scene, port)))));
  }
  return visits;
}

/** @param {Visit[]} visits @returns {number[]} which workers serve them, in order */
function hosts(visits) {
  return [...new Set(visits.map(({ host }) => host))].sort((a, b) => a - b);
}

/** @param {Member[]} members @returns {number[]} their numbers, in order */
function numbers(members) {
  return members.map(({ number }) => number).sort((a, b) => a - b);
}

module.exports = { cluster, fork, forkAll, visit, visitMany, ask, hosts, numbers, CROWD, PATIENCE };
