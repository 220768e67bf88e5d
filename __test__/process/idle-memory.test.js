// @ts-check
'use strict';

/**
 * What a connection costs in JavaScript that does nothing. What the core keeps of one is bounded by tests
 * of its own; `npm run bench -- --cases idle` measures all of it, for 10,000 connections.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('./support/scene');

/** Connections before the first measure: what is loaded and compiled for them is not charged to the others. */
const BEFORE = 200;

const IDLE = 4000;

/** Bytes that one may take of JavaScript's heap: 640, when this was written. */
const HEAP = 800;

describe('4,000 idle connections with five listeners each', () => {
  it('take little of the heap', withScene(async (scene, test) => {
    const idlers = scene.child('idlers.js', [], { nodeArgs: ['--expose-gc'] });
    const port = await idlers.report();
    const control = await scene.open(port);
    await control.handshake('control');
    /** @param {number} count */
    const admit = async (count) => {
      for (let i = 0; i < count; i++) await (await scene.open(port)).handshake();
      control.json({ n: 'measure' });
      return idlers.report();
    };
    const before = await admit(BEFORE);
    const after = await admit(IDLE);
    const heap = Math.round((after - before) / IDLE);
    test.diagnostic(`each ${heap} bytes of heap`);
    assert.ok(heap <= HEAP, `${heap} bytes of heap`);
    control.json({ n: 'stop' });
    await idlers.succeeded();
  }));
});
