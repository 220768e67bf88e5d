// @ts-check
'use strict';

/** Servers that are joined by the example of an engine for NATS. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { NatsEngine } = require('../../examples/nats/engine');
const { connect } = require('./support/members');
const { Nats } = require('./support/nats');
const { startNodes } = require('./support/nodes');

describe('the engine for NATS', () => {
  it('joins servers, and joins them again after NATS was killed', withScene(async (scene) => {
    const nats = await Nats.start(scene);
    const nodes = await startNodes(scene, 2, () => ({ adapter: new NatsEngine({ servers: nats.url }) }));
    const [a, b] = nodes.map(({ server }) => server);
    await until(() => a.nodes.list().length === 2 && b.nodes.list().length === 2, 'both known', 10000);
    const room = 'a room.with * > ünï';
    const member = await connect(scene, nodes[1], { rooms: [room] });
    a.room(room).broadcast('said', 'ü');
    assert.deepEqual(await member.got('said', 1), ['ü']);
    assert.deepEqual(await a.room(room).count(), { count: 1, missingNodes: [] });
    const down = new Promise((resolve) => a.nodes.once('_down', resolve));
    await nats.kill();
    assert.equal((/** @type {any} */ (await down)).code, 'sAdapterDown');
    await nats.start();
    await until(() => a.nodes.state === 'up' && b.nodes.state === 'up', 'both joined again', 15000);
    a.room(room).broadcast('said', 2);
    assert.deepEqual(await member.got('said', 2), ['ü', 2]);
  }));
});
