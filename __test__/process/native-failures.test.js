// @ts-check
'use strict';

/** A native call that fails concerns the message that it was made for, and nobody else (contract section 5). */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { constants } = require('node:buffer');
const { RawClient } = require('../helpers/raw-client');
const { Opcode } = require('../helpers/frames');
const { withScene } = require('./support/scene');

/** Those that are called while events are handled. */
const NAMES = ['take', 'strings', 'receiveAgain', 'send', 'respond', 'respondAll', 'flush', 'flush of lane 0', 'flush of lane 1', 'fence', 'release', 'keepFacts'];

it('after each native function that fails once others are served, and stop() resolves', withScene(async (scene) => {
  const child = scene.child('sabotaged.js', NAMES);
  for (const name of NAMES) {
    assert.deepEqual(await child.report(), { name, failed: true, isServed: true, timedOut: true });
  }
  await child.succeeded();
}));

it('a message that JavaScript cannot hold as a string is refused with 1009, without any limit too', withScene(
  async (scene) => {
    const { port } = await scene.listen({ maxPayload: 0, maxHandshakePayload: 0 });
    for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
      const [largest, larger] = await Promise.all([0, 1].map(() => RawClient.open({ port })));
      largest.frame({ opcode, claim: BigInt(constants.MAX_STRING_LENGTH), payload: 'x' });
      larger.frame({ opcode, claim: BigInt(constants.MAX_STRING_LENGTH) + 1n, payload: 'x' });
      assert.equal((await larger.closed()).code, 1009);
      assert.deepEqual(largest.frames, [], 'the rest of it is awaited');
      largest.destroy();
    }
  },
));
