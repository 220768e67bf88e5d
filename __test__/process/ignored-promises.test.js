// @ts-check
'use strict';

/** Promises of `sendWithoutResponse` that nobody awaits: a client that goes does not end the process by them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { loadNative } = require('../helpers/implementations');
const { collectFatal } = require('../helpers/uncaught');
const { withScene } = require('./support/scene');

const { Server } = loadNative();

/** @param {Promise<void>} promise @returns {Promise<string>} */
const codeOf = (promise) => promise.then(() => 'sent', ({ code }) => code);

describe('a message that is not awaited', () => {
  it('may be sent when the client has gone', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    const gone = new Promise((resolve) => connection.once('_disconnected', resolve));
    client.destroy();
    await gone;
    const { fatal } = await collectFatal(async () => {
      connection.sendWithoutResponse('news');
      server.connection('nobody').sendWithoutResponse('news');
    });
    assert.deepEqual(fatal, []);
    assert.equal(await codeOf(connection.sendWithoutResponse('news')), 'scDisconnected');
    assert.equal(await codeOf(server.connection('nobody').sendWithoutResponse('news')), 'scDisconnected');
  }));

  it('may wait to be written when the client goes', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    client.socket.pause();
    const text = 'x'.repeat(1 << 20);
    const { fatal } = await collectFatal(async () => {
      const gone = new Promise((resolve) => connection.once('_disconnected', resolve));
      for (let i = 0; i < 16; i++) connection.sendWithoutResponse('news', text);
      const awaited = codeOf(connection.sendWithoutResponse('news', text));
      client.destroy();
      assert.equal(await awaited, 'scDisconnected');
      await gone;
    });
    assert.deepEqual(fatal, []);
  }));

  it('is an unhandled rejection when its payload is not JSON', withScene(async (scene) => {
    const { connection } = await scene.pair();
    const { fatal } = await collectFatal(async () => {
      connection.sendWithoutResponse('news', 1n);
      await once(process, 'never', { signal: AbortSignal.timeout(5000) });
    });
    assert.deepEqual(fatal.map(({ code }) => code), ['scInvalidJson']);
  }));
});

it('options of other libraries are refused with what was meant', () => {
  const http = require('node:http');
  assert.throws(() => new Server(/** @type {any} */ (3000)), /got 3000; did you mean \{ port: 3000 \}\?/);
  assert.throws(() => new Server(/** @type {any} */ (http.createServer())), /did you mean \{ server: httpServer \}\?/);
});
