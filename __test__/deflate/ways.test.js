// @ts-check
'use strict';

/** Compression does not care how the bytes of a connection travel. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const tls = require('node:tls');
const { WAYS, attached } = require('../attach/support');
const { identity, TRUST } = require('../helpers/tls');
const { WsClient } = require('../helpers/ws-client');
const { withScene } = require('../process/support/scene');

const OPTIONS = [true, { serverNoContextTakeover: false, clientNoContextTakeover: false, threshold: 0 }];

/** @param {any} server */
function echo(server) {
  server.on('connection', (/** @type {any} */ connection) => {
    connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
  });
}

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {() => import('node:net').Socket} connect
 */
async function assertCompressed(scene, connect) {
  const client = await WsClient.connect(1, { createConnection: /** @type {any} */ (connect) });
  scene.defer(() => client.destroy());
  assert.notEqual(client.parameters, undefined);
  for (const length of [0, 5000, 2_000_000]) {
    const payload = 'naïve café 0123456789 '.repeat(length / 22);
    const before = client.bytesRead;
    assert.equal(await client.request('echo', payload), payload);
    assert.ok(client.bytesRead - before < 100 + length / 10, `${client.bytesRead - before} bytes`);
  }
}

describe('permessage-deflate', () => {
  for (const perMessageDeflate of OPTIONS) {
    const shown = JSON.stringify(perMessageDeflate);
    for (const way of WAYS) {
      it(`over ${way.name}: ${shown}`, withScene(async (scene) => {
        const { server, port } = await attached(scene, way, { perMessageDeflate });
        echo(server);
        await assertCompressed(scene, () => way.connect(port));
      }));
    }

    it(`over TLS of our own: ${shown}`, withScene(async (scene) => {
      const { port } = await scene.listen({ tls: identity('server'), perMessageDeflate }, echo);
      await assertCompressed(scene, () => tls.connect({ port, host: '127.0.0.1', ...TRUST }));
    }));
  }
});
