// @ts-check
'use strict';

/** Starts a server, with the options that it is given, and reports what that has loaded and begun. */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const Server = require('../../..');
const { report } = require('../support/report');

const ROOT = path.join(__dirname, '../../..');

/** @param {string} thread */
function nameOf(thread) {
  try {
    return fs.readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
  } catch {
    // One of Node's has ended meanwhile.
    return '';
  }
}

/**
 * Waits until each thread that the server has begun has done something: threads name themselves when they first run.
 * @param {import('../../..')} server
 * @param {Promise<unknown>} lost
 */
async function threadsRun(server, lost) {
  const [response] = await once(http.get({ host: '127.0.0.1', port: server.address().port }), 'response');
  response.resume();
  await lost;
}

async function main() {
  const options = JSON.parse(process.argv[2]);
  const server = new Server({ host: '127.0.0.1', port: 0, ...options });
  // Nothing listens at the address of the engine.
  const lost = options.adapter === undefined ? Promise.resolve() : once(server.nodes, '_down');
  await server.start();
  await threadsRun(server, lost);
  const files = Object.keys(require.cache).map((file) => path.relative(ROOT, file)).filter((file) => /^(?:lib|common)\b/.test(file));
  // The kernel keeps 15 characters of a thread's name.
  const threads = fs.readdirSync('/proc/self/task').map(nameOf);
  report({ files, threads });
  await server.stop();
}

main();
