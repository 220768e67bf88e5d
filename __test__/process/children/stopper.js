// @ts-check
'use strict';

/**
 * Ends a server with several io threads again and again while clients of another thread connect to it:
 * connections are at every stage of their opening when the end comes. Arguments: how it is ended, a key
 * of `ENDINGS`, and for how many ms. Reports the ends, or which of them has hung.
 */

const net = require('node:net');
const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { loadNative } = require('../../helpers/implementations');
const { upgradeRequest } = require('../../helpers/raw-http');
const { delay, within } = require('../../helpers/timing');
const { report } = require('../support/report');

const THREADS = 4;

/** Clients that connect at the same time. */
const CLIENTS = 24;

/** Longest that one end may take, in ms: it has nothing to wait for. */
const BOUND = 5000;

/**
 * A server whose port is used again.
 * @param {number} port 0 to have the system choose one.
 */
async function startServer(port) {
  const { Server } = loadNative();
  const server = new Server({ host: '127.0.0.1', port, ioThreads: THREADS });
  await server.start();
  return server;
}

/** Starts and stops a server in this thread. @param {number} port @param {number} wait @param {object} [options] */
async function stopped(port, wait, options) {
  const server = await startServer(port);
  await delay(wait);
  await within(server.stop(options), 'end of stop()', BOUND);
}

/** @type {Record<string, (port: number, wait: number) => Promise<unknown>>} */
const ENDINGS = {
  stop: (port, wait) => stopped(port, wait),
  drain: (port, wait) => stopped(port, wait, { drain: 20 }),
  terminate: async (port, wait) => {
    const worker = new Worker(__filename, { workerData: { role: 'server', port } });
    await within(once(worker, 'message'), 'start of the worker', BOUND);
    await delay(wait);
    await within(worker.terminate(), 'end of terminate()', BOUND);
  },
};

/** Connects to a port again and again. @param {number} port */
function visit(port) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.on('connect', () => socket.write(upgradeRequest({})));
  socket.on('data', () => {});
  socket.on('close', () => setTimeout(visit, 1, port));
}

/** @param {string} kind @param {number} ms */
async function main(kind, ms) {
  const first = await startServer(0);
  const { port } = first.address();
  await first.stop();
  const visitors = new Worker(__filename, { workerData: { role: 'visitors', port } });
  visitors.unref();
  let count = 0;
  try {
    // From no connection to some dozens of them.
    for (const end = Date.now() + ms; Date.now() < end; count += 1) await ENDINGS[kind](port, count % 4);
    report(count);
  } catch (error) {
    report(`${count}: ${/** @type {Error} */ (error).message}`);
  }
  // A server that has hung would keep the process alive, and a thread that has would keep it from exiting.
  process.kill(process.pid, 'SIGKILL');
}

if (isMainThread) main(process.argv[2], Number(process.argv[3]));
else if (workerData.role === 'server') startServer(workerData.port).then(() => parentPort?.postMessage('started'));
else for (let index = 0; index < CLIENTS; index += 1) visit(workerData.port);
