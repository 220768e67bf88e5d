// @ts-check
'use strict';

/** A line server beside everything else that an HTTP server does. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { X509Certificate } = require('node:crypto');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const WebSocket = require('ws');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay, until, within } = require('../helpers/timing');
const { identity, TRUST } = require('../helpers/tls');
const { withScene } = require('../process/support/scene');
const { plain, secure, attached, listening, open, connect } = require('./support');
const { kHandovers } = require('../../lib/symbols.js');

/** @typedef {import('../process/support/scene').Scene} Scene */

/** @param {Scene} scene @param {http.Server} [web] */
function httpServer(scene, web = http.createServer((_, response) => response.end('page'))) {
  scene.defer(() => web.close());
  return web;
}

/**
 * @param {number} port
 * @param {string} [path]
 * @returns {Promise<number>} Status of the answer to an upgrade request.
 */
async function knock(port, path) {
  const done = (/** @type {string} */ answer) => answer.includes('\r\n\r\n');
  const answer = await exchange(port, upgradeRequest({ path }), { done });
  return Number(answer.split(' ')[1]);
}

describe('the option server', () => {
  it('must be an HTTP server', withScene(async ({ Server }) => {
    for (const server of [5, 'x', {}, true, () => {}]) {
      assert.throws(() => new Server({ server }), { code: 'sInvalidOptions' });
    }
    for (const server of [undefined, null]) new Server({ server });
    assert.throws(() => new Server({ noServer: 1 }), { code: 'sInvalidOptions' });
  }));

  it('gives way to port, as with the original', withScene(async (scene) => {
    const web = httpServer(scene);
    const { port } = await scene.listen({ server: web });
    assert.equal(web.listenerCount('upgrade'), 0);
    assert.equal(await knock(port), 101);
  }));

  for (const before of [true, false]) {
    it(`may listen ${before ? 'before' : 'after'} the line server starts`, withScene(async (scene) => {
      const web = httpServer(scene);
      const server = scene.track(new scene.Server({ server: web }));
      if (before) await listening(web);
      await server.start();
      if (!before) {
        assert.equal(server.address(), null);
        await listening(web);
      }
      assert.deepEqual(server.address(), web.address());
      assert.deepEqual(server.server.address(), web.address());
      await connect(scene, plain, { port: server.address().port, server });
    }));
  }

  it('listeners are there as long as the line server runs', withScene(async (scene) => {
    const web = httpServer(scene);
    const server = scene.track(new scene.Server({ server: web }));
    const counts = () => ['upgrade', 'error'].map((name) => web.listenerCount(name));
    for (let i = 0; i < 3; i++) {
      await server.start();
      assert.deepEqual(counts(), [1, 1]);
      await server.stop();
      assert.deepEqual(counts(), [0, 0]);
    }
  }));

  it('an upgrade that nobody wants is refused', withScene(async (scene) => {
    const { port } = await attached(scene, plain, { path: '/line' });
    assert.equal(await knock(port, '/line?a=1'), 101);
    for (const path of ['/', '/line/', '/other', '/lin']) assert.equal(await knock(port, path), 400, path);
  }));

  for (const way of [plain, secure]) {
    it(`other listeners get the upgrades of other paths, a ws server among them: ${way.name}`, withScene(async (scene) => {
      const { web, port, server } = await attached(scene, way, { path: '/line' });
      const wss = new WebSocket.Server({ server: web, path: '/ws' });
      scene.defer(() => wss.close());
      wss.on('connection', (/** @type {any} */ socket) => socket.send('from ws'));
      for (let i = 0; i < 2; i++) {
        const { client: line } = await connect(scene, way, { port, server }, { path: '/line' });
        const client = new WebSocket(`${way.encrypted ? 'wss' : 'ws'}://localhost:${port}/ws`, { family: 4, ca: TRUST.ca });
        const text = new Promise((resolve) => client.once('message', resolve));
        assert.equal(String(await within(text, 'message of ws')), 'from ws');
        client.terminate();
        await line.fence();
      }
    }));
  }

  it('upgrades of paths that no server has are refused by those that do', withScene(async (scene) => {
    const { web, port } = await attached(scene, plain, { path: '/line' });
    const wss = new WebSocket.Server({ server: web, path: '/ws' });
    scene.defer(() => wss.close());
    assert.equal(await knock(port, '/neither'), 400);
  }));

  it('a protocol that is no WebSocket is left to other listeners', withScene(async (scene) => {
    const { web, port } = await attached(scene, plain);
    web.on('upgrade', (request, socket) => {
      if (request.headers.upgrade === 'echo') socket.end('HTTP/1.1 101 Echo\r\n\r\n');
    });
    const answer = await exchange(port, upgradeRequest({ headers: { Upgrade: 'echo' } }));
    assert.equal(answer, 'HTTP/1.1 101 Echo\r\n\r\n');
  }));

  it('a listener before it can refuse', withScene(async (scene) => {
    const web = httpServer(scene);
    web.on('upgrade', (request, socket) => {
      if (request.url === '/secret') socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      if (request.url === '/gone') socket.destroy();
    });
    const server = scene.track(new scene.Server({ server: web }));
    await server.start();
    const port = await listening(web);
    assert.equal(await exchange(port, upgradeRequest({ path: '/secret' })), 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    assert.equal(await exchange(port, upgradeRequest({ path: '/gone' })), '');
    assert.equal(await knock(port, '/free'), 101);
  }));

  it('several line servers share one, by path', withScene(async (scene) => {
    const web = httpServer(scene);
    const port = await listening(web);
    const servers = ['/a', undefined, '/b'].map((path) => scene.track(new scene.Server({ server: web, path })));
    const [a, rest, b] = servers;
    for (const server of servers) await server.start();
    assert.equal(web.listenerCount('upgrade'), 1);
    for (const [path, server] of [['/a', a], ['/b', b], ['/c', rest]]) {
      const { connection } = await connect(scene, plain, { port, server }, { path });
      assert.equal(connection.server, server);
    }
    await rest.stop();
    assert.equal(await knock(port, '/c'), 400);
    await a.stop();
    await connect(scene, plain, { port, server: b }, { path: '/b' });
  }));

  it('errors of the HTTP server reach the line server, and are not swallowed', withScene(async (scene) => {
    const { web, server } = await attached(scene, plain);
    const failure = new Error('of the HTTP server');
    assert.throws(() => web.emit('error', failure), failure);
    /** @type {unknown[]} */
    const heard = [];
    server.on('error', (/** @type {unknown} */ error) => heard.push(error));
    web.emit('error', failure);
    assert.deepEqual(heard, [failure]);
    server.removeAllListeners('error');
    web.on('error', () => {});
    web.emit('error', failure);
  }));

  it('closing the HTTP server leaves connections alone', withScene(async (scene) => {
    const { web, server, port } = await attached(scene, plain);
    const { client } = await connect(scene, plain, { port, server });
    const closed = new Promise((resolve) => web.close(resolve));
    web.closeAllConnections?.();
    await within(closed, 'close of the HTTP server');
    await client.fence();
    await server.stop();
    client.end();
    assert.equal((await client.closed()).reset, false);
  }));

  it('timeouts of the HTTP server do not concern connections', withScene(async (scene) => {
    const web = httpServer(scene, http.createServer({ connectionsCheckingInterval: 50 }, () => {}));
    Object.assign(web, { headersTimeout: 500, requestTimeout: 500, keepAliveTimeout: 50, timeout: 500 });
    const server = scene.track(new scene.Server({ server: web }));
    await server.start();
    const { client } = await connect(scene, plain, { port: await listening(web), server });
    await delay(1000);
    await client.fence();
  }));

  it('pipelined answers that are still to be written come first', withScene(async (scene) => {
    const big = 'x'.repeat(8 * 1024 * 1024);
    const web = httpServer(scene, http.createServer((_, response) => response.end(big)));
    const server = scene.track(new scene.Server({ server: web }));
    await server.start();
    const port = await listening(web);
    let text = '';
    const socket = plain.connect(port);
    scene.defer(() => socket.destroy());
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest()}`);
    await until(() => text.includes('HTTP/1.1 101 '), 'upgrade');
    assert.equal(text.indexOf('HTTP/1.1 101 '), text.indexOf('\r\n\r\n') + 4 + big.length);
  }));

  it('a Unix domain socket is served alike', withScene(async (scene) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-'));
    scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
    const file = process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, 'socket');
    const web = httpServer(scene);
    await new Promise((resolve) => web.listen(file, () => resolve(undefined)));
    const server = scene.track(new scene.Server({ server: web }));
    await server.start();
    assert.equal(server.address(), file);
    const { connection } = await connect(scene, { ...plain, connect: () => net.connect(file) }, { port: 0, server });
    const { transport, upgradeReq } = connection.socket;
    assert.deepEqual([transport, upgradeReq.connection.remoteAddress], [plain.transport, undefined]);
  }));

  it("what Node's TLS knows of the client is told as by the server's own", withScene(async (scene) => {
    const asking = { ...identity('server'), ...TRUST, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    const web = https.createServer(asking);
    scene.defer(() => web.close());
    const port = await listening(web);
    /** @type {any[]} */
    const infos = [];
    const server = scene.track(new scene.Server({ server: web }));
    await server.start();
    for (const verifyClient of [undefined, (/** @type {any} */ info) => infos.push(info.req)]) {
      server.options.verifyClient = verifyClient;
      // With a listener the core asks for the first client, and not for the second unless it is to be verified.
      server.once('headers', () => {});
      for (const [name, authorized] of /** @type {const} */ ([['client', true], ['stranger', false]])) {
        const certified = { ...secure, connect: () => tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...TRUST, ...identity(name) }) };
        const { connection } = await connect(scene, certified, { port, server });
        const peer = connection.socket.upgradeReq.connection;
        assert.equal(peer.encrypted, true);
        assert.equal(peer.authorized, authorized);
        assert.equal(peer.authorizationError === null, authorized);
        assert.equal(peer.getProtocol(), 'TLSv1.3');
        assert.equal(peer.getPeerX509Certificate().fingerprint256, new X509Certificate(identity(name).cert).fingerprint256);
        if (verifyClient) assert.equal(infos.at(-1), connection.socket.upgradeReq);
      }
    }
  }));

  it('tls is refused beside it: encrypting is up to the HTTP server', withScene(async (scene) => {
    for (const options of [{ server: httpServer(scene) }, { noServer: true }]) {
      const server = new scene.Server({ tls: identity('server'), ...options });
      await assert.rejects(server.start(), { code: 'sWebsocketError' });
    }
  }));

  it('a client that is gone before it is served costs nothing', withScene(async (scene) => {
    const { server, port } = await attached(scene, plain, {
      verifyClient: (/** @type {any} */ _, /** @type {any} */ done) => setTimeout(done, 50, true),
    });
    for (let i = 0; i < 5; i++) {
      const socket = plain.connect(port);
      socket.write(upgradeRequest());
      await delay(10);
      socket.destroy();
    }
    await until(() => server[kHandovers].size === 0, 'all forgotten');
    await open(scene, plain, port);
    assert.equal(server[kHandovers].size, 1);
  }));
});
