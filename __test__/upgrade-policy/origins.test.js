// @ts-check
'use strict';

/** Options `allowedOrigins` and `requireOrigin`. What a pattern matches is tested in `crates/core/src/upgrade/origin.rs`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');
const { withScene } = require('../process/support/scene');
const { ask } = require('./ask');

const { Server } = loadNative();

/**
 * The status that a page gets.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {{origin?: string}} [page]
 */
async function statusFor(scene, port, page) {
  return (await ask(scene, port, page)).status;
}

describe('allowedOrigins', () => {
  it('lets pages of these origins in, and clients that are no browsers', withScene(async (scene) => {
    const allowedOrigins = ['https://example.com', 'https://*.example.com', 'http://localhost:*'];
    const { port } = await scene.listen({ allowedOrigins });
    for (const [origin, status] of /** @type {const} */ ([
      ['https://example.com', 101],
      ['https://chat.example.com', 101],
      ['http://localhost:5173', 101],
      ['https://example.com.evil.net', 403],
      ['http://example.com', 403],
      ['null', 403],
      [undefined, 101],
    ])) {
      assert.equal(await statusFor(scene, port, { origin }), status, origin);
    }
  }));

  it('an empty list lets no page in', withScene(async (scene) => {
    const { port } = await scene.listen({ allowedOrigins: [] });
    assert.equal(await statusFor(scene, port, { origin: 'https://example.com' }), 403);
    assert.equal(await statusFor(scene, port), 101);
  }));

  it('without it every page may come', withScene(async (scene) => {
    const { port } = await scene.listen();
    assert.equal(await statusFor(scene, port, { origin: 'https://evil.example' }), 101);
  }));

  it('can be set while the server runs', withScene(async (scene) => {
    const { server, port } = await scene.listen({ allowedOrigins: ['https://a.example'] });
    const origin = 'https://b.example';
    assert.equal(await statusFor(scene, port, { origin }), 403);
    server.options.allowedOrigins = [...server.options.allowedOrigins, origin];
    assert.equal(await statusFor(scene, port, { origin }), 101);
    assert.throws(() => server.options.allowedOrigins.push('https://c.example'), TypeError);
    assert.throws(() => (server.options.allowedOrigins = ['b.example']), { code: 'sInvalidOptions' });
    assert.deepEqual(server.options.allowedOrigins, ['https://a.example', origin]);
    assert.equal(await statusFor(scene, port, { origin }), 101);
    server.options.allowedOrigins = undefined;
    assert.equal(await statusFor(scene, port, { origin: 'https://c.example' }), 101);
  }));

  it('an entry that could match nothing is refused by name', () => {
    for (const entry of ['example.com', 'https://example.com/', 'https://b\u{fc}cher.example', '/https:/', '']) {
      assert.throws(
        () => new Server({ allowedOrigins: ['https://example.com', entry] }),
        (/** @type {any} */ error) =>
          error.code === 'sInvalidOptions' && error.message.startsWith(`"options.allowedOrigins": "${entry}" is not an origin`),
        entry,
      );
    }
  });
});

describe('requireOrigin', () => {
  it('turns those away that send none', withScene(async (scene) => {
    const { port } = await scene.listen({ requireOrigin: true });
    assert.equal(await statusFor(scene, port), 403);
    assert.equal(await statusFor(scene, port, { origin: 'https://any.example' }), 101);
  }));
});
