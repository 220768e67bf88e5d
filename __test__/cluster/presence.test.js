// @ts-check
'use strict';

/** Presence over several nodes. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { delay, until } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { startJoined } = require('./support/joined');
const { connect, connectMany } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

const MODULE = path.join(__dirname, 'support/more-actions.js');
const SERVER = { presence: { room: { leaveDelay: 0 }, patient: { leaveDelay: 1000 } } };

/** @param {import('./support/joined').AnyNode} node @param {string} room @returns {Promise<string[]>} */
const present = async (node, room) => (await node.do('presence', { room })).members.map((/** @type {any} */ { id }) => id).sort();

/** @param {import('./support/joined').AnyNode} node @param {string} room @param {string[]} expected */
const shows = (node, room, expected) => until(async () => (await present(node, room)).join() === [...expected].sort().join(), `present: ${expected}`, PATIENCE);

describe('presence on several nodes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('every node lists the members of all, and is told of changes', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { server: SERVER, how: { apart: true, module: MODULE } });
    await nodes[2].do('watch', { room: 'room' });
    const members = await connectMany(scene, nodes, 6, { rooms: ['room'] });
    const ids = members.map(({ id }) => id);
    for (const node of nodes) await shows(node, 'room', ids);
    // Who comes and goes while changes are gathered, for 100 ms here and there, has not changed.
    await delay(500);
    members[0].close();
    for (const node of nodes) await shows(node, 'room', ids.slice(1));
    const told = async () => (await nodes[2].do('log')).map((/** @type {any} */ change) => change.join(' ')).sort();
    const expected = [...ids.map((id) => `join ${id}`), `leave ${ids[0]}`].sort();
    await until(async () => (await told()).join() === expected.join(), 'told', PATIENCE);
  }));

  it('a node without members and listeners asks the others', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { server: SERVER, how: { apart: true } });
    const members = await connectMany(scene, nodes.slice(0, 2), 4, { rooms: ['room'] });
    await shows(nodes[2], 'room', members.map(({ id }) => id));
  }));

  it('a dead node leaves no ghosts', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { server: SERVER, how: { apart: true } });
    const members = await connectMany(scene, nodes, 6, { rooms: ['room'] });
    await shows(nodes[0], 'room', members.map(({ id }) => id));
    await nodes[2].kill();
    const left = members.filter((_, index) => index % 3 !== 2).map(({ id }) => id);
    for (const node of nodes.slice(0, 2)) await shows(node, 'room', left);
  }));

  it('who comes back elsewhere in time has not left', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2, { server: SERVER, how: { apart: true, module: MODULE } });
    await nodes[1].do('watch', { room: 'patient' });
    // Each node has a member that stays.
    const ids = (await connectMany(scene, nodes, 2, { rooms: ['patient'] })).map(({ id }) => id);
    const payload = { _id: 'me' };
    const first = await connect(scene, nodes[0], { rooms: ['patient'], payload });
    await shows(nodes[1], 'patient', [...ids, 'me']);
    first.close();
    await connect(scene, nodes[1], { rooms: ['patient'], payload });
    await delay(1500);
    await shows(nodes[0], 'patient', [...ids, 'me']);
    assert.deepEqual((await nodes[1].do('log')).filter((/** @type {any} */ [name]) => name === 'leave'), []);
  }));

  it('an outage of Redis changes nothing that lasts', withScene(async (scene) => {
    const { redis, nodes } = await startJoined(scene, 2, { server: SERVER });
    const members = await connectMany(scene, nodes, 4, { rooms: ['room'] });
    const ids = members.map(({ id }) => id);
    for (const node of nodes) await shows(node, 'room', ids);
    await redis.restart();
    for (const node of nodes) await shows(node, 'room', ids);
    members[1].close();
    for (const node of nodes) await shows(node, 'room', [ids[0], ids[2], ids[3]]);
  }));
});
