// @ts-check
'use strict';

/** Messages for several clients, which leave with one system call where the system has `io_uring`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const { until } = require('../helpers/timing');
const { Preloaded } = require('./support/preloaded');
const { withScene } = require('./support/scene');

const CLIENTS = 40;

/** Messages to each. */
const MESSAGES = 50;

/** The system calls of rings, the same numbers on every processor. */
const [SETUP, ENTER, REGISTER] = [425, 426, 427];

const { EPERM, EINTR, ENOMEM, ENOSYS } = os.constants.errno;

/**
 * Rings that a process has open, this one by default; 0 where there are none.
 * @param {number | 'self'} [pid]
 */
function rings(pid = 'self') {
  if (process.platform !== 'linux') return 0;
  const links = fs.readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    } catch {
      // The folder's own.
      return '';
    }
  });
  return links.filter((link) => link.includes('io_uring')).length;
}

/**
 * A server with clients, to which it sends messages of two kinds in turns.
 * @param {import('./support/scene').Scene} scene
 */
async function conversation(scene) {
  const context = await scene.serve();
  const pairs = [];
  for (let i = 0; i < CLIENTS; i++) pairs.push(await scene.connect(context));
  return { server: context.server, pairs };
}

/**
 * A client whose handshake is done.
 * @param {import('./support/scene').Scene} scene
 * @param {number} port
 */
async function greeted(scene, port) {
  const client = await scene.open(port);
  await client.handshake();
  return client;
}

describe('messages for many clients', () => {
  it('come in order, those for all and those for one', withScene(async (scene) => {
    const { server, pairs } = await conversation(scene);
    for (let i = 0; i < MESSAGES; i++) {
      server.broadcast('all', i);
      for (const { connection } of pairs) connection.sendWithoutResponse('one', i);
      // Some leave together with those before, and some not.
      if (i % 3 === 0) await new Promise(setImmediate);
    }
    for (const { client } of pairs) {
      for (let i = 0; i < MESSAGES; i++) {
        for (const n of ['all', 'one']) {
          const { message } = await client.message();
          assert.deepEqual([message.n, message.p], [n, i]);
        }
      }
    }
  }));

  it('take one ring for each server at most, and leave none behind', withScene(async (scene) => {
    const before = rings();
    const conversations = [await conversation(scene), await conversation(scene)];
    for (const { server, pairs } of conversations) {
      server.broadcast('all', 1);
      await Promise.all(pairs.map(({ client }) => client.message()));
    }
    assert.ok(rings() - before <= conversations.length, `${rings() - before} rings`);
    for (const { server } of conversations) await server.stop();
    await until(() => rings() === before, 'their rings are closed');
  }));
});

// Other systems have no rings.
if (process.platform === 'linux') {
  describe('messages for many clients, where system calls of rings are answered otherwise', () => {
    const cases = /** @type {const} */ ([
      ['no ring is made (EPERM)', SETUP, EPERM],
      ['the system has no rings (ENOSYS)', SETUP, ENOSYS],
      ['there is no memory for a ring (ENOMEM)', SETUP, ENOMEM],
      ['no ring tells what it can (EPERM)', REGISTER, EPERM],
      ['a ring that was made sends nothing (EPERM)', ENTER, EPERM],
      ['there is no memory for what a ring sends (ENOMEM)', ENTER, ENOMEM],
      ['a ring is interrupted each time (EINTR)', ENTER, EINTR],
      ['a ring sends nothing, and no error is told', ENTER, 0],
    ]);
    for (const [name, call, answer] of cases) {
      // Node has rings of its own since version 22, and where they are answered so it ends, or does nothing.
      const skip = call === ENTER && rings() > 0;
      it(`come where ${name}, and no ring is kept`, { skip }, withScene(async (scene) => {
        const refusing = new Preloaded('refuse-call.c');
        scene.defer(() => refusing.remove());
        const env = { ...refusing.env, REFUSED_CALL: `${call}`, REFUSED_WITH: `${answer}` };
        const child = scene.child('few-descriptors.js', [], { env });
        const port = await child.report();
        const before = rings(child.pid);
        const clients = [];
        for (let i = 0; i < CLIENTS; i++) clients.push(await greeted(scene, port));
        for (let i = 0; i < MESSAGES; i++) clients[0].json({ n: 'tell', p: i });
        for (const client of clients) {
          for (let i = 0; i < MESSAGES; i++) assert.equal((await client.message(({ n }) => n === 'news')).message.p, i);
        }
        assert.equal(rings(child.pid), before);
        clients[0].json({ n: 'stop' });
        await child.succeeded();
      }));
    }
  });
}
