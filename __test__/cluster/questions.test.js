// @ts-check
'use strict';

/** Answers from rooms whose members are on several nodes, what is known and done of them there, and messages between nodes. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { allJoined, oneEach, startJoined } = require('./support/joined');
const { connect, connectMany } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

const MODULE = path.join(__dirname, 'support/more-actions.js');

/** @param {import('./support/members').Member[]} members */
const ids = (members) => members.map(({ id }) => id).sort();

describe('answers from several nodes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('every member answers, wherever it is', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3);
    const members = await connectMany(scene, nodes, 30, { rooms: ['news'] });
    for (const [index, member] of members.entries()) member.answers.ask = (payload) => payload + index;
    const { responses, errors, silent, missingNodes } = await nodes[0].do('send', { room: 'news', name: 'ask', payload: 100 });
    assert.deepEqual(responses, Object.fromEntries(members.map(({ id }, index) => [id, 100 + index])));
    assert.deepEqual([errors, silent, missingNodes], [{}, [], []]);
  }));

  it('who is silent is named, and nobody waits longer than asked for', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'news');
    members[0].answers.ask = () => 1;
    const result = await nodes[0].do('send', { room: 'news', name: 'ask', options: { timeout: 200 } });
    assert.deepEqual(result, { responses: { [members[0].id]: 1 }, errors: {}, silent: [members[1].id], missingNodes: [] });
    members[1].answers.ask = () => 2;
    const { responses } = await nodes[1].do('send', { room: 'news', name: 'ask', options: { timeout: 60_000, except: members[0].id } });
    assert.deepEqual(responses, { [members[1].id]: 2 });
  }));

  it('a stopped node is missing, and one that dies ends the wait', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { how: { apart: true }, adapter: { requestTimeout: 30_000, heartbeatInterval: 300 } });
    const members = await connectMany(scene, nodes, 6, { rooms: ['news'] });
    for (const member of members) member.answers.ask = () => 'yes';
    const [{ id }] = await nodes[2].do('nodes');
    await nodes[2].pause();
    const counting = nodes[0].do('count', { room: 'news' });
    await nodes[2].kill();
    // Long before the time for requests is over.
    assert.deepEqual(await within(counting, 'count', 10_000), { count: 4, missingNodes: [id] });
    await allJoined(nodes.slice(0, 2));
    assert.deepEqual(await nodes[0].do('count', { room: 'news' }), { count: 4, missingNodes: [] });
    const { responses, missingNodes } = await nodes[0].do('send', { room: 'news', name: 'ask' });
    assert.deepEqual([Object.keys(responses).length, missingNodes], [4, []]);
  }));

  it('fetch, count and close: also while the JavaScript of another node is busy', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2, { how: { apart: true } });
    const members = await Promise.all([0, 1, 0, 1].map((index) => connect(scene, nodes[index], { rooms: ['news'], payload: { _info: { at: index } } })));
    let isBusy = true;
    const busy = nodes[1].do('block', { ms: 1500 }).then(() => (isBusy = false));
    const fetched = await nodes[0].do('fetch', { room: 'news' });
    assert.deepEqual(fetched.members.map((/** @type {any} */ { id }) => id).sort(), ids(members));
    assert.deepEqual(fetched.members.map((/** @type {any} */ { info }) => info.at).sort(), [0, 0, 1, 1]);
    assert.deepEqual(fetched.missingNodes, []);
    assert.deepEqual(await nodes[0].do('count', { room: 'news' }), { count: 4, missingNodes: [] });
    assert.deepEqual(await nodes[0].do('close', { room: 'news', code: 4001, reason: 'bye' }), { closed: 4, missingNodes: [] });
    assert.equal(isBusy, true, 'answered meanwhile');
    for (const member of members) assert.deepEqual(await within(member.ended, 'close', PATIENCE), [4001, 'bye']);
    await busy;
  }));

  it('members of one room join another, and leave it', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const members = await oneEach(scene, nodes, 'a');
    assert.deepEqual(await nodes[0].do('join', { room: 'a', into: 'b' }), { joined: 2, missingNodes: [] });
    await nodes[1].do('broadcast', { room: 'b', name: 'said', payload: 1 });
    for (const member of members) assert.deepEqual(await member.got('said', 1), [1]);
    assert.deepEqual(await nodes[1].do('leave', { room: 'a', from: 'b' }), { left: 2, missingNodes: [] });
    assert.deepEqual(await nodes[0].do('count', { room: 'b' }), { count: 0, missingNodes: [] });
  }));

  it('one connection on whichever node it is', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 2);
    const member = await connect(scene, nodes[1]);
    member.answers.ask = (payload) => payload * 2;
    assert.equal(await nodes[0].do('sendTo', { id: member.id, name: 'ask', payload: 21 }), 42);
    await nodes[0].do('closeOne', { id: member.id, code: 4002 });
    assert.equal((await within(member.ended, 'close', PATIENCE))[0], 4002);
    const { error } = await nodes[0].do('sendTo', { id: member.id, name: 'ask' });
    assert.equal(error.code, 'scDisconnected');
  }));
});

describe('messages between nodes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  it('are answered, refused, or for one alone', withScene(async (scene) => {
    const { nodes } = await startJoined(scene, 3, { how: { apart: true, module: MODULE } });
    const [, second, third] = await Promise.all(nodes.map(async (node) => (await node.do('nodes')).find((/** @type {any} */ { isSelf }) => isSelf).id));
    assert.deepEqual(await nodes[0].do('askNodes', { name: 'double', payload: 4 }), { responses: { [second]: 8, [third]: 8 }, errors: [], missingNodes: [] });
    assert.deepEqual((await nodes[0].do('askNodes', { name: 'double', payload: 5, options: { to: third } })).responses, { [third]: 10 });
    const { responses, errors } = await nodes[0].do('askNodes', { name: 'fail' });
    assert.deepEqual([responses, errors.length, errors[0].code], [{}, 2, 'scMessageRejected']);
    const { missingNodes } = await nodes[0].do('askNodes', { name: 'note', options: { timeout: 100 } });
    assert.deepEqual(missingNodes.sort(), [second, third].sort());
    await nodes[0].do('tellNodes', { name: 'note', payload: 'all' });
    await nodes[0].do('tellNodes', { name: 'note', payload: 'one', options: { to: second } });
    await nodes[0].do('askNodes', { name: 'double', payload: 1 });
    assert.deepEqual((await nodes[1].do('log')).slice(-2), [['note', 'all'], ['note', 'one']]);
    assert.deepEqual((await nodes[2].do('log')).slice(-1), [['note', 'all']]);
  }));
});
