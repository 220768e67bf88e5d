// @ts-check
'use strict';

/** Servers with `adapter: 'cluster'`: in workers of Node's cluster, whose primary is the process of the test, and in it. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const { onWorkerMessage } = require('../../lib/nodes/primary.js');
const { KEY } = require('../../lib/symbols.js');
const path = require('node:path');
const { until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');
const { startWorkers } = require('./support/worker-nodes');

describe("adapter: 'cluster'", () => {
  for (const serialization of /** @type {const} */ (['json', 'advanced'])) {
    it(`joins workers, with ${serialization} between processes`, withScene(async (scene) => {
      const nodes = await startWorkers(scene, 2, { serialization });
      const [a, b] = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: ['news'] })));
      await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 'ünï 😀 \u0001' });
      await b.got('said', 1);
      await nodes[1].do('broadcast', { name: 'said', payload: { all: true } });
      await a.got('said', 2);
      assert.deepEqual(await b.got('said', 2), ['ünï 😀 \u0001', { all: true }]);
      await nodes[0].do('broadcastMany', { room: 'news', name: 'count', count: 2000 });
      const all = Array.from({ length: 2000 }, (_, index) => index);
      assert.deepEqual(await b.got('count', 2000), all);
      assert.deepEqual(await a.got('count', 2000), all);
    }));
  }

  it('goes on when workers are killed, and with new ones', withScene(async (scene) => {
    const nodes = await startWorkers(scene, 2);
    const member = await connect(scene, nodes[0], { rooms: ['news'] });
    await nodes[1].kill();
    await nodes[0].do('broadcast', { room: 'news', name: 'said', payload: 1 });
    const [fresh] = await startWorkers(scene, 1, {}, 2);
    await fresh.do('broadcast', { room: 'news', name: 'said', payload: 2 });
    assert.deepEqual(await member.got('said', 2), [1, 2]);
  }));

  it('joins servers of one process that is no worker', withScene(async (scene) => {
    const nodes = await startNodes(scene, 2, { adapter: 'cluster' });
    const member = await connect(scene, nodes[1], { rooms: ['news'] });
    await until(() => nodes[0].server.nodes.list().length === 2, 'known');
    nodes[0].server.room('news').broadcast('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
  }));

  it('a worker that reads too slowly is told, and what it publishes still reaches the others', () => {
    /** @param {boolean} reads */
    const worker = (reads) => Object.assign(new EventEmitter(), {
      id: 1,
      /** @type {any[]} */
      got: [],
      isConnected: () => true,
      /** @param {any} message @param {() => void} done */
      send(message, done) {
        this.got.push(message[KEY]);
        if (reads) done();
      },
    });
    const [slow, other] = [worker(false), worker(true)];
    const tell = (/** @type {any} */ from, /** @type {any[]} */ ...message) => onWorkerMessage(from, message);
    const kinds = (/** @type {any} */ { got }) => got.splice(0).map(([kind]) => kind);
    for (const each of [slow, other]) {
      tell(each, 'hello', 1, 1);
      tell(each, 'subscribe', 1, 2, ['slow:r:x']);
      assert.deepEqual(kinds(each), ['answered', 'answered']);
    }
    for (let count = 0; count < 3; count += 1) tell(other, 'publish', 1, 0, ['slow:r:x', 'x'.repeat(9 * 1024 * 1024), '']);
    assert.deepEqual(kinds(slow), ['messages', 'lost']);
    tell(slow, 'publish', 1, 0, ['slow:r:x', 'still', '']);
    assert.deepEqual(other.got, [['messages', 1, ['slow:r:x', 'still', '']]]);
    for (const each of [slow, other]) each.emit('exit');
  });

  it('says what to add to a primary process that has not loaded the package', withScene(async (scene) => {
    const child = scene.run(path.join(__dirname, 'lonely-worker.js'));
    const { code, message } = JSON.parse(await child.line());
    assert.equal(code, 'sAdapterDown');
    assert.match(message, /require\('line-socket-native'\)/);
  }));

  it('says that a primary process is busy which has answered before', withScene(async (scene) => {
    const child = scene.run(path.join(__dirname, 'lonely-worker.js'), ['busy']);
    const { code, message } = JSON.parse(await child.line());
    assert.equal(code, 'sAdapterDown');
    assert.match(message, /The primary process has not answered for 3 s: it is busy, or has been stopped/);
  }));
});
