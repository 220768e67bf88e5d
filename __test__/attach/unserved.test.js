// @ts-check
'use strict';

/**
 * Upgrades that are for no line server, where others listen as well: who takes one is left alone, however late, as long
 * as that can be seen; what nobody takes is refused.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const path = require('node:path');
const { Duplex } = require('node:stream');
const WebSocket = require('ws');
const { complete, statusOf, upgradeRequest } = require('../helpers/raw-http');
const { delay, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { WAYS, plain, connect } = require('./support');

/** @typedef {import('../process/support/scene').Scene} Scene */
/** @typedef {import('node:http').IncomingMessage} Request */

/** Time others have, in ms (`GRACE` in `lib/attach/attachments.js`), and how much later its end may be noticed. */
const GRACE = 1000;
const LATE = 2000;

/** Time that a stream which has ended may take to close, in ms (`REFUSAL_TIME` in `lib/upgrade/refusal.js`). */
const REFUSAL_TIME = 5000;

/** The modules of this package. */
const LIB = path.join(__dirname, '../..', 'lib');

/**
 * An HTTP server of a kind with two line servers, at /a and /b.
 * @param {Scene} scene
 * @param {import('./support').Way} way
 */
async function twoServers(scene, way) {
  const { web, port, close } = await way.listen();
  scene.defer(close);
  const [a, b] = ['/a', '/b'].map((target) => scene.track(new scene.Server({ server: web, path: target })));
  await Promise.all([a.start(), b.start()]);
  return { web, port, a, b };
}

/**
 * Asks for an upgrade and collects the answer.
 * @param {Scene} scene
 * @param {import('./support').Way} way
 * @param {number} port
 * @param {string} [target]
 */
async function knock(scene, way, port, target = '/nobody') {
  const socket = way.connect(port);
  scene.defer(() => socket.destroy());
  let text = '';
  const answer = new Promise((resolve) => {
    socket.on('data', (data) => complete((text += data)) && resolve(undefined));
    socket.on('close', resolve);
    socket.on('error', resolve);
  });
  const begin = performance.now();
  socket.write(upgradeRequest({ path: target }));
  await within(answer, 'answer', GRACE + LATE);
  return { status: statusOf(text), took: performance.now() - begin, text };
}

/** A `ws` server that is called by hand. @param {Scene} scene */
function wsServer(scene) {
  const wss = new WebSocket.Server({ noServer: true });
  scene.defer(() => wss.clients.forEach((/** @type {any} */ client) => client.terminate()));
  wss.on('connection', (/** @type {any} */ socket) => socket.send('from ws'));
  return (/** @type {Request} */ request, /** @type {any} */ socket, /** @type {Buffer} */ head) => {
    wss.handleUpgrade(request, socket, head, (/** @type {any} */ client) => wss.emit('connection', client, request));
  };
}

for (const way of WAYS) {
  describe(`upgrades for nobody: ${way.name}`, { concurrency: true }, () => {
    it('400 at once when only line servers listen', withScene(async (scene) => {
      const { port } = await twoServers(scene, way);
      const { status, took } = await knock(scene, way, port);
      assert.equal(status, 400);
      assert.ok(took < GRACE, `${took} ms`);
    }));

    for (const before of [true, false]) {
      it(`400 when a listener ${before ? 'before' : 'after'} ours leaves it, a synchronous one or not`, withScene(async (scene) => {
        const { web, port, a } = await twoServers(scene, way);
        const takesNone = [(/** @type {Request} */ _) => {}, async (/** @type {Request} */ _) => delay(5)];
        takesNone.forEach((listener) => (before ? web.prependListener('upgrade', listener) : web.on('upgrade', listener)));
        const { status, took, text } = await knock(scene, way, port);
        assert.equal(status, 400);
        assert.match(text, /\r\nConnection: close\r\n[^]*\r\n\r\nBad Request$/);
        assert.ok(took > GRACE - 5 && took < GRACE + LATE, `${took} ms`);
        await connect(scene, way, { port, server: a }, { path: '/a' });
      }));
    }

    it('one that somebody takes within the time is theirs', withScene(async (scene) => {
      const { web, port } = await twoServers(scene, way);
      const serve = wsServer(scene);
      web.on('upgrade', async (request, socket, head) => {
        if (request.url !== '/ws') return;
        await delay(GRACE / 2);
        serve(request, socket, head);
      });
      const { status, text } = await knock(scene, way, port, '/ws');
      assert.equal(status, 101);
      await delay(GRACE);
      assert.doesNotMatch(text, / 400 /);
    }));

    it('one whose errors somebody listens for is theirs, however long it takes', withScene(async (scene) => {
      const { web, port } = await twoServers(scene, way);
      const serve = wsServer(scene);
      web.on('upgrade', async (request, socket, head) => {
        if (request.url !== '/ws') return;
        socket.on('error', () => {});
        await delay(GRACE + 300);
        serve(request, socket, head);
      });
      assert.equal((await knock(scene, way, port, '/ws')).status, 101);
    }));

    it('one that a `ws` server decides on asynchronously is its own', withScene(async (scene) => {
      const { web, port } = await twoServers(scene, way);
      const verifyClient = (/** @type {any} */ _info, /** @type {any} */ done) => setTimeout(done, GRACE + 300, true);
      const wss = new WebSocket.Server({ noServer: true, verifyClient });
      scene.defer(() => wss.clients.forEach((/** @type {any} */ client) => client.terminate()));
      web.on('upgrade', (request, socket, head) => {
        if (request.url === '/ws') wss.handleUpgrade(request, socket, head, () => {});
      });
      assert.equal((await knock(scene, way, port, '/ws')).status, 101);
    }));
  });
}

describe('upgrades for nobody', () => {
  it('one that comes with a request whose answer is still to be written is refused, too', withScene(async (scene) => {
    const { web, port, close } = await plain.listen((_, response) => setTimeout(() => response.end('slow'), 50));
    scene.defer(close);
    web.on('upgrade', () => {});
    const server = scene.track(new scene.Server({ server: web, path: '/a' }));
    await server.start();
    const socket = plain.connect(port);
    let text = '';
    socket.on('data', (data) => (text += data));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest({ path: '/nobody' })}`);
    await within(ended, 'end', GRACE + LATE);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*slow[^]*HTTP\/1\.1 400 Bad Request\r\n[^]*Bad Request$/);
  }));

  it('another copy of this package is none of the others', withScene(async (scene) => {
    const { web, port, a } = await twoServers(scene, plain);
    const loaded = Object.keys(require.cache).filter((file) => file.startsWith(LIB));
    const cached = loaded.map((file) => /** @type {const} */ ([file, require.cache[file]]));
    for (const file of loaded) if (!file.endsWith('native.js')) delete require.cache[file];
    const { Server } = require('../..');
    assert.notEqual(Server, scene.Server);
    const other = scene.track(new Server({ server: web, path: '/other' }));
    // The start loads what serves upgrades.
    await other.start();
    for (const [file, module] of cached) require.cache[file] = module;
    assert.equal(web.listenerCount('upgrade'), 2);
    for (const [server, target] of [[a, '/a'], [other, '/other']]) await connect(scene, plain, { port, server }, { path: target });
    const { status, took } = await knock(scene, plain, port);
    assert.equal(status, 400);
    assert.ok(took < GRACE, `${took} ms`);
  }));

  it('stop() does not leave those behind that wait', withScene(async (scene) => {
    const { web, port, a, b } = await twoServers(scene, plain);
    web.on('upgrade', () => {});
    const answer = knock(scene, plain, port);
    await delay(50);
    await Promise.all([a.stop(), b.stop()]);
    assert.equal((await answer).status, 400);
  }));
});

/**
 * A client whose upgrade comes with a request before it, and that has reset its connection since, over a stream as Node's
 * TLS makes it where a write of its own has failed: no later write is ever done, and the stream ends itself at the end of what it reads.
 * @param {Scene} scene
 * @param {http.Server} web
 */
async function stuckUpgrade(scene, web) {
  const stream = new Duplex({ allowHalfOpen: false, read() {}, write() {} });
  scene.defer(() => stream.destroy());
  const closed = new Promise((resolve) => stream.once('close', resolve));
  web.emit('connection', stream);
  stream.push(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest({ path: '/nobody' })}`);
  await within(new Promise((resolve) => web.once('upgrade', resolve)), 'upgrade');
  // The answer to the first request is begun.
  await delay(10);
  stream.push(null);
  // As a socket does.
  stream.read(0);
  await within(new Promise((resolve) => stream.once('end', resolve)), 'end');
  return { stream, closed };
}

describe('a stream that can write nothing and that Node has ended is closed', { concurrency: true }, () => {
  /** @type {Record<string, (scene: Scene, web: http.Server) => Promise<(stream: Duplex) => unknown>>} */
  const cases = {
    'when nobody takes its upgrade': async (scene, web) => {
      web.on('upgrade', () => {});
      await scene.track(new scene.Server({ server: web, path: '/a' })).start();
      return () => {};
    },
    'when it is refused by hand, later': async (scene, web) => {
      web.on('upgrade', () => {});
      return (stream) => scene.Server.refuseUpgrade(stream);
    },
  };
  for (const [name, prepare] of Object.entries(cases)) {
    it(name, { timeout: 20000 }, withScene(async (scene) => {
      const web = http.createServer((_, response) => response.end('page'));
      const refuse = await prepare(scene, web);
      const { stream, closed } = await stuckUpgrade(scene, web);
      assert.ok(!stream.writable && !stream.destroyed, 'ended, and not closed');
      refuse(stream);
      await within(closed, 'end of the stream', GRACE + REFUSAL_TIME + LATE);
    }));
  }
});

describe('Server.refuseUpgrade', () => {
  for (const way of WAYS) {
    it(`answers and closes: ${way.name}`, withScene(async (scene) => {
      const { web, port, close } = await way.listen();
      scene.defer(close);
      /** @type {any[]} */
      const args = [[], [403], [503, 'näh\r\n'], [404, undefined]];
      web.on('upgrade', (_, socket) => scene.Server.refuseUpgrade(socket, ...args.shift()));
      const answers = [];
      while (args.length > 0) answers.push((await knock(scene, way, port)).text.split('\r\n'));
      assert.deepEqual(
        answers.map(([status, ...rest]) => [status, rest.slice(rest.indexOf('') + 1).join('\r\n')]),
        [
          ['HTTP/1.1 404 Not Found', 'Not Found'],
          ['HTTP/1.1 403 Forbidden', 'Forbidden'],
          ['HTTP/1.1 503 Service Unavailable', 'n\u00e4h\r\n'],
          ['HTTP/1.1 404 Not Found', 'Not Found'],
        ],
      );
    }));
  }

  it('may be called twice, and for a socket that is gone', withScene(async (scene) => {
    const { web, port, close } = await plain.listen();
    scene.defer(close);
    web.on('upgrade', (_, socket) => {
      scene.Server.refuseUpgrade(socket);
      scene.Server.refuseUpgrade(socket);
      setTimeout(() => {
        socket.destroy();
        scene.Server.refuseUpgrade(socket);
      }, 100);
    });
    assert.equal((await knock(scene, plain, port)).status, 404);
    await delay(150);
  }));

  it('refuses what cannot be said', withScene(async ({ Server }) => {
    for (const args of [[101], [200], [600], ['404'], [404.5], [404, 5], [404, {}]]) {
      assert.throws(() => Server.refuseUpgrade(/** @type {any} */ ({}), ...args), { code: 'sInvalidAction', message: /^refuseUpgrade: the / });
    }
  }));

  it('a peer that neither closes nor takes its answer is cut after 5 s', { timeout: 20000 }, withScene(async (scene) => {
    const { web, port, close } = await plain.listen();
    scene.defer(close);
    const gone = new Promise((resolve) => {
      web.on('upgrade', (_, socket) => {
        socket.once('close', () => resolve(performance.now()));
        scene.Server.refuseUpgrade(socket);
      });
    });
    const socket = plain.connect(port);
    socket.on('error', () => {});
    scene.defer(() => socket.destroy());
    socket.pause();
    const begin = performance.now();
    socket.write(upgradeRequest());
    const took = /** @type {number} */ (await within(gone, 'end', 12000)) - begin;
    assert.ok(took > 4900, `${took} ms`);
  }));
});
