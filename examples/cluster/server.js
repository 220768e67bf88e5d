// @ts-check
'use strict';

/**
 * One port, served by several processes: `node examples/cluster/server.js`.
 *
 * The primary process starts the workers, starts another when one dies, and on SIGHUP replaces them
 * one by one, so that there is always somebody who listens: this is how a new version of the code
 * goes live. SIGTERM and SIGINT stop everything. The port is 3000 or the variable PORT, the number of
 * workers that of the processors or the variable WORKERS.
 */

/** @type {import('node:cluster').Cluster} */
const cluster = /** @type {any} */ (require('node:cluster'));
const { once } = require('node:events');
const os = require('node:os');
const Server = require('line-socket-native');

const port = Number(process.env.PORT ?? 3000);
const count = Number(process.env.WORKERS ?? os.cpus().length);

/** Workers that have listened. */
const serving = new Set();

/** Whether everything is to stop. */
let isStopping = false;

/** A worker: answers `who` with the number of its process. */
async function work() {
  const server = new Server({ port });
  server.on('connection', (connection) => {
    connection.on('who', (message) => message.resolve(process.pid));
  });
  // The primary asks to make room; clients come back to the others.
  process.on('message', async (message) => {
    if (message !== 'stop') return;
    // The first of several signals; a second one finds it stopping.
    await server.stop({ drain: 5000, reason: 'Restarting' }).catch(() => {});
    if (process.connected) process.disconnect();
  });
  try {
    await server.start();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}

/** @returns {Promise<void>} Resolves when a new worker listens. */
async function fork() {
  const worker = cluster.fork();
  const listens = once(worker, 'listening').then(() => true);
  const ended = once(worker, 'exit').then(() => false);
  if (!(await Promise.race([listens, ended]))) throw new Error('A worker could not start');
  serving.add(worker);
  console.log(`worker ${worker.process.pid} listens on port ${port}`);
}

/** @param {import('node:cluster').Worker} worker */
async function stop(worker) {
  if (worker.isDead()) return;
  worker.send('stop', () => {});
  await once(worker, 'exit');
}

/** Replaces every worker: a new one comes before an old one goes. */
async function replace() {
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (isStopping) return;
    await fork();
    if (worker) await stop(worker);
  }
  console.log('replaced');
}

/** The primary. */
async function lead() {
  // A terminal sends its signals to the workers as well.
  const signals = /** @type {const} */ (['SIGTERM', 'SIGINT']);
  let replaced = Promise.resolve();
  cluster.on('exit', (worker, code) => {
    console.log(`worker ${worker.process.pid} ended`);
    // One that could not start would not do better the next time.
    if (serving.delete(worker) && code !== 0 && !isStopping) fork().catch(fail);
  });
  // One after the other: a second signal replaces those that the first one has started.
  process.on('SIGHUP', () => {
    replaced = replaced.then(replace).catch(fail);
  });
  for (const signal of signals) {
    process.on(signal, () => {
      isStopping = true;
      Object.values(cluster.workers ?? {}).forEach((worker) => worker?.send('stop', () => {}));
    });
  }
  for (let i = 0; i < count; i += 1) await fork();
  console.log('ready');
}

/** @param {Error} error */
function fail(error) {
  console.error(error.message);
  process.exit(1);
}

if (cluster.isPrimary) {
  lead().catch(fail);
} else {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
  work();
}
