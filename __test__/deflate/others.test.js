// @ts-check
'use strict';

/** permessage-deflate with clients that share no code with ours or with `ws`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const { install } = require('../../conformance/python.js');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const SIZES = [0, 1, 1000, 30_001, 500_000];
const STANDALONE = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const TAKEOVER = { serverNoContextTakeover: false, clientNoContextTakeover: false };

/** Longest wait for a client of another process, in ms. */
const LONG = 20000;

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {unknown} perMessageDeflate
 */
async function listen(scene, perMessageDeflate) {
  return scene.listen({ perMessageDeflate }, (server) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
    });
  });
}

/** Server, the client's offer, and what both agree on. @type {[unknown, string, string][]} */
const PYTHON = [
  [false, 'deflate', ''],
  [true, 'none', ''],
  [true, 'deflate', STANDALONE],
  [TAKEOVER, 'deflate', 'permessage-deflate'],
  [TAKEOVER, 'server_no_context_takeover,client_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
  [TAKEOVER, 'server_max_window_bits=9,client_max_window_bits=9', 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9'],
  [true, 'server_max_window_bits=12,client_max_window_bits', `${STANDALONE}; server_max_window_bits=12`],
];

describe('permessage-deflate with websockets for Python', () => {
  for (const [options, offer, agreed] of PYTHON) {
    it(`${JSON.stringify(options)} and ${offer}`, withScene(async (scene) => {
      const { python } = install();
      const { port } = await listen(scene, options);
      const script = path.join(__dirname, 'client.py');
      const run = promisify(execFile)(python, [script, String(port), offer, ...SIZES.map(String)], { timeout: LONG });
      const lines = (await run).stdout.split('\n').map((line) => line.trim());
      assert.deepEqual(lines, [agreed, ...SIZES.map(String), '']);
    }));
  }
});

const { WebSocket } = /** @type {any} */ (globalThis);

// Node has had one since version 22.
describe("permessage-deflate with Node's own WebSocket", () => {
  for (const options of WebSocket === undefined ? [] : [false, true, TAKEOVER, { serverMaxWindowBits: 9, ...TAKEOVER }]) {
    it(JSON.stringify(options), withScene(async (scene) => {
      const { port } = await listen(scene, options);
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      scene.defer(() => socket.close());
      /** @param {string} text */
      const ask = (text) => {
        const answer = new Promise((resolve, reject) => {
          socket.addEventListener('message', (/** @type {any} */ event) => resolve(event.data), { once: true });
          socket.addEventListener('close', () => reject(new Error('closed')), { once: true });
        });
        socket.send(text);
        return within(answer, 'answer', LONG);
      };
      await within(new Promise((resolve) => socket.addEventListener('open', resolve)), 'open WebSocket');
      await ask('{"n":"_h","i":"h"}');
      assert.equal(socket.extensions.startsWith('permessage-deflate'), options !== false, socket.extensions);
      for (const size of SIZES) {
        for (let count = 0; count < 2; count++) {
          const p = 'naïve café 0123456789 '.repeat(size / 20 + 1).slice(0, size);
          const answer = JSON.parse(String(await ask(JSON.stringify({ n: 'echo', p, i: '1' }))));
          assert.deepEqual(answer, { n: '_r', p, i: '1', e: null });
        }
      }
    }));
  }
});
