// @ts-check
'use strict';

/** Headers of which an upgrade request may have one. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { SAMPLE_KEY, complete, exchange, statusOf, upgradeRequest } = require('../helpers/raw-http');
const { withScene } = require('../process/support/scene');

/** Lines added to a usual request, and what becomes of it. @type {[lines: string[], status: number][]} */
const ADDED = [
  [['Host: localhost'], 400],
  [['HOST: other'], 400],
  [['Upgrade: websocket'], 400],
  [['Sec-WebSocket-Version: 13'], 400],
  [['Sec-WebSocket-Version: 8'], 400],
  [[`Sec-WebSocket-Key: ${SAMPLE_KEY}`], 400],
  [['Origin: http://a', 'origin: http://b'], 400],
  [['Sec-WebSocket-Origin: http://a', 'Sec-WebSocket-Origin: http://a'], 400],
  [['Content-Length: 0', 'Content-Length: 1'], 400],
  [['Origin: http://a'], 101],
  [['Cookie: a=b', 'Cookie: c=d'], 101],
  [['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b'], 101],
  [['Connection: keep-alive'], 101],
];

/** @type {[string, (scene: import('../process/support/scene').Scene) => Promise<number>][]} */
const SERVERS = [
  ['of its own', async (scene) => (await scene.listen()).port],
  ['at an HTTP server', async (scene) => {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scene.defer(() => new Promise((resolve) => server.close(resolve)));
    await scene.track(new scene.Server({ server })).start();
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  }],
];

for (const [name, listen] of SERVERS) {
  describe(`requests to a port ${name}`, () => {
    for (const [lines, status] of ADDED) {
      it(`with ${lines.join(', ')} beside the usual: ${status}`, withScene(async (scene) => {
        const port = await listen(scene);
        for (const request of [
          upgradeRequest().replace('\r\n\r\n', `\r\n${lines.join('\r\n')}\r\n\r\n`),
          upgradeRequest().replace('\r\n', `\r\n${lines.join('\r\n')}\r\n`),
        ]) {
          assert.equal(statusOf(await exchange(port, request, { done: complete })), status);
        }
      }));
    }

    for (const host of ['a b', 'a, b', 'user@host', 'a/b']) {
      it(`with the host "${host}": 400`, withScene(async (scene) => {
        const port = await listen(scene);
        const answer = await exchange(port, upgradeRequest({ headers: { Host: host } }), { done: complete });
        assert.equal(statusOf(answer), 400);
      }));
    }
  });
}
