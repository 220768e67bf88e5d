// @ts-check
'use strict';

/** Options `trustProxy` and `proxyHeaders`. How the headers read is tested in `crates/core/src/upgrade/client/tests.rs`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { loadNative } = require('../helpers/implementations');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** @typedef {import('../process/support/scene').Scene} Scene */

/**
 * Where a server says that a request comes from.
 * @param {Scene} scene
 * @param {object} options
 * @param {Record<string, string>} headers
 */
async function sender(scene, options, headers) {
  const target = await scene.listen(options);
  const connected = new Promise((resolve) => target.server.once('connection', resolve));
  const client = await scene.open(target.port, { headers });
  await client.handshake();
  const { upgradeReq } = /** @type {any} */ (await within(connected, 'connection')).socket;
  assert.equal(upgradeReq.socket, upgradeReq.connection);
  return upgradeReq.connection;
}

/**
 * What a proxy can say of the client.
 * @param {Record<string, unknown>} connection
 */
function factsOf({ remoteAddress, remotePort, encrypted, proxyAddress }) {
  return { remoteAddress, remotePort, encrypted, proxyAddress };
}

const HEADERS = {
  'X-Forwarded-For': '198.51.100.9, 203.0.113.7, 10.0.0.2',
  'X-Forwarded-Proto': 'https',
  Forwarded: 'for=203.0.113.8;proto=http',
};

describe('trustProxy', () => {
  /** @type {[name: string, options: object, remoteAddress: string, encrypted: boolean][]} */
  const CASES = [
    ['by default nobody is believed', {}, '127.0.0.1', false],
    ['false', { trustProxy: false }, '127.0.0.1', false],
    ['0', { trustProxy: 0 }, '127.0.0.1', false],
    ['one proxy', { trustProxy: 1 }, '10.0.0.2', true],
    ['two proxies', { trustProxy: 2 }, '203.0.113.7', true],
    ['true: all of them', { trustProxy: true }, '198.51.100.9', true],
    ['a group of addresses', { trustProxy: 'loopback' }, '10.0.0.2', true],
    ['several, as one string', { trustProxy: 'loopback, 10.0.0.0/8' }, '203.0.113.7', true],
    ['several, as a list', { trustProxy: ['127.0.0.1', '10.0.0.2'] }, '203.0.113.7', true],
    ['others', { trustProxy: ['192.0.2.1', 'linklocal'] }, '127.0.0.1', false],
    ['an empty list', { trustProxy: [] }, '127.0.0.1', false],
    ['the other headers', { trustProxy: 1, proxyHeaders: 'forwarded' }, '203.0.113.8', false],
  ];

  for (const [name, options, remoteAddress, encrypted] of CASES) {
    it(name, withScene(async (scene) => {
      const connection = await sender(scene, options, HEADERS);
      assert.equal(connection.remoteAddress, remoteAddress);
      assert.equal(connection.encrypted, encrypted);
      const isDirect = remoteAddress === '127.0.0.1';
      assert.equal(connection.proxyAddress, isDirect ? undefined : '127.0.0.1');
      assert.equal(typeof connection.remotePort, isDirect ? 'number' : 'undefined');
    }));
  }

  it('a port that a proxy tells', withScene(async (scene) => {
    const headers = { Forwarded: 'for="[2001:db8::1]:4711";proto=https' };
    const connection = await sender(scene, { trustProxy: true, proxyHeaders: 'forwarded' }, headers);
    assert.deepEqual(factsOf(connection), {
      remoteAddress: '2001:db8::1',
      remotePort: 4711,
      encrypted: true,
      proxyAddress: '127.0.0.1',
    });
  }));

  it('verifyClient sees the same', withScene(async (scene) => {
    /** @type {any} */
    let seen;
    const { port } = await scene.listen({ trustProxy: 1, verifyClient: (/** @type {any} */ info) => (seen = info) });
    await scene.open(port, { headers: HEADERS });
    assert.equal(seen.secure, true);
    assert.equal(seen.req.connection.remoteAddress, '10.0.0.2');
  }));

  it('can be set while the server runs', withScene(async (scene) => {
    /** @type {string[]} */
    const seen = [];
    const { server, port } = await scene.listen({
      verifyClient: (/** @type {any} */ { req }) => seen.push(req.connection.remoteAddress),
    });
    await scene.open(port, { headers: HEADERS });
    server.options.trustProxy = 1;
    await scene.open(port, { headers: HEADERS });
    server.options.proxyHeaders = 'forwarded';
    await scene.open(port, { headers: HEADERS });
    assert.deepEqual(seen, ['127.0.0.1', '10.0.0.2', '203.0.113.8']);
  }));

  it('what is no address is refused by name', () => {
    const { Server } = loadNative();
    for (const entry of ['localhost', '10.0.0.0/33', '10.0.0.0/0', '']) {
      for (const trustProxy of [entry, ['loopback', entry]]) {
        assert.throws(
          () => new Server({ trustProxy }),
          (/** @type {any} */ error) =>
            error.code === 'sInvalidOptions' && error.message.startsWith(`"options.trustProxy": "${entry}" is not an IP address`),
          entry,
        );
      }
    }
  });
});

describe('behind a proxy of Node', () => {
  it('the client is seen, and what it claims is not believed', withScene(async (scene) => {
    const target = await scene.listen({ trustProxy: 1 });
    const proxy = http.createServer();
    proxy.on('upgrade', (request, socket, head) => {
      const { headers } = request;
      const forwarded = [headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', ');
      const lines = Object.entries({ ...headers, 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https' });
      const upstream = net.connect(target.port, '127.0.0.1', () => {
        upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(undefined)));
    scene.defer(() => new Promise((resolve) => proxy.close(resolve)));
    const connected = new Promise((resolve) => target.server.once('connection', resolve));
    const { port } = /** @type {net.AddressInfo} */ (proxy.address());
    const client = await scene.open(port, { headers: { 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'http' } });
    await client.handshake();
    const { upgradeReq } = /** @type {any} */ (await within(connected, 'connection')).socket;
    assert.deepEqual(factsOf(upgradeReq.connection), {
      remoteAddress: '127.0.0.1',
      remotePort: undefined,
      encrypted: true,
      proxyAddress: '127.0.0.1',
    });
    assert.equal(upgradeReq.headers['x-forwarded-for'], '6.6.6.6, 127.0.0.1');
    client.close(1000);
    await client.closed();
  }));
});
