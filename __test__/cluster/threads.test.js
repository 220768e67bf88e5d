// @ts-check
'use strict';

/** Servers that share a port without a cluster: `reusePort`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { visitMany, hosts } = require('./support/workers');

/**
 * @param {import('../process/support/scene').Scene} scene Ends it.
 * @param {object} options
 */
async function thread(scene, options) {
  const worker = new Worker(path.join(__dirname, 'thread.js'), { workerData: { host: '127.0.0.1', ...options } });
  scene.defer(() => worker.terminate());
  const [report] = await within(once(worker, 'message'), 'report of a thread');
  return { worker, number: worker.threadId, report };
}

const LINUX = process.platform === 'linux';

describe('reusePort', { skip: LINUX ? false : 'Linux only' }, () => {
  it('several worker threads share a port, and every one gets connections', withScene(async (scene) => {
    const first = await thread(scene, { port: 0, reusePort: true });
    const { port } = first.report;
    const others = [await thread(scene, { port, reusePort: true }), await thread(scene, { port, reusePort: true })];
    const threads = [first, ...others].map(({ number }) => number);
    assert.deepEqual(hosts(await visitMany(scene, 90, port)), threads);
    await first.worker.terminate();
    assert.deepEqual(hosts(await visitMany(scene, 60, port)), threads.slice(1));
  }));

  it('servers of one thread do', withScene(async (scene) => {
    const { port } = await scene.listen({ reusePort: true });
    await scene.listen({ port, reusePort: true });
    await assert.rejects(scene.listen({ port }), (/** @type {any} */ { payload }) => payload.code === 'EADDRINUSE');
  }));

  it('without it a port is taken', withScene(async (scene) => {
    const { port } = await scene.listen();
    const both = scene.listen({ port, reusePort: true });
    await assert.rejects(both, (/** @type {any} */ error) => {
      assert.equal(error.code, 'sWebsocketError');
      assert.equal(error.payload.code, 'EADDRINUSE');
      return true;
    });
  }));
});

describe('reusePort elsewhere', () => {
  it('start() says that the system has none', withScene(async (scene) => {
    const child = scene.run(path.join(__dirname, 'elsewhere.js'), [await reservePort()]);
    assert.deepEqual(await child.report(), ['sWebsocketError', 'ENOTSUP', 'listen']);
    await child.succeeded();
  }));
});
