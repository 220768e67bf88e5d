// @ts-check
'use strict';

/**
 * What a connection costs that does nothing. `npm run bench -- --cases idle` measures it for 10,000 connections. Here the young
 * generation of V8 is kept small, because V8 would keep up to 16 MB of it after so many connections have come at once.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Opcode } = require('../helpers/frames');
const { until } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** Connections before the first measure: what is loaded and compiled for them is not charged to the others. */
const BEFORE = 200;

const IDLE = 4000;

/** Bytes that one may take of JavaScript's heap: 600 to 650 on Node 18 to 26, when this was written. */
const HEAP = 700;

/** Resident bytes of all, with and without a handshake: 2,130 to 2,360 and 1,540, when this was written. Other allocators differ. */
const RESIDENT = 2600;
const RESIDENT_BEFORE_HANDSHAKE = 1650;

/** Without the compilers of V8, which keep up to 8 MiB however many connections there are, on Node 26 above all. */
const NODE_ARGS = ['--expose-gc', '--max-semi-space-size=1', '--jitless'];
const hasGlibc = process.platform === 'linux' && 'glibcVersionRuntime' in /** @type {any} */ (process.report.getReport()).header;

/** Longer than a test takes, in ms. */
const NEVER = 600_000;

/** So that all connections are pinged soon, in ms. */
const SOON = 2000;

/**
 * Bytes that each of many connections takes.
 * @param {import('./support/scene').Scene} scene
 * @param {(port: number) => Promise<unknown>} admit Opens one.
 * @param {number} [pingInterval] Of the server.
 * @param {() => Promise<void>} [settle] Called before each measure.
 */
async function cost(scene, admit, pingInterval = NEVER, settle = async () => {}) {
  const idlers = scene.child('idlers.js', [pingInterval], { nodeArgs: NODE_ARGS });
  const port = await idlers.report();
  const control = await scene.open(port);
  await control.handshake('control');
  answerPings(control);
  /** @param {number} count */
  const measure = async (count) => {
    for (let i = 0; i < count; i++) await admit(port);
    await settle();
    control.json({ n: 'measure' });
    return idlers.report();
  };
  const before = await measure(BEFORE);
  const after = await measure(IDLE);
  control.json({ n: 'stop' });
  await idlers.succeeded();
  return {
    heap: Math.round((after.heap - before.heap) / IDLE),
    resident: Math.round((after.resident - before.resident) / IDLE),
  };
}

/**
 * Answers each ping.
 * @param {import('../helpers/raw-client').RawClient} client
 * @param {() => void} [onPing]
 */
function answerPings(client, onPing = () => {}) {
  client.on('frame', (frame) => {
    const message = frame?.opcode === Opcode.TEXT ? JSON.parse(frame.text) : {};
    if (message.n !== '_p') return;
    client.frames.length = 0;
    client.json({ n: '_r', i: message.i, p: 'pong', e: null });
    onPing();
  });
}

describe('4,000 idle connections', () => {
  it('take little memory with five listeners each', withScene(async (scene, test) => {
    const { heap, resident } = await cost(scene, async (port) => (await scene.open(port)).handshake());
    test.diagnostic(`each ${heap} bytes of heap, ${resident} of all`);
    assert.ok(heap <= HEAP, `${heap} bytes of heap`);
    if (hasGlibc) assert.ok(resident <= RESIDENT, `${resident} bytes of all`);
  }));

  it('keep nothing in JavaScript of the pings that they answer', withScene(async (scene, test) => {
    let opened = 0;
    let pinged = 0;
    const admit = async (/** @type {number} */ port) => {
      const client = await scene.open(port);
      await client.handshake();
      opened += 1;
      let isNew = true;
      answerPings(client, () => {
        if (isNew) pinged += 1;
        isNew = false;
      });
    };
    const settle = () => until(() => pinged === opened, 'pings', 60_000);
    const { heap } = await cost(scene, admit, SOON, settle);
    test.diagnostic(`each ${heap} bytes of heap`);
    assert.ok(heap <= HEAP, `${heap} bytes of heap`);
  }));

  it('take less before their handshakes', { skip: !hasGlibc }, withScene(async (scene, test) => {
    const { resident } = await cost(scene, (port) => scene.open(port));
    test.diagnostic(`each ${resident} bytes`);
    assert.ok(resident <= RESIDENT_BEFORE_HANDSHAKE, `${resident} bytes`);
  }));
});
