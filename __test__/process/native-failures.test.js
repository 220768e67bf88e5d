// @ts-check
'use strict';

/** A native call that fails concerns the message that it was made for, and nobody else (contract section 5). */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { constants } = require('node:buffer');
const { RawClient } = require('../helpers/raw-client');
const { Opcode } = require('../helpers/frames');
const { within } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');
const { kNative } = require('../../lib/symbols.js');
const { withScene } = require('./support/scene');

/** Those that are called while events are handled. */
const NAMES = ['take', 'strings', 'receiveAgain', 'send', 'respond', 'respondAll', 'flush', 'flush of lane 0', 'flush of lane 1', 'fence', 'release', 'keepFacts', 'watch', 'queued'];

it('after each native function that fails once others are served, and stop() resolves', withScene(async (scene) => {
  const child = scene.child('sabotaged.js', NAMES);
  for (const name of NAMES) {
    // The handler could answer again.
    const unanswered = [name === 'respond' ? 1 : 0, 0, 0];
    assert.deepEqual(await child.report(), { name, failed: true, isServed: true, timedOut: true, areWritten: true, unanswered });
  }
  await child.succeeded();
}));

/** Those that are called for one connection, and how a client of it ends. @type {[name: string, code: number | null, isReported: boolean][]} */
const FOR_ONE = [['resolveHandshake', 4203, false], ['respondHandshake', 4203, false], ['admit', null, true], ['close', null, true], ['limitDelivery', 4000, true], ['giveUp', 4201, true]];

for (const [name, code, isReported] of FOR_ONE) {
  it(`when ${name}() fails, the connection that it was for ends, with ${code ?? 'a cut'}, and others are served`, withScene(async (scene) => {
    const { server, port } = await scene.listen({ responseTimeout: 50 });
    /** @type {string[]} */
    const errors = [];
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      connection.on('_error', (/** @type {any} */ error) => errors.push(error.code));
      handshake.resolve();
    });
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('close', () => connection.close(4000, 'x').catch(() => {}));
      connection.on('ping', () => connection.ping().catch(() => {}));
      connection.on('ask', (/** @type {any} */ message) => message.resolve());
    });
    const other = await scene.open(port);
    await other.handshake();
    const real = server[kNative][name];
    server[kNative][name] = () => {
      server[kNative][name] = real;
      throw new Error(`${name} fails`);
    };
    const client = await scene.open(port);
    const { fatal } = await collectFatal(async () => {
      client.json({ n: '_h', i: '1' });
      await client.message().catch(() => {});
      client.json({ n: name === 'giveUp' ? 'ping' : 'close' });
      await client.ended;
    });
    assert.equal((await within(client.ended, 'end', 3000)).code, code);
    assert.deepEqual(fatal.map(({ message }) => message), isReported ? [`${name} fails`] : []);
    assert.deepEqual(errors, isReported ? [] : ['cMessageNotResponded']);
    assert.equal((await other.request('ask')).message.e, null);
  }));
}

/** Those that are called while a server stops, by what becomes of `stop()`. */
const OVERCOME = ['keepAlive', 'limitDelivery', 'isOpen', 'release', 'fence', 'core.join', 'core.leaveNodes', 'core.forgetNodes'];
const AT_THE_CUT = ['close', 'limitDelivery', 'core.closeUnknown'];
const FATAL = ['take', 'flush', 'passed'];

it('stop() resolves when native functions fail that it can do without, and rejects when others do', withScene(async (scene) => {
  const again = ['resolved', 'resolved'];
  const cases = [
    ...OVERCOME.flatMap((name) => [{ name, times: 1, ends: ['resolved', ...again] }, { name, ends: ['resolved', ...again] }]),
    ...AT_THE_CUT.map((name) => ({ name, drain: 100, ends: ['resolved', ...again] })),
    { name: 'core.stop', times: 1, ends: ['core.stop fails', 'resolved', ...again] },
    { name: 'core.stop', drain: 100, ends: ['core.stop fails', 'resolved', ...again] },
    ...FATAL.map((name) => ({ name, ends: [`${name} fails`, 'resolved', ...again] })),
  ];
  const child = scene.child('failing-stop.js', [JSON.stringify(cases)]);
  for (const { name, ends } of cases) assert.deepEqual(await child.report(), { name, failed: true, ends });
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
