// @ts-check
'use strict';

/**
 * Clients that come back all at once: `node returning.js PORT CLIENTS MESSAGES POSITION`. Each brings the position, and
 * expects so many messages. Prints how long it took until the last had everything, in ms.
 */

const net = require('node:net');
const { encodeFrame } = require('../../helpers/frames');
const { upgradeRequest } = require('../../helpers/raw-http');

const [port, clients, messages] = process.argv.slice(2, 5).map(Number);
const position = process.argv[5];

const HANDSHAKE = Buffer.concat([
  Buffer.from(upgradeRequest({})),
  encodeFrame({ payload: JSON.stringify({ n: '_h', i: 'hs', o: { news: position } }) }),
]);
const SAID = Buffer.from('{"n":"said"');
const RECOVERED = Buffer.from(`"p":{"recovered":true,"replayed":${messages}}}`);

let left = clients;
const start = performance.now();

/** @param {string} text */
function fail(text) {
  console.error(text);
  process.exit(1);
}

for (let number = 0; number < clients; number += 1) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  /** @type {Buffer[]} */
  const received = [];
  socket.write(HANDSHAKE);
  socket.on('error', (error) => fail(`client ${number}: ${error}`));
  socket.on('data', (bytes) => {
    received.push(bytes);
    // The end of the replay may come in two pieces.
    const end = bytes.length < RECOVERED.length ? Buffer.concat(received) : bytes;
    if (!end.subarray(-RECOVERED.length).equals(RECOVERED)) return;
    const all = Buffer.concat(received);
    let count = 0;
    for (let at = all.indexOf(SAID); at >= 0; at = all.indexOf(SAID, at + 1)) count += 1;
    if (count !== messages) fail(`client ${number} has got ${count} messages`);
    received.length = 0;
    left -= 1;
    if (left > 0) return;
    console.log(Math.round(performance.now() - start));
    process.exit();
  });
}
