// @ts-check
'use strict';

/** Nothing of a connection reaches a handler once the application has closed it, from whichever node. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { setImmediate: turn, setTimeout: wait } = require('node:timers/promises');
const { kNative } = require('../../lib/symbols.js');
const { loadNative } = require('../helpers/implementations');
const { withScene } = require('../process/support/scene');
const { until, within } = require('../helpers/timing');
const { block } = require('./support/counting');
const { startJoined } = require('./support/joined');
const { connect } = require('./support/members');
const { WITHOUT_REDIS } = require('./support/needs');
const { PATIENCE } = require('./support/program');

const MODULE = path.join(__dirname, 'support/counting.js');

/** @typedef {import('./support/members').Member} Member */

/**
 * Sends messages at once, so that they come with one read.
 * @param {Member} member
 * @param {string} name
 */
function sendMany(member, name) {
  const { socket } = /** @type {any} */ (member);
  socket._socket.cork();
  for (let p = 0; p < 20; p += 1) socket.send(JSON.stringify({ n: name, p }));
  socket._socket.uncork();
}

/** @param {import('../process/support/scene').Scene} scene */
async function prepare(scene) {
  const { nodes } = await startJoined(scene, 2, { how: { apart: true, module: MODULE } });
  const member = await connect(scene, nodes[1], { rooms: ['room'], payload: { id: 'mine' } });
  return { nodes, member, handled: () => nodes[1].do('handled') };
}

describe('a connection that another node closes', { concurrency: true, skip: WITHOUT_REDIS }, () => {
  for (const [what, close] of /** @type {[string, (node: any) => Promise<any>][]} */ ([
    ['room.close', (node) => node.do('close', { room: 'room', code: 4001, reason: 'bye' })],
    ['everyone.close', (node) => node.do('close', { code: 4001, reason: 'bye' })],
    ['connection(id).close', (node) => node.do('closeOne', { id: 'mine', code: 4001, reason: 'bye' })],
  ])) {
    it(`${what}: what waits in the inbox reaches no handler`, withScene(async (scene) => {
      const { nodes, member, handled } = await prepare(scene);
      await member.request('echo', 1);
      const busy = nodes[1].do('block', { ms: 3000 });
      await wait(100);
      sendMany(member, 'note');
      await wait(200);
      assert.deepEqual(await close(nodes[0]), { closed: 1, missingNodes: [] });
      assert.deepEqual(await within(member.ended, 'close', PATIENCE), [4001, 'bye']);
      await busy;
      assert.deepEqual(await handled(), []);
    }));
  }

  it('what is in the batch that is being handled reaches no handler', withScene(async (scene) => {
    const { nodes, member, handled } = await prepare(scene);
    // The handler of the first message takes 3 s; the others are behind it in the same batch.
    sendMany(member, 'slow');
    await wait(300);
    assert.deepEqual(await nodes[0].do('close', { room: 'room' }), { closed: 1, missingNodes: [] });
    assert.deepEqual(await handled(), [0]);
  }));

  it('others are served on, also in the place of one that was closed', withScene(async (scene) => {
    const { nodes, member } = await prepare(scene);
    const other = await connect(scene, nodes[1]);
    for (let round = 0; round < 10; round += 1) {
      const gone = round === 0 ? member : await connect(scene, nodes[1], { rooms: ['room'] });
      sendMany(gone, 'note');
      await nodes[0].do('close', { room: 'room' });
      assert.equal(await other.request('echo', round), round);
      await within(gone.ended, 'close', PATIENCE);
    }
  }));

  it('a takeover of its id', withScene(async (scene) => {
    const { nodes, member, handled } = await prepare(scene);
    const busy = nodes[1].do('block', { ms: 3000 });
    await wait(100);
    sendMany(member, 'note');
    await wait(200);
    const other = await connect(scene, nodes[0], { payload: { id: 'mine' } });
    assert.equal(other.id, 'mine');
    assert.deepEqual(await within(member.ended, 'close', PATIENCE), [4208, 'Taken over']);
    await busy;
    assert.deepEqual(await handled(), []);
  }));
});

describe('a connection that is closed with many others', () => {
  it('reaches no handler before its turn has come either', withScene(async (scene) => {
    const { Server } = loadNative();
    const server = new Server({ host: '127.0.0.1', port: 0 });
    scene.defer(() => server.stop());
    const handled = /** @type {number[]} */ ([]);
    let isClosed = false;
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('note', () => {
        if (isClosed) handled.push(1);
      });
    });
    await server.start();
    const node = { url: `ws://127.0.0.1:${server.address().port}` };
    const members = await Promise.all(Array.from({ length: 100 }, () => connect(scene, node)));
    // Each part takes a turn of the event loop, as with many members.
    const { [kNative]: native } = /** @type {any} */ (server);
    const { closeSome } = native;
    native.closeSome = (/** @type {any[]} */ ...args) => {
      block(5);
      return closeSome(...args);
    };
    for (const member of members) sendMany(member, 'note');
    await turn();
    // They are in the inbox then.
    block(100);
    const closing = server.everyone.close(4001, 'bye');
    isClosed = true;
    assert.equal((await closing).closed, 100);
    await until(() => server.rooms.root.getConnectionsCount() === 0, 'end of all', PATIENCE);
    assert.deepEqual(handled, []);
  }));
});
