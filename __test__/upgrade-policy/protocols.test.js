// @ts-check
'use strict';

/** Option `protocols`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { ask } = require('./ask');

const { Server } = loadNative();

/**
 * The subprotocol that a client and the server agree on.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {string[]} protocols Those offered.
 * @returns {Promise<string>} empty without one; the status of a refusal
 */
async function agreed(scene, port, protocols) {
  const { status, protocol } = await ask(scene, port, { protocols });
  return status === 101 ? protocol : String(status);
}

describe('protocols', () => {
  /** @type {[string[], string][]} */
  const CASES = [
    [['v1', 'v2'], 'v2'],
    [['v1'], 'v1'],
    [['other', 'v1'], 'v1'],
    [[], ''],
    [['other'], '400'],
    [['V1'], '400'],
  ];

  it('the first that the client speaks too', withScene(async (scene) => {
    const { port } = await scene.listen({ protocols: ['v2', 'v1'] });
    for (const [offered, expected] of CASES) assert.equal(await agreed(scene, port, offered), expected, String(offered));
  }));

  it('the same when the application is asked', withScene(async (scene) => {
    const { port } = await scene.listen({ protocols: ['v2', 'v1'], verifyClient: () => true });
    for (const [offered, expected] of CASES) assert.equal(await agreed(scene, port, offered), expected, String(offered));
  }));

  it('is what connection.socket.protocol says', withScene(async (scene) => {
    const target = await scene.listen({ protocols: ['v2', 'v1'] });
    const connected = new Promise((resolve) => target.server.once('connection', resolve));
    const client = await scene.open(target.port, { headers: { 'Sec-WebSocket-Protocol': 'v1, v2' } });
    await client.handshake();
    assert.equal((await within(connected, 'connection')).socket.protocol, 'v2');
  }));

  it('excludes handleProtocols', () => {
    assert.throws(() => new Server({ protocols: ['a'], handleProtocols: () => 'a' }), {
      code: 'sInvalidOptions',
      message: /"options.protocols" and "options.handleProtocols"/,
    });
  });

  it('names that a header cannot carry are refused', () => {
    for (const name of ['', 'a b', 'a,b', 'a\r\nX: 1', 'ch\u{e4}t']) {
      assert.throws(() => new Server({ protocols: ['fine', name] }), { code: 'sInvalidOptions' }, name);
    }
  });
});
