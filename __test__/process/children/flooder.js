// @ts-check
'use strict';

/**
 * Clients that send as fast as they can. Arguments: port, how many messages in all, bytes of a frame,
 * how many clients. Each message `flood` carries its number; before those of the first client comes
 * `block`, after those of each client the request `done`.
 */

const { once } = require('node:events');
const { encodeFrame } = require('../../helpers/frames');
const { RawClient } = require('../../helpers/raw-client');
const { within } = require('../../helpers/timing');
const { report } = require('../support/report');

const [port, total, size, clients] = process.argv.slice(2).map(Number);

/** Messages of each client. */
const count = total / clients;

/** Frames sent with one write. */
const PER_WRITE = 1000;

/** Digits of a message's number. */
const DIGITS = 9;

/** Time for the server to handle everything, in ms. */
const PATIENCE = 30000;

/** Frames that differ in their number only: masked with zeros, so that it can be written in place. */
const HEAD = Buffer.from([0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
const LEAD = '{"n":"flood","p":"';

function template() {
  const filler = size - HEAD.length - LEAD.length - DIGITS - 2;
  const text = `${LEAD}${'0'.repeat(DIGITS)}${'x'.repeat(filler)}"}`;
  HEAD.writeUInt16BE(text.length, 2);
  return Buffer.concat([HEAD, Buffer.from(text)]);
}

/** @param {import('node:net').Socket} socket */
async function flood(socket) {
  const frame = template();
  const at = HEAD.length + LEAD.length;
  for (let sent = 0; sent < count; ) {
    const many = Math.min(PER_WRITE, count - sent);
    // A new one each time: the socket holds on to those it has not sent.
    const bytes = Buffer.alloc(many * size, frame);
    for (let i = 0; i < many; i++, sent++) {
      bytes.write(String(sent).padStart(DIGITS, '0'), i * size + at, 'latin1');
    }
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
}

/** @param {RawClient} client */
async function floodAndAsk(client) {
  await flood(client.socket);
  client.send(encodeFrame({ payload: '{"n":"done","i":"done"}' }));
  const answer = new Promise((resolve) => {
    client.on('frame', (frame) => {
      if (frame?.text.includes('"i":"done"')) resolve(undefined);
    });
  });
  await within(answer, 'answer to the last message', PATIENCE);
}

async function main() {
  const all = await Promise.all(Array.from({ length: clients }, () => RawClient.open({ port })));
  await Promise.all(all.map((client) => client.handshake()));
  all[0].json({ n: 'block' });
  await Promise.all(all.map(floodAndAsk));
  report('answered');
  all.forEach((client) => client.close(1000));
}

main();
