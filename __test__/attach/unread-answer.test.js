// @ts-check
'use strict';

/**
 * Clients that ask an HTTP server for a large page, leave it unread and send an upgrade request behind:
 * the answer to it cannot leave. The whole opening has to be over within `upgradeTimeout`.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { encodeFrame } = require('../helpers/frames');
const { upgradeRequest } = require('../helpers/raw-http');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { WAYS, open } = require('./support');

const SEATS = 5;
const TIMEOUT = 300;

/** More than the kernel takes of one connection that is not read. */
const PAGE = Buffer.alloc(64 * 1024 * 1024);

const GET = 'GET /page HTTP/1.1\r\nHost: test\r\n\r\n';

/**
 * An HTTP server that answers each request with `size` bytes.
 * @param {import('../process/support/scene').Scene} scene
 * @param {import('./support').Way} way
 * @param {number} size
 * @param {Record<string, unknown>} options
 */
async function serve(scene, way, size, options) {
  const { web, port, close } = await way.listen((_, response) => response.end(PAGE.subarray(0, size)));
  scene.defer(close);
  const server = scene.track(new scene.Server({ server: web, ...options }));
  await server.start();
  let upgrades = 0;
  web.on('upgrade', () => (upgrades += 1));
  return { server, port, upgrades: () => upgrades };
}

/** @param {import('../process/support/scene').Scene} scene @param {import('./support').Way} way @param {number} port */
function sendUnread(scene, way, port) {
  const socket = way.connect(port);
  socket.on('error', () => {});
  scene.defer(() => socket.destroy());
  socket.write(`${GET}${upgradeRequest({})}`);
  return socket;
}

for (const way of WAYS) {
  describe(`an upgrade behind a page that is not read, over ${way.name}`, () => {
    it('holds no seat for longer than upgradeTimeout', withScene(async (scene) => {
      const { server, port, upgrades } = await serve(scene, way, PAGE.length, { maxConnections: SEATS, upgradeTimeout: TIMEOUT });
      for (let i = 0; i < SEATS; i++) sendUnread(scene, way, port);
      await until(() => upgrades() === SEATS, 'upgrades', 10000);
      await until(() => server.getStats().refused.timeout === SEATS, 'refused');
      assert.equal(server.getStats().connectionsTotal, 0);
      for (let i = 0; i < SEATS; i++) await (await open(scene, way, port)).handshake();
    }));

    it('comes through when the page is read in time', withScene(async (scene) => {
      const { server, port } = await serve(scene, way, 4 * 1024 * 1024, { upgradeTimeout: 5000 });
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const socket = sendUnread(scene, way, port);
      await delay(100);
      let read = 0;
      socket.on('data', (bytes) => (read += bytes.length));
      await until(() => read > 4 * 1024 * 1024 && server.getStats().connections === 1, 'opened');
      socket.write(encodeFrame({ payload: '{"n":"_h","i":"1"}' }));
      await within(connected, 'connection');
    }));
  });
}
