// @ts-check
'use strict';

/** What flooders do: each flood uses sockets until it is over, or the server ends them. */

const net = require('node:net');
const tls = require('node:tls');
const zlib = require('node:zlib');
const { once } = require('node:events');
const { encodeFrame } = require('../helpers/frames');
const { RawClient, reset } = require('../helpers/raw-client');
const { upgradeRequest } = require('../helpers/raw-http');
const { TRUST } = require('../helpers/tls');
const { REQUESTS } = require('../hostile/requests');
const { INVALID } = require('../hostile/texts');
const { VIOLATIONS } = require('../hostile/violations');
const { FLOODS: MESSAGES } = require('../process/children/besiegers');
const { isEncrypted } = require('./plan');

/**
 * One flooder.
 * @typedef {object} Flooder
 * @property {import('./plan').Plan} plan
 * @property {number} port
 * @property {import('./plan').Random} random
 * @property {(socket: net.Socket) => net.Socket} keep Remembers a socket, to be destroyed in the end.
 * @property {(bytes: number) => void} sent Counts.
 */

/** Bytes sent with one write. */
const WRITE = 64 * 1024;

/** Characters of a message that is small when compressed. */
const BOMB = 1024 * 1024;

const HANDSHAKE = '{"n":"_h","i":"1"}';

/** @param {string | import('../helpers/frames').FrameFields} what */
const frameOf = (what) => encodeFrame(typeof what === 'string' ? { payload: what } : what);

/** @param {net.Socket} socket */
const ended = (socket) => (socket.destroyed ? undefined : once(socket, 'close').catch(() => {}));

/** @param {Flooder} flooder */
async function connect({ port, keep }) {
  const socket = keep(net.connect({ port, host: '127.0.0.1', noDelay: true }));
  await once(socket, 'connect');
  return socket;
}

/**
 * Opens a WebSocket.
 * @param {Flooder} flooder
 * @param {Record<string, string>} [headers]
 */
async function open(flooder, headers) {
  const bare = await connect(flooder);
  const socket = isEncrypted(flooder.plan) ? flooder.keep(tls.connect({ socket: bare, host: '127.0.0.1', ...TRUST })) : bare;
  socket.write(upgradeRequest({ headers }));
  await new RawClient(socket).upgraded;
  // What the server says is read, and of no interest.
  socket.removeAllListeners('data').resume();
  return { socket, reset: () => reset(bare) };
}

/**
 * Writes the same again and again, as fast as it is taken.
 * @param {Flooder} flooder
 * @param {net.Socket} socket
 * @param {(string | import('../helpers/frames').FrameFields)[]} again
 */
async function pour({ sent }, socket, again) {
  const frames = Buffer.concat(again.map(frameOf));
  const bytes = Buffer.concat(Array(Math.max(1, Math.ceil(WRITE / frames.length))).fill(frames));
  const go = () => {
    do sent(bytes.length);
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', go);
  go();
  await ended(socket);
}

/** A message of {@link BOMB} characters, compressed. */
function bomb() {
  const text = Buffer.from(`{"n":"none","p":"${'x'.repeat(BOMB)}"}`);
  const packed = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  return { rsv: 4, payload: packed.subarray(0, -4) };
}

/** @type {Record<string, (flooder: Flooder) => Promise<unknown>>} */
const VISITS = {
  'connections reset at once': async (flooder) => {
    const socket = await connect(flooder);
    socket.resetAndDestroy();
  },
  'upgrades reset at once': async (flooder) => {
    const socket = await connect(flooder);
    socket.write(upgradeRequest());
    socket.resetAndDestroy();
  },
  'upgrades that are reset': async (flooder) => {
    (await open(flooder)).reset();
  },
  'conversations that are reset': async (flooder) => {
    const { socket, reset } = await open(flooder);
    for (const text of [HANDSHAKE, '{"n":"cheap","i":"2"}', '{"n":"ask","i":"3"}', '{"n":"large","i":"4"}']) socket.write(frameOf(text));
    if (flooder.random.chance(0.5)) await once(socket, 'data');
    reset();
  },
  'requests that break off': async (flooder) => {
    const socket = await connect(flooder);
    const request = upgradeRequest();
    socket.resume().end(request.slice(0, flooder.random.below(request.length)));
    await ended(socket);
  },
  'bad requests': async (flooder) => {
    const socket = await connect(flooder);
    const { bytes } = flooder.random.pick(REQUESTS);
    flooder.sent(bytes.length);
    socket.resume().end(bytes);
    await ended(socket);
  },
  violations: async (flooder) => {
    const { socket } = await open(flooder);
    socket.write(frameOf(HANDSHAKE));
    socket.end(flooder.random.pick(VIOLATIONS).bytes);
    await ended(socket);
  },
  'bad texts': async (flooder) => {
    const { socket } = await open(flooder);
    socket.write(frameOf(HANDSHAKE));
    await pour(flooder, socket, INVALID.map(([, text]) => text).filter((text) => text.length < 1000));
  },
  'rejected handshakes': async (flooder) => {
    const { socket } = await open(flooder);
    socket.write(frameOf('{"n":"_h","p":"rejected","i":"1"}'));
    await pour(flooder, socket, ['{"n":"cheap","i":"2"}']);
  },
  'errors that have no JSON': async (flooder) => {
    const { socket } = await open(flooder);
    socket.write(frameOf(HANDSHAKE));
    await pour(flooder, socket, ['{"n":"reject","i":"2"}']);
  },
  'connections without a word': async (flooder) => {
    await ended((await connect(flooder)).resume());
  },
  'connections without a handshake': async (flooder) => {
    await ended((await open(flooder)).socket);
  },
  'peers that do not read': async (flooder) => {
    const { socket } = await open(flooder);
    socket.pause();
    socket.write(frameOf(HANDSHAKE));
    await pour(flooder, socket, ['{"n":"large","i":"2"}']);
  },
  'compressed bombs': async (flooder) => {
    const { socket } = await open(flooder, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
    socket.write(frameOf(HANDSHAKE));
    await pour(flooder, socket, [bomb()]);
  },
};

for (const [name, { first, again }] of Object.entries(MESSAGES)) {
  VISITS[name] = async (flooder) => {
    const { socket } = await open(flooder);
    for (const text of first) socket.write(frameOf(text));
    await pour(flooder, socket, again);
  };
}

module.exports = { VISITS, KINDS: Object.keys(VISITS) };
