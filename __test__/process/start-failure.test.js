// @ts-check
'use strict';

/** A server that cannot listen says why, and can be started again (contract section 3). */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const util = require('node:util');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** @typedef {import('./support/scene').Scene} Scene */

/** @param {any} server @returns {Promise<any>} the reason why it does not start */
async function failure(server) {
  const reason = await within(server.start().then(() => undefined, (/** @type {any} */ error) => error), 'end of start');
  assert.ok(reason instanceof server.constructor.Error, `not a LineError: ${reason}`);
  assert.equal(reason.code, 'sWebsocketError');
  assert.ok(reason.payload instanceof Error);
  assert.ok(reason.message.includes(reason.payload.message), reason.message);
  assert.equal(server.address(), null);
  assert.equal(server.server, null);
  return reason;
}

/** The error that Node's own server meets there. @param {net.ListenOptions} where @returns {Promise<any>} */
function nodeFailure(where) {
  return within(
    new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', resolve);
      server.listen(where, () => server.close(() => resolve(undefined)));
    }),
    "failure of Node's own server",
  );
}

/** @param {any} error */
function facts(error) {
  const { code, errno, syscall, address, port } = error;
  return { code, errno, syscall, address, port };
}

/** Has a server that could not start listen elsewhere. @param {Scene} scene @param {any} server @param {object} options */
async function startElsewhere(scene, server, options) {
  Object.assign(server.options, options);
  await within(server.start(), 'second start');
  const { client, response } = await scene.connect({ server, port: server.address().port });
  assert.equal(response.message.e, null);
  await server.stop();
  await client.closed();
}

/** A folder of the test's own. @param {Scene} scene */
function folder(scene) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-'));
  scene.defer(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

describe('a server that cannot listen', () => {
  for (const host of ['127.0.0.1', undefined]) {
    it(`taken port, host ${host ?? 'not given'}`, withScene(async (scene) => {
      const { port } = await scene.listen({ host });
      const server = scene.track(new scene.Server({ port, host }));
      const { payload } = await failure(server);
      assert.deepEqual(facts(payload), facts(await nodeFailure({ port, host })));
      assert.equal(payload.code, 'EADDRINUSE');
      await startElsewhere(scene, server, { port: 0, host: '127.0.0.1' });
    }));
  }

  it('the same port once it is free', withScene(async (scene) => {
    const other = await scene.listen();
    const server = scene.track(new scene.Server({ port: other.port, host: '127.0.0.1' }));
    for (let i = 0; i < 3; i++) await failure(server);
    await other.server.stop();
    await within(server.start(), 'start on the freed port');
    await scene.connect({ server, port: other.port });
  }));

  it('an address that is not of this machine', withScene(async (scene) => {
    // RFC 5737: an address for documentation.
    const where = { port: await reservePort(), host: '203.0.113.1' };
    const server = scene.track(new scene.Server(where));
    const { payload } = await failure(server);
    assert.deepEqual(facts(payload), facts(await nodeFailure(where)));
    await startElsewhere(scene, server, { host: '127.0.0.1' });
  }));

  for (const host of ['fe80::1', 'fe80::1%no-such-interface', 'fe80::1%4294967296', '2001:db8::1', '::ffff:203.0.113.1']) {
    it(`${host}: as Node's own server reports it`, withScene(async (scene) => {
      const where = { port: await reservePort(), host };
      const { payload, message } = await failure(scene.track(new scene.Server(where)));
      assert.deepEqual(facts(payload), facts(await nodeFailure(where)));
      assert.ok(message.includes(`listen ${payload.code}: `), message);
    }));
  }

  it("has libuv's numbers and names on Windows, too", () => {
    const { uvNumber } = require('../../lib/server/listening.js');
    for (const [number, name] of /** @type {[number, string][]} */ ([[10048, 'EADDRINUSE'], [10049, 'EADDRNOTAVAIL'], [10013, 'EACCES'], [22, 'EINVAL']])) {
      assert.equal(util.getSystemErrorName(-uvNumber(number, 'win32')), name);
    }
    assert.equal(uvNumber(98, 'linux'), 98);
  });

  it('a host that does not resolve', withScene(async (scene) => {
    // RFC 2606: a name that never exists.
    const server = scene.track(new scene.Server({ port: 0, host: 'no-such-host.invalid' }));
    const { payload } = await failure(server);
    // Without a network the resolver cannot even be asked, which is another code.
    assert.match(payload.code, /^(ENOTFOUND|EAI_AGAIN)$/);
    assert.deepEqual([payload.syscall, payload.hostname], ['getaddrinfo', 'no-such-host.invalid']);
    await startElsewhere(scene, server, { host: '127.0.0.1' });
  }));

  it('no port at all', withScene(async (scene) => {
    const server = scene.track(new scene.Server({ host: '127.0.0.1' }));
    const { payload } = await failure(server);
    assert.ok(payload instanceof TypeError);
    await startElsewhere(scene, server, { port: 0 });
  }));
});

describe('a Unix domain socket where there are none', () => {
  it('is refused, and a port can be listened on instead', withScene(async (scene) => {
    const file = path.join(folder(scene), 's');
    const server = scene.track(new scene.Server({ listen: { path: file } }));
    const platform = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(process, 'platform'));
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    try {
      const { payload } = await failure(server);
      assert.deepEqual([payload.code, payload.syscall, payload.address], ['ENOTSUP', 'listen', file]);
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
    await startElsewhere(scene, server, { listen: undefined, host: '127.0.0.1', port: 0 });
  }));
});

if (process.platform !== 'win32') {
  describe('a Unix domain socket that cannot be listened on', () => {
    it('missing folder', withScene(async (scene) => {
      const file = path.join(folder(scene), 'missing', 'socket');
      const server = scene.track(new scene.Server({ listen: { path: file } }));
      const { payload } = await failure(server);
      assert.deepEqual([payload.code, payload.syscall, payload.address], ['ENOENT', 'listen', file]);
      await startElsewhere(scene, server, { listen: undefined, host: '127.0.0.1', port: 0 });
    }));

    it('a path longer than the system takes (about 107 bytes)', withScene(async (scene) => {
      const file = path.join(folder(scene), 'x'.repeat(150));
      const server = scene.track(new scene.Server({ listen: { path: file } }));
      const { payload } = await failure(server);
      assert.match(payload.code, /^(EINVAL|ENAMETOOLONG)$/);
      assert.equal(payload.address, file);
    }));

    it('one in use; that goes on, and its file stays', withScene(async (scene) => {
      const file = path.join(folder(scene), 'socket');
      const first = scene.track(new scene.Server({ listen: { path: file } }));
      await first.start();
      const second = scene.track(new scene.Server({ listen: { path: file } }));
      const { payload } = await failure(second);
      const { code, syscall, address } = await nodeFailure({ path: file });
      assert.deepEqual([payload.code, payload.syscall, payload.address], [code, syscall, address]);
      assert.equal(code, 'EADDRINUSE');
      assert.ok(fs.existsSync(file));
      await first.stop();
      assert.equal(fs.existsSync(file), false);
    }));

    it('no permission', withScene(async (scene) => {
      const closed = folder(scene);
      fs.chmodSync(closed, 0o500);
      const file = path.join(closed, 'socket');
      const child = scene.child('listen-as-nobody.js', [file]);
      const expected = { code: 'sWebsocketError', cause: 'EACCES', syscall: 'listen', address: file };
      assert.deepEqual(await child.report(), expected);
      await child.succeeded();
    }));
  });
}
