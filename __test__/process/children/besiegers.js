// @ts-check
'use strict';

/**
 * Clients that send one thing again and again, as fast as they can, until they are ended. Arguments: port,
 * how many clients, what (of {@link FLOODS}). Reports `flooding` once all of them do.
 */

const os = require('node:os');
const { Opcode, encodeFrame } = require('../../helpers/frames');
const { RawClient } = require('../../helpers/raw-client');
const { report } = require('../support/report');

const [port, clients, kind] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];

const HANDSHAKE = '{"n":"_h","i":"1"}';
const PENDING = '{"n":"_h","p":"pending","i":"1"}';
const OBJECTS = JSON.stringify(Array.from({ length: 1000 }, (_, index) => ({ a: index, b: 'text', c: [index] })));

/**
 * What comes once, and what comes again and again.
 * With `leaves` a client goes then, and comes again.
 * @type {Record<string, {first: string[], again: (string | import('../../helpers/frames').FrameFields)[], leaves?: boolean}>}
 */
const FLOODS = {
  'handshakes, pending': { first: [PENDING], again: ['{"n":"_h","i":"1"}'] },
  'other handshakes, pending': { first: [PENDING], again: ['{"n":"_h","i":"2"}'] },
  'invalid texts, pending': { first: [PENDING], again: ['{"n":5}'] },
  'requests, pending': { first: [PENDING], again: ['{"n":"cheap","i":"2"}'] },
  'clients that come and go': { first: [HANDSHAKE], again: [], leaves: true },
  'clients that come and go unheard': { first: [], again: [], leaves: true },
  'requests without a handshake': { first: [], again: ['{"n":"cheap","i":"2"}'] },
  'responses, pending': { first: [PENDING], again: ['{"n":"_r","i":"2","e":null}'] },
  'pings, pending': { first: [PENDING], again: ['{"n":"_p","i":"2"}'] },
  handshakes: { first: [HANDSHAKE], again: ['{"n":"_h","i":"2"}'] },
  'invalid texts': { first: [HANDSHAKE], again: ['{"n":5}'] },
  'invalid binary': { first: [HANDSHAKE], again: [{ opcode: Opcode.BINARY, payload: '\xff' }] },
  'messages without a listener': { first: [HANDSHAKE], again: ['{"n":"none"}'] },
  'cheap requests': { first: [HANDSHAKE], again: ['{"n":"cheap","i":"2"}'] },
  'dear requests': { first: [HANDSHAKE], again: ['{"n":"burn","i":"2"}'] },
  'requests that await': { first: [HANDSHAKE], again: ['{"n":"await","i":"2"}'] },
  'requests answered in a tick': { first: [HANDSHAKE], again: ['{"n":"tick","i":"2"}'] },
  'requests by turns cheap and dear': {
    first: [HANDSHAKE],
    again: [...Array(300).fill('{"n":"cheap","i":"2"}'), ...Array(300).fill('{"n":"await","i":"2"}')],
  },
  'large payloads that are read': { first: [HANDSHAKE], again: [`{"n":"read","p":${OBJECTS},"i":"2"}`] },
  'large payloads for nobody': { first: [HANDSHAKE], again: [`{"n":"none","p":"${'x'.repeat(64 * 1024)}"}`] },
  'errors that nobody reads': { first: [HANDSHAKE], again: [`{"n":"none","e":{"name":"E","message":"m",${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`)}}}`] },
  'very large payloads for nobody': { first: [HANDSHAKE], again: [`{"n":"none","p":"${'\u20ac'.repeat(6_000_000)}"}`] },
  'requests that ask in turn': { first: [HANDSHAKE], again: ['{"n":"ask","i":"2"}'] },
  'answers that cannot be written': { first: [HANDSHAKE], again: ['{"n":"throw","i":"2"}', '{"n":"throw"}'] },
  responses: { first: [HANDSHAKE], again: ['{"n":"_r","i":"2","e":null}'] },
  pings: { first: [HANDSHAKE], again: ['{"n":"_p","i":"2"}'] },
  'WebSocket pings': { first: [HANDSHAKE], again: [{ opcode: Opcode.PING, payload: 'x' }] },
};

/** Bytes sent with one write. */
const WRITE = 64 * 1024;

/** @param {string | import('../../helpers/frames').FrameFields} what */
const frameOf = (what) => encodeFrame(typeof what === 'string' ? { payload: what } : what);

/**
 * @param {string} name
 * @returns {Buffer} What comes again and again, for one write. It is made once for all clients: some of it is large.
 */
function bytesOf(name) {
  const frames = Buffer.concat(FLOODS[name].again.map(frameOf));
  return Buffer.concat(Array(frames.length === 0 ? 0 : Math.ceil(WRITE / frames.length)).fill(frames));
}

/**
 * @param {string} name
 * @param {Buffer} bytes
 */
async function flood(name, bytes) {
  const { first, leaves } = FLOODS[name];
  const { socket } = await RawClient.open({ port });
  // What the server says is read, and of no interest.
  socket.removeAllListeners('data').resume();
  socket.on('error', () => {});
  for (const text of first) socket.write(frameOf(text));
  if (leaves) {
    setTimeout(() => {
      socket.resetAndDestroy();
      flood(name, bytes).catch(() => setTimeout(flood, 10, name, bytes));
    }, 1);
    return;
  }
  const go = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', go);
  go();
}

if (require.main === module) {
  const bytes = bytesOf(kind);
  Promise.all(Array.from({ length: clients }, () => flood(kind, bytes))).then(() => {
    // The server's threads come first, where cores are few. Not earlier: programs that are busy would keep the flood from beginning.
    os.setPriority(os.constants.priority.PRIORITY_LOW);
    report('flooding');
  });
}

module.exports = { FLOODS };
