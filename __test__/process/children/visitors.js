// @ts-check
'use strict';

/**
 * Clients of `crowd.js` that come, join rooms, talk and go: a third by reset, a third by a close frame,
 * a third by FIN. Arguments: port, and how many. Reports when all have gone.
 */

const net = require('node:net');
const { upgradeRequest } = require('../../helpers/raw-http');
const { RawClient } = require('../../helpers/raw-client');
const { report } = require('../support/report');

const [port, total] = process.argv.slice(2).map(Number);

/** Clients that are there at any time. */
const AT_ONCE = 50;

/** Addresses they come from: one has too few ports for all whose connections linger in the system. */
const ADDRESSES = 8;

/** One of so many goes before its handshake. */
const SHY = 20;

/** Ways to go. @type {((client: RawClient) => void)[]} */
const leave = [(client) => client.reset(), (client) => client.close(1000), (client) => client.end()];

/** @param {number} number */
async function visit(number) {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (number % ADDRESSES)}` });
  const client = new RawClient(socket);
  socket.write(upgradeRequest());
  await client.upgraded;
  if (number % SHY !== 0) {
    await client.handshake('visitor');
    client.json({ n: 'ignored', i: 'ignored' });
    client.json({ n: 'visit', p: number, i: 'visit' });
    const { message } = await client.message(({ n }) => n === 'greeting');
    client.json({ n: '_r', p: 'hi', i: message.i, e: null });
    await client.message(({ i }) => i === 'visit');
  }
  leave[number % leave.length](client);
  await client.closed(20000);
}

let next = 0;

async function visitOneByOne() {
  while (next < total) await visit(next++);
}

Promise.all(Array.from({ length: AT_ONCE }, visitOneByOne)).then(() => report('gone'));
