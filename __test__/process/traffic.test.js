// @ts-check
'use strict';

/** The end of a process, and errors of its handlers, while messages pour in. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { within } = require('../helpers/timing');
const { Traffic } = require('./support/traffic');
const { withScene } = require('./support/scene');

/** Clients that ask without end meanwhile. */
const CLIENTS = 8;

/**
 * A child under traffic, and a client beside it.
 * @param {import('./support/scene').Scene} scene
 * @param {string[]} args
 */
async function underTraffic(scene, ...args) {
  const child = scene.child('echo.js', args);
  const port = await child.report();
  const traffic = await Promise.all(Array.from({ length: CLIENTS }, () => Traffic.open(port)));
  scene.defer(() => traffic.forEach((one) => one.destroy()));
  const client = await scene.open(port);
  await client.handshake();
  await Promise.all(traffic.map((one) => one.flows()));
  return { child, client, traffic };
}

describe('process.exit() under traffic', () => {
  for (const how of ['exit', 'exit later', 'exit in a promise']) {
    it(`ends the process at once with its code: ${how}`, withScene(async (scene) => {
      const { child, client, traffic } = await underTraffic(scene);
      client.json({ n: 'do', p: how });
      assert.deepEqual(await child.exited(), { code: 7, signal: null, stderr: '' });
      await within(Promise.all(traffic.map(({ ended }) => ended)), 'end of all connections');
    }));
  }
});

describe('stop() under traffic', () => {
  it('ends all connections, and then the process by itself', withScene(async (scene) => {
    const { child, client, traffic } = await underTraffic(scene);
    client.json({ n: 'do', p: 'stop' });
    assert.deepEqual(await child.exited(), { code: 0, signal: null, stderr: '' });
    await within(Promise.all(traffic.map(({ ended }) => ended)), 'end of all connections');
  }));
});

describe('a handler that fails under traffic', () => {
  const COUNT = 20;

  for (const [deed, expected] of Object.entries({
    throw: ['uncaughtException', 'thrown by a handler'],
    reject: ['unhandledRejection', 'rejected by a handler'],
  })) {
    it(`${deed}: an ordinary ${expected[0]}, once each, and everyone is still served`, withScene(async (scene) => {
      const { child, client, traffic } = await underTraffic(scene, 'catch');
      for (let i = 0; i < COUNT; i++) client.json({ n: 'do', p: deed });
      // Behind the last failure, on the same connection.
      assert.equal((await client.request('ask', 'still there?')).message.p, 'still there?');
      await Promise.all(traffic.map((one) => one.flows()));
      await Promise.all(traffic.map((one) => one.drain()));
      client.json({ n: 'do', p: 'stop' });
      const reports = (await child.remainingLines()).map((line) => JSON.parse(line));
      assert.deepEqual(reports, Array(COUNT).fill(expected));
      await child.succeeded();
    }));

    it(`${deed}: ends the process as any other error does, when nobody listens`, withScene(async (scene) => {
      const { child, client } = await underTraffic(scene);
      client.json({ n: 'do', p: deed });
      const { code, stderr } = await child.exited();
      assert.equal(code, 1);
      assert.ok(stderr.includes(expected[1]), stderr);
      // The stack names the handler, not only this library.
      assert.match(stderr, /children[\\/]echo\.js/);
    }));
  }
});
