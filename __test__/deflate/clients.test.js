// @ts-check
'use strict';

/** permessage-deflate with the client of `ws`: every combination of parameters, in both directions. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { WsClient } = require('../helpers/ws-client');
const { withScene } = require('../process/support/scene');

const SIZES = [0, 1, 1023, 1024, 20_000, 300_000];

/**
 * Text that compresses well, and no two of which are the same.
 * @param {number} length
 * @param {number} salt
 */
function text(length, salt) {
  const words = ['naïve', 'café', '{"n":', ' 0123456789 ', '日本', String(salt)];
  let text = '';
  for (let index = salt; text.length < length; index = (index * 31 + 7) % 1009) text += words[index % words.length];
  return text.slice(0, length);
}

/** @param {any} connection */
function echo(connection) {
  connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
}

/**
 * A server that echoes, with compression.
 * @param {import('../process/support/scene').Scene} scene
 * @param {any} perMessageDeflate
 */
function listen(scene, perMessageDeflate, more = {}) {
  return scene.listen({ perMessageDeflate, ...more }, (server) => server.on('connection', echo));
}

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {any} [perMessageDeflate]
 */
async function connect(scene, port, perMessageDeflate = true) {
  const client = await WsClient.connect(port, { perMessageDeflate });
  scene.defer(() => client.destroy());
  return client;
}

/** @param {WsClient} client */
async function assertEchoes(client) {
  for (const [salt, size] of SIZES.entries()) {
    for (const payload of [text(size, salt), text(size, salt)]) {
      assert.equal(await client.request('echo', payload), payload);
    }
  }
}

/** Options of the server, of the client, and what both agree on. @type {[string, any, any, object | undefined][]} */
const COMBINATIONS = [
  ['the defaults of both', true, true, { server_no_context_takeover: true, client_no_context_takeover: true }],
  ['a server without compression', false, true, undefined],
  ['a client without compression', true, false, undefined],
  ['context takeover in both directions', { serverNoContextTakeover: false, clientNoContextTakeover: false }, true, {}],
  [
    'context takeover of the server',
    { serverNoContextTakeover: false },
    true,
    { client_no_context_takeover: true },
  ],
  [
    'context takeover of the client',
    { clientNoContextTakeover: false },
    true,
    { server_no_context_takeover: true },
  ],
  [
    'context takeover the client does not want',
    { serverNoContextTakeover: false, clientNoContextTakeover: false },
    { serverNoContextTakeover: true },
    { server_no_context_takeover: true },
  ],
  ...[8, 9, 12, 15].flatMap((bits) => [
    /** @type {[string, any, any, object]} */ ([
      `windows of ${bits} bits by the server's wish, with context takeover`,
      {
        serverMaxWindowBits: bits,
        clientMaxWindowBits: bits,
        serverNoContextTakeover: false,
        clientNoContextTakeover: false,
      },
      true,
      { server_max_window_bits: bits, client_max_window_bits: bits },
    ]),
    /** @type {[string, any, any, object]} */ ([
      `windows of ${bits} bits by the client's wish`,
      true,
      { serverMaxWindowBits: bits, clientMaxWindowBits: bits },
      {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
      },
    ]),
  ]),
];

describe('permessage-deflate with ws', { concurrency: false }, () => {
  for (const [name, ours, theirs, parameters] of COMBINATIONS) {
    it(name, withScene(async (scene) => {
      const { server, port } = await listen(scene, ours);
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const client = await connect(scene, port, theirs);
      assert.deepEqual({ ...client.parameters }, parameters ?? {});
      const { extensions } = /** @type {any} */ (await connected).socket;
      assert.deepEqual(extensions, parameters === undefined ? {} : { 'permessage-deflate': { params: parameters } });
      await assertEchoes(client);
    }));
  }

  for (const zlibDeflateOptions of [
    { level: 0 }, { level: 1 }, { level: 9, memLevel: 9 }, { memLevel: 1, chunkSize: 64 }, { windowBits: 9 },
    { strategy: 1 }, { strategy: 2 }, { strategy: 3 }, { strategy: 4 },
  ]) {
    it(`compresses with ${JSON.stringify(zlibDeflateOptions)}`, withScene(async (scene) => {
      const { port } = await listen(scene, { zlibDeflateOptions, zlibInflateOptions: { chunkSize: 100 } });
      await assertEchoes(await connect(scene, port));
    }));
  }

  it('a threshold says from which size on messages are compressed', withScene(async (scene) => {
    const { port } = await listen(scene, { threshold: 500 });
    const client = await connect(scene, port);
    for (const [length, compressed] of /** @type {[number, boolean][]} */ ([[400, false], [500, true]])) {
      const before = client.bytesRead;
      await client.request('echo', 'x'.repeat(length));
      assert.equal(client.bytesRead - before < 100, compressed, `${length}`);
    }
  }));

  it('the context makes a repeated message smaller', withScene(async (scene) => {
    const sizes = [];
    for (const serverNoContextTakeover of [true, false]) {
      const { port } = await listen(scene, { threshold: 0, serverNoContextTakeover });
      const client = await connect(scene, port);
      await client.request('echo', text(2000, 3));
      const before = client.bytesRead;
      await client.request('echo', text(2000, 3));
      sizes.push(client.bytesRead - before);
    }
    assert.ok(sizes[1] < sizes[0] / 2, `${sizes}`);
  }));

  it('a level makes messages smaller', withScene(async (scene) => {
    const sizes = [];
    for (const level of [0, 9]) {
      const { port } = await listen(scene, { level });
      const client = await connect(scene, port);
      const before = client.bytesRead;
      await client.request('echo', text(20_000, 3));
      sizes.push(client.bytesRead - before);
    }
    assert.ok(sizes[0] > 20_000 && sizes[1] < 3000, `${sizes}`);
  }));

  it('requests in a row are answered in their order', withScene(async (scene) => {
    const { port } = await listen(scene, { threshold: 100, serverNoContextTakeover: false });
    const client = await connect(scene, port);
    const sizes = [5, 50_000, 5, 400_000, 99, 100, 0, 2000];
    sizes.forEach((size, index) => client.send({ n: 'echo', p: text(size, index), i: `${index}` }));
    for (const [index, size] of sizes.entries()) {
      assert.deepEqual(await client.next(), { n: '_r', p: text(size, index), i: `${index}`, e: null });
    }
  }));

  it('a broadcast reaches members with different parameters, in its place', withScene(async (scene) => {
    const { server, port } = await listen(scene, { serverNoContextTakeover: false, threshold: 100 }, { ioThreads: 2 });
    const offers = [
      true, true, false, { serverNoContextTakeover: true }, { serverNoContextTakeover: true },
      { serverNoContextTakeover: true, serverMaxWindowBits: 9 }, { serverMaxWindowBits: 10 },
    ];
    const clients = await Promise.all(offers.map((offer) => connect(scene, port, offer)));
    const payloads = [text(50, 1), text(5000, 2), text(99, 3), text(200_000, 4), text(5000, 2)];
    for (const payload of payloads) server.broadcast('news', payload);
    for (const client of clients) {
      for (const p of payloads) assert.deepEqual(await client.next(), { n: 'news', p });
      await assertEchoes(client);
    }
  }));

  it('sendWithoutResponse resolves when a compressed message has left', withScene(async (scene) => {
    const { server, port } = await listen(scene, true);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const client = await connect(scene, port);
    const connection = /** @type {any} */ (await connected);
    await connection.sendWithoutResponse('news', text(500_000, 1));
    assert.equal(connection.socket.bufferedAmount, 0);
    assert.equal((await client.next()).p.length, 500_000);
  }));

  it('close comes after what was sent before it', withScene(async (scene) => {
    const { server, port } = await listen(scene, true);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const client = await connect(scene, port);
    const connection = /** @type {any} */ (await connected);
    connection.sendWithoutResponse('news', text(500_000, 1));
    connection.close(4321, 'enough');
    assert.equal((await client.next()).p.length, 500_000);
    assert.deepEqual(await client.ended, [4321, 'enough']);
  }));

  it('perMessageDeflate set later holds for later connections', withScene(async (scene) => {
    const { server, port } = await listen(scene, false);
    const before = await connect(scene, port);
    server.options.perMessageDeflate = { serverMaxWindowBits: 11 };
    const after = await connect(scene, port);
    server.options.perMessageDeflate = false;
    const last = await connect(scene, port);
    assert.deepEqual([before, after, last].map(({ parameters }) => parameters?.server_max_window_bits), [undefined, 11, undefined]);
    for (const client of [before, after, last]) await assertEchoes(client);
  }));

  it('the headers event shows the extension; verifyClient does not hinder it', withScene(async (scene) => {
    /** @type {string[]} */
    const lines = [];
    const { server, port } = await listen(scene, true, { verifyClient: () => true });
    server.on('headers', (/** @type {string[]} */ headers) => lines.push(...headers));
    const client = await connect(scene, port);
    const all = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
    assert.equal(lines.at(-1), `Sec-WebSocket-Extensions: ${all}`);
    await assertEchoes(client);
  }));
});
