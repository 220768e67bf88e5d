// @ts-check
'use strict';

/** Starts a server, with the options that it is given, and reports what that has loaded and begun. */

const fs = require('node:fs');
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

async function main() {
  const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2]) });
  await server.start();
  const files = Object.keys(require.cache).map((file) => path.relative(ROOT, file)).filter((file) => file.startsWith('lib'));
  // The kernel keeps 15 characters of a thread's name.
  const threads = fs.readdirSync('/proc/self/task').map(nameOf);
  report({ files, threads });
  await server.stop();
}

main();
