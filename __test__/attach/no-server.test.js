// @ts-check
'use strict';

/** Upgrades by hand. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const WebSocket = require('ws');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { plain, secure, listening, open, connect } = require('./support');
const { kHandovers } = require('../../lib/symbols.js');

/** @typedef {(request: http.IncomingMessage, socket: import('node:stream').Duplex, head: Buffer) => void} OnUpgrade */

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {OnUpgrade} onUpgrade
 * @returns {Promise<number>} The port.
 */
function serve(scene, onUpgrade) {
  const web = http.createServer().on('upgrade', onUpgrade);
  scene.defer(() => web.close());
  return listening(web);
}

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {Record<string, unknown>} [options]
 */
async function started(scene, options) {
  const server = scene.track(new scene.Server({ noServer: true, ...options }));
  await server.start();
  return server;
}

describe('noServer', () => {
  it('handleUpgrade serves at once, and calls back with the socket', withScene(async (scene) => {
    const server = await started(scene);
    assert.equal(server.address(), null);
    /** @type {any[]} */
    const sockets = [];
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade, (/** @type {any} */ socket) => sockets.push(socket)));
    const { connection } = await connect(scene, plain, { port, server });
    assert.deepEqual(sockets, [connection.socket]);
    assert.equal(sockets[0].readyState, 1);
  }));

  it('the callback can be left out', withScene(async (scene) => {
    const server = await started(scene);
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade));
    await connect(scene, plain, { port, server });
  }));

  it('what the application adds to the request is there later', withScene(async (scene) => {
    /** @type {any[]} */
    const verified = [];
    const verifyClient = (/** @type {any} */ { req }) => verified.push(req.user, req);
    const server = await started(scene, { verifyClient });
    const quiet = await started(scene);
    const session = Symbol('session');
    const port = await serve(scene, (request, socket, head) => {
      Object.assign(request, { user: 'ada', [session]: 5 });
      (request.url === '/quiet' ? quiet : server).handleUpgrade(request, socket, head);
    });
    const { connection } = await connect(scene, plain, { port, server });
    assert.deepEqual(verified, ['ada', connection.socket.upgradeReq]);
    const { connection: other } = await connect(scene, plain, { port, server: quiet }, { path: '/quiet' });
    for (const { upgradeReq } of [connection.socket, other.socket]) {
      assert.deepEqual([upgradeReq.user, upgradeReq[session], upgradeReq.headers.host], ['ada', 5, 'localhost']);
    }
  }));

  it('several line servers and a ws server are routed by URL', withScene(async (scene) => {
    const chat = await started(scene);
    const news = await started(scene);
    const wss = new WebSocket.Server({ noServer: true });
    wss.on('connection', (/** @type {any} */ socket) => socket.send('from ws'));
    const port = await serve(scene, (request, socket, head) => {
      if (request.url === '/chat') chat.handleUpgrade(request, socket, head);
      else if (request.url === '/news') news.handleUpgrade(request, socket, head);
      else if (request.url === '/ws') {
        wss.handleUpgrade(request, socket, head, (/** @type {any} */ client) => wss.emit('connection', client, request));
      } else socket.destroy();
    });
    const first = await connect(scene, plain, { port, server: chat }, { path: '/chat' });
    const second = await connect(scene, plain, { port, server: news }, { path: '/news' });
    assert.deepEqual([first.connection.server, second.connection.server], [chat, news]);
    chat.broadcast('hello');
    assert.equal((await first.client.message((message) => message.n === 'hello')).message.n, 'hello');
    const client = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    scene.defer(() => client.terminate());
    const text = new Promise((resolve) => client.once('message', resolve));
    assert.equal(String(await within(text, 'message of ws')), 'from ws');
    assert.equal(await exchange(port, upgradeRequest({ path: '/else' })), '');
  }));

  it('a link-local address is told without its interface, and counted', withScene(async (scene) => {
    const server = await started(scene, { maxConnectionsPerAddress: 1 });
    const { web, port, close } = await secure.listen();
    scene.defer(close);
    web.on('upgrade', (request, socket, head) => {
      // As Node shows that of a link-local client.
      Object.defineProperty(socket, 'remoteAddress', { value: 'fe80::1%eth0' });
      server.handleUpgrade(request, socket, head);
    });
    const { connection } = await connect(scene, secure, { port, server });
    assert.equal(connection.socket.upgradeReq.connection.remoteAddress, 'fe80::1');
    await assert.rejects(open(scene, secure, port), { status: 503 });
  }));

  it('the path is checked, and other checks made', withScene(async (scene) => {
    const server = await started(scene, { path: '/only' });
    let calls = 0;
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade, () => calls++));
    const { server: layer } = server;
    assert.deepEqual(['/only', '/only?x', '/', '/only/'].map((url) => layer.shouldHandle({ url })), [true, true, false, false]);
    assert.match(await exchange(port, upgradeRequest({ path: '/' })), /^HTTP\/1\.1 400 /);
    assert.match(await exchange(port, upgradeRequest({ path: '/only', headers: { 'Sec-WebSocket-Version': '1' } })), /^HTTP\/1\.1 400 /);
    assert.equal(calls, 0);
    await open(scene, plain, port, { path: '/only' });
    await until(() => calls === 1, 'called back');
  }));

  it('a server that listens by itself takes upgrades as well', withScene(async (scene) => {
    const { server, port: own } = await scene.listen();
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade));
    const transports = [];
    for (const target of [own, port]) {
      const { connection } = await connect(scene, plain, { port: target, server });
      transports.push(connection.socket.transport);
    }
    assert.deepEqual(transports, ['tcp', plain.transport]);
  }));

  it('while the server does not run an upgrade is refused with 503', withScene(async (scene) => {
    const server = scene.track(new scene.Server({ noServer: true }));
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade));
    const assertRefused = async (/** @type {number} */ count) => {
      const answer = await exchange(port, upgradeRequest());
      assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*Retry-After: 10\r\n\r\nService Unavailable$/);
      assert.equal(server.getStats().refused.stopping, count);
    };
    await assertRefused(1);
    await server.start();
    await connect(scene, plain, { port, server });
    await server.stop();
    await assertRefused(2);
  }));

  it('a request that was handed over twice is noticed', withScene(async (scene) => {
    const server = await started(scene);
    /** @type {any[]} */
    const thrown = [];
    const { web, port, close } = await secure.listen();
    scene.defer(close);
    web.on('upgrade', (request, socket, head) => {
      server.handleUpgrade(request, socket, head);
      try {
        server.handleUpgrade(request, socket, head);
      } catch (error) {
        thrown.push(/** @type {any} */ (error).code);
      }
    });
    await connect(scene, secure, { port, server });
    assert.deepEqual(thrown, ['sInvalidAction']);
  }));

  it('stop() ends what waits for verifyClient', withScene(async (scene) => {
    let asked = 0;
    const server = await started(scene, { verifyClient: (/** @type {any} */ _, /** @type {any} */ __) => asked++ });
    const port = await serve(scene, (...upgrade) => server.handleUpgrade(...upgrade));
    const answer = exchange(port, upgradeRequest());
    await until(() => asked === 1, 'asked');
    await within(server.stop(), 'stop');
    await answer;
    assert.equal(server[kHandovers].size, 0);
  }));
});

describe('server.server, as with the original', () => {
  /** @param {import('../process/support/scene').Scene} scene @param {any} server @param {(client: any) => void} onClient */
  function serveHeld(scene, server, onClient) {
    return serve(scene, (request, socket, head) => server.server.handleUpgrade(request, socket, head, onClient));
  }

  it('a client is served once `connection` is emitted, not before', withScene(async (scene) => {
    const server = await started(scene);
    let handshakes = 0;
    server.on('handshake', (/** @type {any} */ _, /** @type {any} */ message) => {
      handshakes++;
      message.resolve();
    });
    /** @type {any} */
    let client;
    const port = await serveHeld(scene, server, (socket) => (client = socket));
    const peer = await open(scene, plain, port);
    peer.json({ n: '_h', i: '1' });
    await delay(100);
    assert.deepEqual([handshakes, client.readyState, peer.frames.length], [0, 1, 0]);
    assert.equal(server.server.emit('connection', client), true);
    assert.equal((await peer.message()).message.e, null);
    assert.equal(handshakes, 1);
    assert.equal(server.server.emit('connection', {}), false);
    assert.equal(server.server.emit('other', client), false);
  }));

  it('a client can be turned away instead', withScene(async (scene) => {
    const server = await started(scene);
    let handshakes = 0;
    server.on('handshake', () => handshakes++);
    const port = await serveHeld(scene, server, (client) => client.close(4401, 'no token'));
    const peer = await open(scene, plain, port, { head: Buffer.alloc(0) });
    peer.json({ n: '_h', i: '1' });
    await peer.closeFrame();
    peer.end();
    const { code, reason } = await peer.closed();
    assert.deepEqual([code, reason, handshakes], [4401, 'no token', 0]);
    await until(() => server[kHandovers].size === 0, 'forgotten');
  }));

  it('a client can be cut', withScene(async (scene) => {
    const server = await started(scene);
    const port = await serveHeld(scene, server, (client) => client.terminate());
    const peer = await open(scene, plain, port);
    assert.equal((await peer.closed()).code, null);
  }));

  it('a client that is never served is closed after handshakeTimeout', withScene(async (scene) => {
    const server = await started(scene, { handshakeTimeout: 50 });
    const port = await serveHeld(scene, server, () => {});
    const peer = await open(scene, plain, port);
    await peer.closeFrame();
    peer.end();
    assert.equal((await peer.closed()).code, 4202);
  }));
});
