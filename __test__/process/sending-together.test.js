// @ts-check
'use strict';

/** Messages for several clients, which leave with one system call where the system has `io_uring`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { until } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const CLIENTS = 40;

/** Messages to each. */
const MESSAGES = 50;

/** Rings that this process has open; 0 where there are none. */
function rings() {
  if (process.platform !== 'linux') return 0;
  const links = fs.readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
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
