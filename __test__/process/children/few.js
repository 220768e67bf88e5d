// @ts-check
'use strict';

/**
 * Serves a few clients that send their next request as soon as the last one is answered, so that JavaScript's thread waits for
 * the sockets itself. Argument: `main` for a server in the main thread, whose port is reported; `attached` for one whose sockets an
 * HTTP server accepts; `workers` for servers in worker threads that are terminated meanwhile.
 */

const path = require('node:path');
const { once } = require('node:events');
const { createServer } = require('node:http');
const { Worker } = require('node:worker_threads');
const { loadNative } = require('../../helpers/implementations');
const { RawClient } = require('../../helpers/raw-client');
const { within } = require('../../helpers/timing');
const { report } = require('../support/report');

/** Workers started and ended one after the other. */
const MANY = 10;
const CLIENTS = 4;
/** Requests after which a worker is terminated: far more than it takes until its thread waits for the sockets. */
const ENOUGH = 2000;

/** @param {import('node:http').Server} [http] That accepts the sockets. */
async function main(http) {
  const server = new (loadNative().Server)(http ? { server: http } : { host: '127.0.0.1', port: 0 });
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
    connection.on('block', (/** @type {any} */ message) => {
      const end = Date.now() + message.payload;
      while (Date.now() < end);
    });
    connection.on('ask back', (/** @type {any} */ message) => {
      connection.send('answer me', null, message.payload).catch((/** @type {any} */ error) => message.resolve(error.code));
    });
    connection.on('later', (/** @type {any} */ message) => setTimeout(() => message.resolve(), message.payload));
    connection.on('stop', () => {
      server.stop();
      http?.close();
    });
  });
  await server.start();
  if (http) await once(http.listen(0, '127.0.0.1'), 'listening');
  report(/** @type {any} */ (http ?? server).address().port);
}

async function attached() {
  await main(createServer());
}

/** Terminates a worker while its clients are in a hurry. */
async function terminateOne() {
  const worker = new Worker(path.join(__dirname, 'worker.js'));
  const [port] = await within(once(worker, 'message'), 'port of the worker');
  let answered = 0;
  /** @type {() => void} */
  let enough = () => {};
  const reached = new Promise((resolve) => { enough = () => resolve(undefined); });
  const clients = await Promise.all(Array.from({ length: CLIENTS }, async () => {
    const client = await RawClient.open({ port });
    await client.handshake();
    client.on('frame', (frame) => {
      if (frame === undefined) return;
      client.frames.length = 0;
      answered += 1;
      if (answered === ENOUGH) enough();
      client.json({ n: 'ask', i: '1' });
    });
    client.json({ n: 'ask', i: '1' });
    return client;
  }));
  await within(reached, 'answers');
  await within(worker.terminate(), 'terminate()');
  await within(Promise.all(clients.map(({ ended }) => ended)), 'end of the connections');
}

async function workers() {
  for (let i = 0; i < MANY; i++) await terminateOne();
  report('ok');
}

/** @type {Record<string, () => Promise<void>>} */
const scenarios = { main, attached, workers };
scenarios[process.argv[2]]();
