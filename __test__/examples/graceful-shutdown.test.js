// @ts-check
'use strict';

/** The program of `examples/graceful-shutdown`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');

const SERVER = path.join(__dirname, '../../examples/graceful-shutdown/server.js');

/** Node cannot be sent signals on Windows, only killed. */
const UNIX = process.platform !== 'win32';

/**
 * The server, a client that waits for its work to be done, and one that does nothing.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} work In ms.
 */
async function start(scene, work) {
  const port = await reservePort();
  const server = scene.run(SERVER, [], { env: { PORT: String(port) } });
  assert.equal(await server.line(), `Listening on port ${port}`);
  const [busy, idle] = [await scene.open(port), await scene.open(port)];
  await Promise.all([busy.handshake(), idle.handshake()]);
  busy.json({ n: 'work', p: work, i: 'w' });
  await busy.fence();
  return { server, busy, idle };
}

describe('examples/graceful-shutdown', { skip: UNIX ? false : 'no signals' }, () => {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    it(`${signal}: tells the clients, finishes the work, closes, and ends`, withScene(async (scene) => {
      const { server, busy, idle } = await start(scene, 700);
      server.signal(signal);
      const { message } = await busy.message(({ n }) => n === 'leaving');
      assert.equal(message.p.reason, 'Restarting');
      assert.ok(message.p.left > 7000 && message.p.left <= 8000);
      const { code, reason } = await idle.closed();
      assert.deepEqual([code, reason], [1001, 'Restarting']);
      assert.equal((await busy.message(({ i }) => i === 'w')).message.p, 'done');
      assert.equal((await busy.closed()).code, 1001);
      assert.deepEqual(await server.exited(), { code: 0, signal: null, stderr: '' });
      assert.deepEqual(await server.remainingLines(), [`${signal}: draining 2 connections`, 'stopped']);
    }));
  }

  it('a second signal cuts what is left', withScene(async (scene) => {
    const { server, busy, idle } = await start(scene, 60_000);
    server.signal('SIGTERM');
    await idle.closed();
    server.signal('SIGINT');
    assert.equal((await busy.closed()).code, 1001);
    assert.equal((await server.exited()).code, 0);
    const lines = await server.remainingLines();
    assert.deepEqual(lines.slice(1), ['SIGINT again: cutting what is left', 'stopped']);
  }));

  it('a taken port is one line of explanation and exit code 1', withScene(async (scene) => {
    const { port } = await scene.listen({ host: undefined });
    const { code, stderr } = await scene.run(SERVER, [], { env: { PORT: String(port) } }).exited();
    assert.equal(code, 1);
    assert.match(stderr, /EADDRINUSE/);
  }));
});
