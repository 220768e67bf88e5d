// @ts-check
'use strict';

/**
 * A server whose JavaScript is blocked for a while when a client asks for that, and which counts what
 * comes then. Arguments: how long, in ms, and from how many clients. Reports its port, then its memory
 * (in bytes) and what it has counted.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');
const { memoryStatus } = require('../support/usage');

const [blocked, clients] = process.argv.slice(2).map(Number);
const { Server } = loadNative();
// Back-pressure alone is to hold the flood.
const server = new Server({ host: '127.0.0.1', port: 0, messagesPerSecond: 0, bytesPerSecond: 0 });

/** Halts this thread and no other. */
function block() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blocked);
}

let before = 0;
let whileBlocked = 0;
let handled = 0;
let misplaced = 0;
let done = 0;
let gone = 0;

server.on('connection', (/** @type {any} */ connection) => {
  let next = 0;
  connection.on('block', () => {
    before = memoryStatus('VmRSS');
    block();
    whileBlocked = memoryStatus('VmHWM') - before;
  });
  connection.on('flood', (/** @type {any} */ { payload }) => {
    if (parseInt(payload, 10) !== next) misplaced += 1;
    next += 1;
    handled += 1;
  });
  connection.on('done', (/** @type {any} */ message) => {
    message.resolve();
    done += 1;
    if (done < clients) return;
    report({ handled, misplaced, whileBlocked, overall: memoryStatus('VmHWM') - before });
  });
  connection.on('_disconnected', () => {
    gone += 1;
    if (gone === clients) server.stop();
  });
});

server.start().then(() => report(server.address().port));
