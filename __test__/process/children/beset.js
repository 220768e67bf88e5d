// @ts-check
'use strict';

/**
 * A server that is flooded, and the process around it: a timer of 5 ms and an HTTP server. Argument: its
 * options as JSON. Reports its port and the HTTP server's; then for every line on its standard input the
 * longest gap between two timers since the line before, in ms, and the most CPU time of the thread in a gap.
 */

const fs = require('node:fs');
const http = require('node:http');
const { createInterface } = require('node:readline');
const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(process.argv[2] ?? '{}') });

/** @param {number} ms */
function burn(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ message) => {
  // Those are never decided.
  if (message.payload === 'pending') return;
  message.resolve();
});

server.on('connection', (/** @type {any} */ connection) => {
  connection.on('_error', () => {});
  connection.on('cheap', (/** @type {any} */ message) => message.resolve(1));
  connection.on('read', (/** @type {any} */ message) => message.resolve(message.payload.length));
  connection.on('burn', (/** @type {any} */ message) => {
    burn(1);
    message.resolve();
  });
  connection.on('await', async (/** @type {any} */ message) => {
    await null;
    await null;
    burn(1);
    message.resolve();
  });
  connection.on('tick', (/** @type {any} */ message) => {
    process.nextTick(() => {
      burn(1);
      message.resolve();
    });
  });
  connection.on('ask', (/** @type {any} */ message) => {
    connection.send('question', undefined, 20).catch(() => {});
    message.resolve();
  });
  connection.on('throw', (/** @type {any} */ message) => message.resolve(1n));
});
process.on('uncaughtException', () => {});

/**
 * Milliseconds that this thread has run, and that it was ready to run and did not: the machine's other work. Known on
 * Linux only.
 */
function times() {
  try {
    const [ran, stolen] = fs.readFileSync('/proc/self/schedstat', 'latin1').split(' ');
    return { ran: Number(ran) / 1e6, stolen: Number(stolen) / 1e6 };
  } catch {
    return { ran: 0, stolen: 0 };
  }
}

let last = { time: performance.now(), ...times() };
let longest = 0;
let busiest = 0;
setInterval(() => {
  const next = { time: performance.now(), ...times() };
  longest = Math.max(longest, next.time - last.time - (next.stolen - last.stolen));
  busiest = Math.max(busiest, next.ran - last.ran);
  last = next;
}, 5);

createInterface({ input: process.stdin }).on('line', () => {
  report([longest, busiest]);
  longest = busiest = 0;
});

const web = http.createServer((request, response) => response.end('served'));
web.listen(0, '127.0.0.1', async () => {
  await server.start();
  report([server.address().port, /** @type {any} */ (web.address()).port]);
});
