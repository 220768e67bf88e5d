// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { Duplex } = require('node:stream');
const { once } = require('node:events');
const { TRUST, VERSIONS, secureContext, shakeHands } = require('../helpers/tls');
const { encodeFrame } = require('../helpers/frames');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay, within } = require('../helpers/timing');

/** Content types of records (RFC 8446, B.1). */
const ALERT = 21;
const HANDSHAKE = 22;

/**
 * A record as it travels.
 *
 * @param {number} type
 * @param {Buffer} content
 * @param {number} [length] that it claims to have
 */
function record(type, content, length = content.length) {
  const header = Buffer.from([type, 3, 3, 0, 0]);
  header.writeUInt16BE(length, 3);
  return Buffer.concat([header, content]);
}

/** What no TLS client sends first. */
const GARBAGE = {
  'an HTTP request': Buffer.from(upgradeRequest()),
  'a WebSocket frame': Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  'zeros': Buffer.alloc(1000),
  'a record of another protocol': record(99, Buffer.alloc(50)),
  'a record longer than allowed': record(HANDSHAKE, Buffer.alloc(100), 0xffff),
  'an empty handshake record': record(HANDSHAKE, Buffer.alloc(0)),
  'a message that is no ClientHello': record(HANDSHAKE, Buffer.from([2, 0, 0, 1, 0])),
  'a ClientHello of nothing': record(HANDSHAKE, Buffer.from([1, 0, 0, 0])),
  'application data': record(23, Buffer.alloc(100, 7)),
  'SSL 2': Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10])
};

/**
 * A stream between a TLS client and its socket, that passes on what the client sends as `filter` says.
 *
 * @param {net.Socket} socket
 * @param {(bytes: Buffer) => Buffer | null} filter
 */
function between(socket, filter) {
  const middle = new Duplex({
    read() {},
    write(bytes, _encoding, done) {
      const passed = filter(bytes);
      if (passed) socket.write(passed);
      done();
    }
  });
  socket.on('data', (bytes) => middle.push(bytes));
  socket.on('end', () => middle.push(null));
  socket.on('error', () => middle.destroy());
  return middle;
}

/**
 * A client whose bytes go through a filter, after its handshake.
 *
 * @param {number} port
 * @param {(bytes: Buffer) => Buffer | null} filter
 * @param {tls.ConnectionOptions} [options]
 */
async function filtered(port, filter, options = {}) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  const client = tls.connect({ socket: between(socket, filter), servername: 'localhost', ...TRUST, ...options });
  client.on('error', () => {});
  await within(once(client, 'secureConnect'), 'handshake');
  return { client, socket };
}

/**
 * Upgrades a connection and shakes hands, as line clients do.
 *
 * @param {{server: any, port: number}} target
 * @param {tls.TLSSocket} client
 * @returns {Promise<any>} the server's side
 */
async function upgrade(target, client) {
  const connected = new Promise((resolve) => target.server.once('connection', resolve));
  client.on('data', () => {});
  client.write(upgradeRequest());
  await within(once(client, 'data'), 'answer');
  client.write(encodeFrame({ payload: '{"n":"_h","i":"1"}' }));
  return within(connected, 'connection');
}

/**
 * A connection of the line protocol, and the socket under its TLS.
 *
 * @param {{server: any, port: number}} target
 * @param {'TLSv1.2' | 'TLSv1.3'} version
 */
async function connectThrough(target, version) {
  const { client, socket } = await filtered(target.port, (bytes) => bytes, { maxVersion: version });
  return { connection: await upgrade(target, client), inner: socket };
}

/**
 * @param {any} connection
 * @returns {Promise<[code: number, reason: string]>} how it ends
 */
function ending(connection) {
  const ended = new Promise((resolve) => {
    connection.once('_disconnected', (/** @type {any[]} */ ...values) => resolve(values));
  });
  return within(ended, 'end of the connection');
}

describe('TLS and peers that break it', () => {
  for (const [name, bytes] of Object.entries(GARBAGE)) {
    it(`${name} is answered with an alert at most, and the end`, async () => {
      const { serve, connect } = secureContext();
      const target = await serve();
      const answer = Buffer.from(await exchange(target.port, bytes, { end: true }), 'latin1');
      if (answer.length > 0) assert.deepEqual([answer[0], answer.length], [ALERT, 7]);
      const { client } = await connect(target);
      await client.fence();
    });
  }

  it('a peer that waits for ever with its handshake is cut after upgradeTimeout', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({}, { upgradeTimeout: 150 });
    const silent = net.connect({ port: target.port, host: '127.0.0.1' });
    const half = net.connect({ port: target.port, host: '127.0.0.1' });
    // The beginning of a record that never ends.
    half.write(record(HANDSHAKE, Buffer.from([1, 0, 1]), 500));
    const ends = Promise.all([silent, half].map((socket) => (socket.resume(), once(socket, 'close'))));
    // Others are served meanwhile.
    const { client } = await connect(target);
    await client.fence();
    await within(ends, 'end of both');
    await client.fence();
  });

  it('so is one that is silent after its handshake', async () => {
    const { serve } = secureContext();
    const { port } = await serve({}, { upgradeTimeout: 150 });
    const socket = await shakeHands(port);
    socket.resume();
    await within(once(socket, 'close'), 'end');
  });

  it('a hundred half handshakes do not keep others waiting', async () => {
    const { serve, connect } = secureContext();
    const target = await serve();
    const sockets = Array.from({ length: 100 }, () => net.connect({ port: target.port, host: '127.0.0.1' }));
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.write(record(HANDSHAKE, Buffer.from([1, 0, 1]), 500));
    }
    const { client } = await connect(target);
    await client.fence();
    for (const socket of sockets) socket.destroy();
    await client.fence();
  });

  it('renegotiation is refused, and the connection goes on or ends in order', async () => {
    const { serve, connect } = secureContext();
    const target = await serve();
    const { client } = await connect(target, { maxVersion: 'TLSv1.2' });
    const socket = /** @type {tls.TLSSocket} */ (client.socket);
    const refused = new Promise((resolve) => {
      socket.on('error', resolve);
      socket.renegotiate({}, resolve);
    });
    assert.ok((await within(refused, 'refusal')) instanceof Error);
    const { client: other } = await connect(target);
    await other.fence();
  });

  it('renegotiation in pieces, while the server sends, harms nobody', async () => {
    const { serve, connect } = secureContext();
    const target = await serve();
    let holding = false;
    let held = Buffer.alloc(0);
    const { client, socket } = await filtered(
      target.port,
      (bytes) => {
        if (!holding) return bytes;
        held = Buffer.concat([held, bytes]);
        return null;
      },
      {
        maxVersion: 'TLSv1.2',
        // Makes for a long ClientHello.
        ciphers: 'ALL:@SECLEVEL=0',
        servername: `${'long.'.repeat(40)}localhost`,
        checkServerIdentity: () => undefined
      }
    );
    const connection = await upgrade(target, client);
    client.setMaxSendFragment(512);
    holding = true;
    client.renegotiate({}, () => {});
    await delay(50);
    assert.ok(held.length > 560, `a ClientHello of several records: ${held.length} bytes`);
    // The first record, and with it part of the message.
    const first = 5 + held.readUInt16BE(3);
    socket.write(held.subarray(0, first));
    await delay(50);
    await connection.sendWithoutResponse('meanwhile', 'x'.repeat(1000));
    socket.write(held.subarray(first));
    await delay(50);
    client.destroy();
    const { client: other } = await connect(target);
    await other.fence();
  });

  for (const version of VERSIONS) {
    it(`a record longer than allowed ends the connection with 1006, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const target = await serve();
      const { connection, inner } = await connectThrough(target, version);
      const gone = ending(connection);
      inner.write(record(23, Buffer.alloc(20000), 20000));
      assert.equal((await gone)[0], 1006);
      const { client } = await connect(target);
      await client.fence();
    });

    it(`a stream cut off without close_notify is an abnormal end, ${version}`, async () => {
      const { serve } = secureContext();
      const target = await serve();
      const { connection, inner } = await connectThrough(target, version);
      const gone = ending(connection);
      inner.end();
      assert.equal((await gone)[0], 1006);
    });

    it(`close_notify without a close frame is one too, and is answered with the same, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const { client, connection } = await connect(await serve(), { maxVersion: version });
      const gone = ending(connection);
      const ended = within(once(client.socket, 'end'), 'end of the stream');
      client.socket.end();
      assert.equal((await gone)[0], 1006);
      await ended;
      assert.equal((await client.closed()).reset, false);
    });

    it(`records without content do not keep the thread, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const target = await serve();
      const { connection, inner } = await connectThrough(target, version);
      const gone = ending(connection);
      // Plaintext records of no length, as many as fit.
      for (let round = 0; round < 20; round += 1) inner.write(Buffer.concat(Array.from({ length: 2000 }, () => record(23, Buffer.alloc(0)))));
      const { client } = await connect(target);
      await client.fence();
      inner.destroy();
      await gone;
    });
  }
});
