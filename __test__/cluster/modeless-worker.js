// @ts-check
'use strict';

/**
 * A worker whose Unix domain socket cannot be given its mode, because another program has removed the file. It prints the
 * error of `start()`, and whether it listens nevertheless.
 */

const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {any} */ (require('node:cluster')));
const fs = require('node:fs');
const net = require('node:net');
const { Server } = require('../..');

const file = process.argv[2];

/** @returns {Promise<string>} the code of the error when nobody listens */
function knock() {
  return new Promise((resolve) => {
    const socket = net.connect(file, () => resolve('listens'));
    socket.once('error', (/** @type {any} */ { code }) => resolve(code));
  });
}

async function work() {
  fs.chmodSync = () => {
    throw Object.assign(new Error('removed'), { code: 'ENOENT' });
  };
  const server = new Server({ listen: { path: file, mode: 0o600 } });
  const { code, payload } = await server.start().catch((/** @type {any} */ error) => error);
  let answer = await knock();
  // The primary process listens, and learns of it a moment later.
  for (let tries = 0; answer === 'listens' && tries < 100; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer = await knock();
  }
  console.log(JSON.stringify([code, payload.code, answer]));
  process.disconnect();
}

if (cluster.isPrimary) cluster.fork().on('exit', (code) => process.exit(code));
else work();
