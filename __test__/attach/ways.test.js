// @ts-check
'use strict';

/**
 * What holds on a port of the server's own holds for every socket or stream that an HTTP server
 * gives it.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { RawClient } = require('../helpers/raw-client');
const { encodeFrame } = require('../helpers/frames');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { WAYS, attached, open, connect, disconnected } = require('./support');

const MIB = 1024 * 1024;

for (const way of WAYS) {
  describe(way.name, () => {
    it('travels as documented, and the request is told of alike', withScene(async (scene) => {
      const target = await attached(scene, way);
      const { connection, client } = await connect(scene, way, target, { path: '/a?b=1', headers: { Cookie: 'c=1' } });
      const { transport, upgradeReq } = connection.socket;
      assert.equal(transport, way.transport);
      const { url, method, httpVersion, headers, rawHeaders } = upgradeReq;
      assert.deepEqual([url, method, httpVersion, headers.cookie], ['/a?b=1', 'GET', '1.1', 'c=1']);
      assert.deepEqual(rawHeaders.slice(0, 2), ['Host', 'localhost']);
      const { remoteAddress, remotePort, encrypted } = upgradeReq.connection;
      assert.deepEqual([remoteAddress, remotePort, encrypted], ['127.0.0.1', client.socket.localPort, way.encrypted]);
      assert.deepEqual(Reflect.ownKeys(upgradeReq).sort(), ['connection', 'httpVersion', 'method', 'socket', 'url']);
    }));

    it('bytes in the packet of the request are read', withScene(async (scene) => {
      const { port } = await attached(scene, way);
      const early = ['1', '2'].map((id) => encodeFrame({ payload: `{"n":"_p","i":"${id}"}` }));
      // The last one is cut off.
      const cut = early[1].length - 3;
      const client = await open(scene, way, port, { head: Buffer.concat([early[0], early[1].subarray(0, cut)]) });
      assert.equal((await client.message()).message.i, '1');
      client.send(early[1].subarray(cut));
      assert.equal((await client.message()).message.i, '2');
    }));

    it('bytes that come before the application hands the socket over are read', withScene(async (scene) => {
      const { web, port, close } = await way.listen();
      scene.defer(close);
      const server = scene.track(new scene.Server({ noServer: true }));
      await server.start();
      web.on('upgrade', async (request, socket, head) => {
        await delay(50);
        server.handleUpgrade(request, socket, head);
      });
      const socket = way.connect(port);
      scene.defer(() => socket.destroy());
      const client = new RawClient(socket);
      socket.write(upgradeRequest());
      for (const id of ['1', '2', '3']) {
        await delay(5);
        client.json({ n: '_p', i: id });
      }
      await within(client.upgraded, 'answer to the upgrade');
      for (const id of ['1', '2', '3']) assert.equal((await client.message()).message.i, id);
    }));

    it('large messages go both ways', withScene(async (scene) => {
      const target = await attached(scene, way, {}, (server) =>
        server.on('connection', (/** @type {any} */ connection) =>
          connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload)),
        ),
      );
      const { client } = await connect(scene, way, target);
      const payload = 'large '.repeat(MIB);
      for (let i = 0; i < 2; i++) assert.equal((await client.request('echo', payload)).message.p.length, payload.length);
    }));

    it('a client that does not read holds back what is sent to it', withScene(async (scene) => {
      /** @type {import('node:stream').Duplex | undefined} */
      let stream;
      const target = await attached(scene, way, { maxBufferedBytes: 64 * MIB });
      target.web.on('upgrade', (_, socket) => (stream = socket));
      const { client, connection } = await connect(scene, way, target);
      client.socket.pause();
      const payload = 'x'.repeat(MIB);
      for (let i = 0; i < 32; i++) connection.sendWithoutResponse('large', payload).catch(() => {});
      let last = -1;
      // Until nothing moves any more.
      await until(() => {
        const { bufferedAmount } = connection.socket;
        const still = bufferedAmount === last;
        last = bufferedAmount;
        return still && bufferedAmount < 32 * MIB;
      }, 'blocked');
      await delay(100);
      assert.ok(connection.socket.bufferedAmount > 8 * MIB, `${connection.socket.bufferedAmount} bytes wait`);
      // What Node holds of it is bounded.
      assert.ok(Number(stream?.writableLength) <= 512 * 1024, `${stream?.writableLength} bytes in the stream`);
      client.socket.resume();
      await until(() => client.frames.length === 33, 'all received', 15000);
      assert.equal(connection.socket.bufferedAmount, 0);
    }));

    it('a client that is not read yet is held back', withScene(async (scene) => {
      const { web, port, close } = await way.listen();
      scene.defer(close);
      const server = scene.track(new scene.Server({ noServer: true, maxHandshakePayload: 0 }));
      await server.start();
      /** @type {Promise<any>} */
      const upgraded = new Promise((resolve) => {
        web.on('upgrade', (request, socket, head) => server.server.handleUpgrade(request, socket, head, resolve));
      });
      const client = await open(scene, way, port);
      let count = 0;
      server.on('connection', (/** @type {any} */ connection) => connection.on('fill', () => count++));
      client.json({ n: '_h', i: 'hs' });
      const text = JSON.stringify({ n: 'fill', p: 'x'.repeat(MIB) });
      for (let i = 0; i < 16; i++) client.text(text);
      await delay(200);
      const waiting = client.socket.writableLength;
      assert.ok(waiting > 2 * MIB, `${waiting} bytes wait at the client`);
      server.server.emit('connection', await within(upgraded, 'WebSocket'));
      await until(() => count === 16, 'all received', 15000);
    }));

    it('the server closes', withScene(async (scene) => {
      const { client, connection } = await connect(scene, way, await attached(scene, way));
      const ended = disconnected(connection);
      connection.sendWithoutResponse('last').catch(() => {});
      await Promise.all([connection.close(4000, 'enough'), ended]);
      assert.deepEqual(await ended, [4000, 'enough']);
      const { code, reason, reset } = await client.closed();
      assert.deepEqual([code, reason, reset], [4000, 'enough', false]);
      assert.deepEqual(JSON.parse(client.texts[1]), { n: 'last' });
    }));

    it('the client closes', withScene(async (scene) => {
      const { client, connection } = await connect(scene, way, await attached(scene, way));
      const ended = disconnected(connection);
      client.close(4001, 'bye');
      assert.deepEqual(await ended, [4001, 'bye']);
      await client.closeFrame();
      client.end();
      const { code, reset } = await client.closed();
      assert.deepEqual([code, reset], [4001, false]);
    }));

    it('the server cuts', withScene(async (scene) => {
      const { client, connection } = await connect(scene, way, await attached(scene, way));
      const ended = disconnected(connection);
      connection.socket.terminate();
      assert.deepEqual(await ended, [1006, '']);
      client.end();
      assert.equal((await client.closed()).code, null);
    }));

    it('the client resets', withScene(async (scene) => {
      const { client, connection } = await connect(scene, way, await attached(scene, way));
      const ended = disconnected(connection);
      if (way.encrypted) client.destroy();
      else client.reset();
      assert.deepEqual(await ended, [1006, '']);
    }));

    it('the client ends its side without a close frame', withScene(async (scene) => {
      const { client, connection } = await connect(scene, way, await attached(scene, way));
      const ended = disconnected(connection);
      client.end();
      assert.deepEqual(await ended, [1006, '']);
      assert.equal((await client.closed()).reset, false);
    }));

    it('verifyClient, handleProtocols and headers have their say', withScene(async (scene) => {
      /** @type {any[]} */
      const seen = [];
      const target = await attached(scene, way, {
        handleProtocols: (/** @type {string[]} */ protocols) => protocols[1],
        verifyClient: (/** @type {any} */ info, /** @type {any} */ done) => {
          seen.push([info.origin, info.secure, info.req.url, info.req.connection.remoteAddress]);
          info.req.user = 'ada';
          setTimeout(() => (info.req.url === '/no' ? done(false, 403, 'not you') : done(true)), 10);
        },
      }, (server) => server.on('headers', (/** @type {string[]} */ lines) => lines.push('X-Served: yes')));
      const headers = { Origin: 'http://here', 'Sec-WebSocket-Protocol': 'one, two' };
      const { client, connection } = await connect(scene, way, target, { path: '/yes', headers });
      assert.match(client.head, /Sec-WebSocket-Protocol: two\r\nX-Served: yes$/);
      assert.equal(connection.socket.protocol, 'two');
      assert.equal(connection.socket.upgradeReq.user, 'ada', 'the request is the one that was verified');
      const refused = await open(scene, way, target.port, { path: '/no' }).catch((error) => error);
      assert.match(refused.answer, /^HTTP\/1\.1 403 Forbidden\r\nConnection: close\r\n[^]*\r\n\r\nnot you$/);
      assert.deepEqual(seen, [
        ['http://here', way.encrypted, '/yes', '127.0.0.1'],
        [undefined, way.encrypted, '/no', '127.0.0.1'],
      ]);
    }));

    it('what is no upgrade for a WebSocket is refused once, and the connection closed', withScene(async (scene) => {
      const { port } = await attached(scene, way);
      for (const [headers, status] of /** @type {const} */ ([
        [{ 'Sec-WebSocket-Version': '7' }, 400],
        [{ Upgrade: 'h2c' }, 400],
        [{ 'Sec-WebSocket-Key': null }, 400],
      ])) {
        const error = await open(scene, way, port, { headers }).catch((reason) => reason);
        assert.equal(error.status, status, JSON.stringify(headers));
        assert.equal(error.answer.match(/HTTP\/1\.1/g).length, 1);
      }
    }));

    it('ordinary requests are answered beside it, on a connection that is kept', withScene(async (scene) => {
      const target = await attached(scene, way);
      const { client } = await connect(scene, way, target);
      const socket = way.connect(target.port);
      scene.defer(() => socket.destroy());
      let text = '';
      socket.on('data', (data) => (text += data));
      for (let i = 1; i <= 3; i++) {
        socket.write('GET /page HTTP/1.1\r\nHost: x\r\n\r\n');
        await until(() => text.split('\r\n\r\npage').length === i + 1, `answer ${i}`);
      }
      // The kept connection becomes a WebSocket.
      text = '';
      socket.write(upgradeRequest());
      await until(() => text.startsWith('HTTP/1.1 101 '), 'upgrade');
      await client.fence();
    }));

    it('stop() disconnects the clients, and the HTTP server lives on', withScene(async (scene) => {
      const target = await attached(scene, way);
      for (let i = 0; i < 3; i++) {
        const { client, connection } = await connect(scene, way, target);
        await within(target.server.stop(), 'stop');
        assert.equal(connection.state, 'disconnected');
        client.end();
        await client.closed();
        assert.equal(target.web.listenerCount('upgrade'), 0);
        if (!way.encrypted) {
          const page = await exchange(target.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
          assert.match(page, /\r\n\r\npage$/);
        }
        await within(target.server.start(), 'start');
      }
    }));
  });
}
