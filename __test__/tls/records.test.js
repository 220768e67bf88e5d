// @ts-check
'use strict';

/** Records that carry nothing: they count like what does. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { createCipheriv, createHmac } = require('node:crypto');
const net = require('node:net');
const tls = require('node:tls');
const { Duplex } = require('node:stream');
const { once } = require('node:events');
const { TRUST, identity } = require('../helpers/tls');
const { encodeFrame } = require('../helpers/frames');
const { upgradeRequest } = require('../helpers/raw-http');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** Content types of records (RFC 8446, B.1). */
const HANDSHAKE = 22;
const DATA = 23;

/**
 * HKDF-Expand-Label (RFC 8446, 7.1), for no more than one block.
 * @param {Buffer} secret @param {string} label @param {number} length
 */
function expand(secret, label, length) {
  const full = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** Encrypts records as the client of a connection (TLS 1.3 with AES-128-GCM). */
class Sealer {
  /** @param {Buffer} secret The client's application traffic secret. */
  constructor(secret) {
    this.secret = secret;
    this.begin();
  }

  begin() {
    this.key = expand(this.secret, 'key', 16);
    this.iv = expand(this.secret, 'iv', 12);
    this.sequence = 0n;
  }

  /** @param {string | Buffer} content @param {number} [type] */
  record(content, type = DATA) {
    const plain = Buffer.concat([Buffer.from(content), Buffer.from([type])]);
    const header = Buffer.from([DATA, 3, 3, 0, 0]);
    header.writeUInt16BE(plain.length + 16, 3);
    const nonce = Buffer.from(this.iv);
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.sequence++, 4);
    const cipher = createCipheriv('aes-128-gcm', this.key, nonce).setAAD(header);
    return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Takes new keys (RFC 8446, 4.6.3). @param {boolean} [asks] for new ones of the server, too */
  update(asks = false) {
    const bytes = this.record(Buffer.from([24, 0, 0, 1, asks ? 1 : 0]), HANDSHAKE);
    this.secret = expand(this.secret, 'traffic upd', 32);
    this.begin();
    return bytes;
  }
}

/**
 * A connection under TLS, and what seals records on it.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Record<string, unknown>} options
 */
async function connect(scene, options) {
  const { server, port } = await scene.listen({ tls: identity('server'), pingInterval: 0, ...options });
  const socket = net.connect({ port, host: '127.0.0.1' });
  scene.defer(() => socket.destroy());
  socket.on('error', () => {});
  let own = false;
  const middle = new Duplex({
    read() {},
    write(bytes, _encoding, done) {
      if (!own) socket.write(bytes);
      done();
    },
  });
  socket.on('data', (bytes) => middle.push(bytes));
  socket.on('close', () => middle.destroy());
  /** @type {Buffer | undefined} */
  let secret;
  const client = tls.connect({ socket: middle, servername: 'localhost', ciphers: 'TLS_AES_128_GCM_SHA256', minVersion: 'TLSv1.3', ...TRUST });
  client.on('error', () => {});
  client.on('keylog', (line) => {
    const [label, , hex] = line.toString().trim().split(' ');
    if (label === 'CLIENT_TRAFFIC_SECRET_0') secret = Buffer.from(hex, 'hex');
  });
  await within(once(client, 'secureConnect'), 'handshake');
  own = true;
  let received = '';
  client.on('data', (bytes) => (received += bytes.toString('latin1')));
  const seal = new Sealer(/** @type {any} */ (secret));
  const ended = new Promise((resolve) => socket.once('close', resolve));
  return { server, socket, seal, received: () => received, ended };
}

/**
 * The same up to the line handshake.
 * @param {import('../process/support/scene').Scene} scene
 * @param {Record<string, unknown>} options
 */
async function shakeHands(scene, options) {
  const peer = await connect(scene, options);
  peer.socket.write(peer.seal.record(upgradeRequest()));
  await until(() => peer.received().includes('\r\n\r\n'), 'answer to the upgrade');
  peer.socket.write(peer.seal.record(encodeFrame({ payload: '{"n":"_h","i":"1"}' })));
  await until(() => peer.received().includes('"_r"'), 'answer to the handshake');
  return peer;
}

/** rustls ends connections for 32 empty records in a row, and for as many new keys without data between. */
const IN_A_ROW = 20;

/** @type {[string, (seal: Sealer, count: number) => Buffer][]} */
const NOTHING = [
  ['empty records', (seal, count) => repeat(count, (index) => (index % IN_A_ROW ? seal.record('') : seal.update()))],
  ['new keys', (seal, count) => repeat(count, (index) => (index % IN_A_ROW ? seal.update(true) : seal.record('')))],
];

/** @param {number} count @param {(index: number) => Buffer} make */
function repeat(count, make) {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
}

describe('records that carry nothing', () => {
  for (const [name, make] of NOTHING) {
    for (const option of ['bytesPerSecond', 'messagesPerSecond']) {
      it(`${name}: held back by ${option}, then closed`, withScene(async (scene) => {
        const limit = option === 'bytesPerSecond' ? 20_000 : 1000;
        const { server, socket, seal, ended } = await shakeHands(scene, { [option]: limit, rateTimeout: 300 });
        // More than a burst, and it goes on.
        const timer = setInterval(() => socket.write(make(seal, 500)), 5);
        scene.defer(() => clearInterval(timer));
        await until(() => server.getStats().rateLimited === 1, 'the end of patience');
        clearInterval(timer);
        await within(ended, 'end');
        assert.ok(server.getStats().rateDelays >= 1);
      }));
    }

    it(`${name}: a few are of no matter`, withScene(async (scene) => {
      const { server, socket, seal, received } = await shakeHands(scene, {});
      socket.write(make(seal, 200));
      socket.write(seal.record(encodeFrame({ payload: '{"n":"_p","i":"2"}' })));
      await until(() => received().includes('"pong"'), 'pong');
      assert.equal(server.getStats().rateDelays, 0);
    }));

    it(`${name}: a flood leaves others their turn`, withScene(async (scene) => {
      const { socket, seal, received } = await shakeHands(scene, { bytesPerSecond: 0, messagesPerSecond: 0 });
      const bytes = make(seal, 20_000);
      socket.write(Buffer.concat([bytes, seal.record(encodeFrame({ payload: '{"n":"_p","i":"2"}' }))]));
      await until(() => received().includes('"pong"'), 'pong');
    }));
  }

  it('more than a few before the request end the connection', withScene(async (scene) => {
    const { socket, seal, ended } = await connect(scene, {});
    socket.write(NOTHING[0][1](seal, 2000));
    await within(ended, 'end');
  }));

  it('what is allowed comes through at its rate', withScene(async (scene) => {
    const { server, socket, seal, received } = await shakeHands(scene, { bytesPerSecond: 100_000, rateBurst: 100 });
    const frame = encodeFrame({ payload: JSON.stringify({ n: '_x', p: 'x'.repeat(60_000), i: '3' }) });
    for (let at = 0; at < frame.length; at += 10_000) socket.write(seal.record(frame.subarray(at, at + 10_000)));
    await until(() => received().includes('"i":"3"'), 'answer');
    assert.equal(server.getStats().rateLimited, 0);
  }));
});
