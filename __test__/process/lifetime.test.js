// @ts-check
'use strict';

/** What keeps a process alive: a server that listens, connections, and nothing else. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** How long a process that must live is watched, in ms; one that may end does so within a few. */
const WATCHED = 400;

describe('the life of a process', () => {
  it('a server that was never started does not keep it alive', withScene(async (scene) => {
    await scene.child('lifetime.js', ['idle']).succeeded();
  }));

  it('a server that listens keeps it alive', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['listen']);
    await child.report();
    await delay(WATCHED);
    assert.ok(child.isRunning);
  }));

  it('it ends by itself after stop()', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop']);
    await child.report();
    assert.equal(await child.report(), 'stopped');
    await child.succeeded();
  }));

  it('it ends by itself when stop() is called while start() runs', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop early']);
    assert.equal(await child.report(), 'sInvalidAction');
    assert.equal(await child.report(), 'stopped');
    await child.succeeded();
  }));

  it('it ends by itself after stop() with clients connected, handshake done or pending', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop connected']);
    const port = await child.report();
    const pending = await scene.open(port);
    await pending.fence();
    const done = await scene.open(port);
    await done.handshake();
    assert.equal(await child.report(), 'stopped');
    await child.succeeded();
    await Promise.all([pending.closed(), done.closed()]);
  }));

  it('it ends by itself after stop() when the client does not read or answer', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop connected']);
    const client = await scene.open(await child.report());
    client.answersClose = false;
    await client.handshake();
    client.socket.pause();
    assert.equal(await child.report(), 'stopped');
    await child.succeeded();
  }));

  it('sends and pings without an answer are rejected by stop() and keep nothing alive', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop unanswered', JSON.stringify({ responseTimeout: 60000 })]);
    const client = await scene.open(await child.report());
    await client.handshake();
    const said = [await child.report(), await child.report(), await child.report()];
    assert.deepEqual(said.sort(), ['scDisconnected', 'scPingError', 'stopped']);
    await child.succeeded();
  }));

  it('a close() with a delay resolves when stop() disconnects before, and keeps nothing alive', withScene(
    async (scene) => {
      const child = scene.child('lifetime.js', ['stop before close']);
      const client = await scene.open(await child.report());
      await client.handshake();
      const said = [await child.report(2000), await child.report(2000)];
      assert.deepEqual(said.sort(), ['closed', 'stopped']);
      await child.succeeded();
    },
  ));

  it('it ends by itself when the last connection was closed before stop()', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop after close']);
    const client = await scene.open(await child.report());
    await client.handshake();
    assert.equal(await child.report(), 'stopped');
    await child.succeeded();
  }));

  it('with clientTracking: false it lives after stop() as long as a connection does', withScene(async (scene) => {
    const child = scene.child('lifetime.js', ['stop connected', JSON.stringify({ clientTracking: false })]);
    const client = await scene.open(await child.report());
    await client.handshake();
    assert.equal(await child.report(), 'stopped');
    await delay(WATCHED);
    assert.ok(child.isRunning);
    await client.fence();
    client.close(1000);
    await child.succeeded();
  }));

  it('a taken port is an error and no more; the port can be had when its process has died', withScene(async (scene) => {
    const owner = scene.child('lifetime.js', ['listen']);
    const port = await owner.report();
    const client = await scene.open(port);
    await client.handshake();
    const where = JSON.stringify({ port });
    const late = scene.child('lifetime.js', ['taken', where]);
    assert.deepEqual(await late.report(), ['sWebsocketError', 'EADDRINUSE']);
    await late.succeeded();
    await client.fence();

    await owner.stop();
    await client.closed();
    const heir = scene.child('lifetime.js', ['stop connected', where]);
    assert.equal(await heir.report(), port);
    await (await scene.open(port)).handshake();
    assert.equal(await heir.report(), 'stopped');
    await heir.succeeded();
  }));
});
