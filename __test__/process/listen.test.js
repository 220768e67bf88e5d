// @ts-check
'use strict';

/** Where a server listens: hosts, ports and Unix domain sockets. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { delay, within } = require('../helpers/timing');
const { upgradeRequest } = require('../helpers/raw-http');
const { RawClient } = require('../helpers/raw-client');
const { withScene } = require('./support/scene');

/** Whether this machine has IPv6, without which a host of it cannot be tested. */
const HAS_IPV6 = Object.values(os.networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** A link-local address of this machine, with its interface. */
const LINK_LOCAL = Object.entries(os.networkInterfaces()).flatMap(([name, all]) =>
  (all ?? []).filter(({ address }) => /^fe[89ab]/.test(address)).map(({ address, ...rest }) => ({
    host: `${address}%${process.platform === 'win32' ? /** @type {any} */ (rest).scopeid : name}`,
    byNumber: `${address}%${/** @type {any} */ (rest).scopeid}`,
  })),
)[0];

/** Where Node's own server listens then. @param {net.ListenOptions} where @returns {Promise<any>} */
function nodeAddress(where) {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(where, () => {
      const address = server.address();
      server.close(() => resolve(address));
    });
  });
}

/** @param {net.NetConnectOpts} target @returns {Promise<string>} `open`, or the code of the failure */
function knock(target) {
  const socket = net.connect(target);
  const answer = new Promise((resolve) => {
    socket.once('connect', () => resolve('open'));
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(String(error.code)));
  });
  return within(/** @type {Promise<string>} */ (answer), 'answer to a knock').finally(() => socket.destroy());
}

/**
 * Completes a handshake.
 * @param {import('./support/scene').Scene} scene
 * @param {net.NetConnectOpts} target
 */
async function greet(scene, target) {
  const socket = net.connect(target);
  scene.defer(() => socket.destroy());
  const client = new RawClient(socket);
  socket.write(upgradeRequest());
  await within(client.upgraded, 'answer to the upgrade');
  const { message } = await client.handshake();
  assert.equal(message.e, null);
  return client;
}

/** @param {any} server @returns {Promise<any>} its first connection */
function firstConnection(server) {
  return new Promise((resolve) => server.once('connection', resolve));
}

describe('where a server listens', () => {
  it('port 0 takes a free port, which address() tells while the server runs', withScene(async (scene) => {
    const server = scene.track(new scene.Server({ host: '127.0.0.1', port: 0 }));
    assert.equal(server.address(), null);
    await server.start();
    const { port, ...rest } = server.address();
    assert.deepEqual(rest, { address: '127.0.0.1', family: 'IPv4' });
    assert.ok(Number.isInteger(port) && port > 0, String(port));
    assert.deepEqual(server.server.address(), server.address());
    await greet(scene, { port, host: '127.0.0.1' });
    await server.stop();
    assert.equal(server.address(), null);
    assert.equal(server.server, null);
    assert.equal(await knock({ port, host: '127.0.0.1' }), 'ECONNREFUSED');
  }));

  it('the port may be a string of digits', withScene(async (scene) => {
    const port = await reservePort();
    const { server } = await scene.listen({ port: String(port) });
    assert.equal(server.address().port, port);
    await greet(scene, { port, host: '127.0.0.1' });
  }));

  it('an IPv4 host is listened on alone', withScene(async (scene) => {
    const { server, port } = await scene.listen({ host: '127.0.0.1' });
    const connection = firstConnection(server);
    await greet(scene, { port, host: '127.0.0.1' });
    const { socket } = await connection;
    assert.equal(socket.transport, 'tcp');
    assert.equal(socket.upgradeReq.connection.remoteAddress, '127.0.0.1');
    assert.notEqual(await knock({ port, host: '127.0.0.2' }), 'open');
  }));

  it('a host name is resolved', withScene(async (scene) => {
    const { server, port } = await scene.listen({ host: 'localhost' });
    const { address } = server.address();
    assert.ok(['127.0.0.1', '::1'].includes(address), address);
    await greet(scene, { port, host: address });
  }));

  if (HAS_IPV6) {
    it('an IPv6 host is listened on alone', withScene(async (scene) => {
      const { server, port } = await scene.listen({ host: '::1' });
      assert.deepEqual(server.address(), { address: '::1', family: 'IPv6', port });
      const connection = firstConnection(server);
      await greet(scene, { port, host: '::1' });
      assert.equal((await connection).socket.upgradeReq.connection.remoteAddress, '::1');
      assert.equal(await knock({ port, host: '127.0.0.1' }), 'ECONNREFUSED');
    }));
  }

  if (HAS_IPV6) {
    it('host :: is every address, with ipv6Only those of IPv6', withScene(async (scene) => {
      const both = await scene.listen({ host: '::' });
      assert.deepEqual(both.server.address(), { address: '::', family: 'IPv6', port: both.port });
      for (const host of ['::1', '127.0.0.1']) await greet(scene, { port: both.port, host });
      for (const host of ['::', undefined]) {
        const { port } = await scene.listen({ host, ipv6Only: true });
        await greet(scene, { port, host: '::1' });
        assert.equal(await knock({ port, host: '127.0.0.1' }), 'ECONNREFUSED');
      }
    }));
  }

  it('what Node listens on is listened on, under the same address', { skip: !HAS_IPV6 }, withScene(async (scene) => {
    for (const host of ['::ffff:127.0.0.1', '0:0:0:0:0:0:0:1', '::1%lo', '::1%1', '::1%none', '127.1', '0.0.0.0', '::0']) {
      const expected = await nodeAddress({ host, port: 0 }).catch((error) => error);
      const server = scene.track(new scene.Server({ host, port: 0 }));
      if (expected instanceof Error) {
        await assert.rejects(server.start(), (/** @type {any} */ { payload }) => payload.code === /** @type {any} */ (expected).code, host);
        continue;
      }
      await server.start();
      const { port, ...rest } = server.address();
      assert.deepEqual(rest, { address: expected.address, family: expected.family }, host);
      const target = rest.address === '::' || rest.address === '0.0.0.0' ? '127.0.0.1' : rest.address;
      await greet(scene, { port, host: target });
    }
  }));

  it('a link-local address, with its interface', { skip: LINK_LOCAL ? false : 'there is none' }, withScene(async (scene) => {
    const { address } = await nodeAddress({ host: LINK_LOCAL.host, port: 0 });
    for (const host of [LINK_LOCAL.host, LINK_LOCAL.byNumber]) {
      const { server, port } = await scene.listen({ host });
      assert.deepEqual(server.address(), { address, family: 'IPv6', port });
      await greet(scene, { port, host: LINK_LOCAL.host });
    }
  }));

  for (const host of [undefined, null, '']) {
    it(`host ${JSON.stringify(host)}: every address, IPv6 where there is any, and IPv4`, withScene(async (scene) => {
      const { server, port } = await scene.listen({ host });
      assert.deepEqual(
        server.address(),
        HAS_IPV6 ? { address: '::', family: 'IPv6', port } : { address: '0.0.0.0', family: 'IPv4', port },
      );
      for (const address of HAS_IPV6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) await greet(scene, { port, host: address });
    }));
  }

});

// A process that was halted accepts nothing, so that its connections queue up. How a full queue shows
// differs by system; on Linux further connections are left waiting.
if (process.platform === 'linux') {
  describe('the backlog', () => {
    for (const [backlog, expected] of /** @type {const} */ ([[undefined, 10], [1, 2]])) {
      it(`${backlog ?? 'by default'}: of 10 connections ${expected} wait to be accepted`, withScene(async (scene) => {
        const child = scene.child('lifetime.js', ['listen', JSON.stringify({ backlog })]);
        const port = await child.report();
        await child.halt();
        let open = 0;
        for (let i = 0; i < 10; i++) {
          const socket = net.connect({ port, host: '127.0.0.1' }, () => (open += 1));
          // The end of the process, at the end of the test, resets them.
          socket.on('error', () => {});
          scene.defer(() => socket.destroy());
        }
        await delay(200);
        assert.equal(open, expected);
      }));
    }
  });
}

// Unix domain sockets are files on Unix only.
if (process.platform !== 'win32') {
  describe('a Unix domain socket', () => {
    /** @param {import('./support/scene').Scene} scene */
    function socketPath(scene) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-'));
      scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
      return path.join(folder, 'a socket');
    }

    it('is listened on, and address() is its path', withScene(async (scene) => {
      const file = socketPath(scene);
      const { server } = await scene.listen({ port: undefined, listen: { path: file } }, (starting) =>
        starting.on('connection', (/** @type {any} */ connection) =>
          connection.on('ask', (/** @type {any} */ message) => message.resolve(message.payload)),
        ),
      );
      assert.equal(server.address(), file);
      const connection = firstConnection(server);
      const client = await greet(scene, { path: file });
      assert.equal((await client.request('ask', 'through a file')).message.p, 'through a file');
      const { socket } = await connection;
      assert.equal(socket.transport, 'unix');
      assert.equal(socket.upgradeReq.connection.remoteAddress, undefined);
    }));

    it('is gone after stop(), and can be listened on again', withScene(async (scene) => {
      const file = socketPath(scene);
      const server = scene.track(new scene.Server({ listen: { path: file } }));
      for (let i = 0; i < 3; i++) {
        await within(server.start(), 'start');
        const client = await greet(scene, { path: file });
        assert.ok(fs.statSync(file).isSocket());
        await within(server.stop(), 'stop');
        await client.closed();
        assert.equal(fs.existsSync(file), false);
      }
    }));

    it('is for those whom its mode allows', withScene(async (scene) => {
      for (const mode of [0o600, 0o666, 0]) {
        const file = socketPath(scene);
        await scene.listen({ listen: { path: file, mode } });
        assert.equal(fs.statSync(file).mode & 0o777, mode);
      }
    }));

    it('a path that is taken is EADDRINUSE, and left alone', withScene(async (scene) => {
      const file = socketPath(scene);
      await scene.listen({ listen: { path: file } });
      const taken = scene.listen({ listen: { path: file } });
      await assert.rejects(taken, (/** @type {any} */ { payload }) => payload.code === 'EADDRINUSE');
      await greet(scene, { path: file });
    }));

    it('the file that a killed process left is EADDRINUSE, as with Node', withScene(async (scene) => {
      const file = socketPath(scene);
      const child = scene.child('lifetime.js', ['listen', JSON.stringify({ port: null, listen: { path: file } })]);
      await child.line();
      await child.stop();
      assert.ok(fs.statSync(file).isSocket());
      const left = scene.listen({ listen: { path: file } });
      await assert.rejects(left, (/** @type {any} */ { payload }) => payload.code === 'EADDRINUSE');
      fs.unlinkSync(file);
      await scene.listen({ listen: { path: file } });
    }));

    it('stop() leaves the file of a successor alone', withScene(async (scene) => {
      const file = socketPath(scene);
      const { server } = await scene.listen({ listen: { path: file } });
      fs.unlinkSync(file);
      await scene.listen({ listen: { path: file } });
      await server.stop();
      await greet(scene, { path: file });
    }));

    it('a path relative to a folder that the process leaves is found again', withScene(async (scene) => {
      const file = socketPath(scene);
      const before = process.cwd();
      scene.defer(() => process.chdir(before));
      process.chdir(path.dirname(file));
      const { server } = await scene.listen({ listen: { path: path.basename(file) } });
      process.chdir(before);
      await server.stop();
      assert.equal(fs.existsSync(file), false);
    }));

    it('comes before host and port', withScene(async (scene) => {
      const file = socketPath(scene);
      const port = await reservePort();
      const server = scene.track(new scene.Server({ host: '127.0.0.1', port, listen: { path: file } }));
      await within(server.start(), 'start');
      await greet(scene, { path: file });
      assert.equal(await knock({ port, host: '127.0.0.1' }), 'ECONNREFUSED');
    }));
  });
}
