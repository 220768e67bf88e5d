// @ts-check
'use strict';

/** The examples of line servers beside others on one port, run as they are. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const WebSocket = require('ws');
const { reservePort } = require('../helpers/ports');
const { RawClient } = require('../helpers/raw-client');
const { delay, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/**
 * Starts an example.
 * @param {import('../process/support/scene').Scene} scene
 * @param {string} name
 */
async function start(scene, name) {
  const port = await reservePort();
  const file = path.join(__dirname, '../../examples', name, 'server.js');
  const example = scene.run(file, [], { env: { PORT: String(port) } });
  assert.match(await example.line(), new RegExp(`[Ll]istening .*//localhost:${port}\\b`));
  return { example, port, url: `http://localhost:${port}` };
}

/** @param {string} url */
async function clientsOf(url) {
  const response = await fetch(`${url}/clients`, { headers: { Connection: 'close' } });
  assert.equal(response.status, 200);
  return /** @type {any} */ (await response.json()).clients;
}

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {string} target Path.
 */
async function statusOf(scene, port, target) {
  const { status } = await scene.open(port, { path: target }).catch((error) => error);
  return status;
}

describe('examples that share a port', () => {
  for (const name of ['http', 'express', 'fastify', 'koa']) {
    it(name, withScene(async (scene) => {
      const { example, port, url } = await start(scene, name);
      assert.equal(await clientsOf(url), 0);
      const client = await scene.open(port, { path: '/line' });
      await client.handshake();
      assert.equal((await client.request('hello', 'Ada')).message.p, 'hello Ada');
      assert.equal(await clientsOf(url), 1);
      assert.equal((await fetch(`${url}/nothing`, { headers: { Connection: 'close' } })).status, 404);
      assert.equal(await statusOf(scene, port, '/other'), 400);
      example.signal('SIGTERM');
      assert.deepEqual(await example.exited(), { code: 0, signal: null, stderr: '' });
    }));
  }

  it('all end at SIGTERM, whatever a client has not sent', withScene(async (scene) => {
    const held = ['', 'GET / HTTP/1.1\r\nHost: a\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'];
    const exits = ['http', 'express', 'fastify', 'koa', 'several-servers', 'metrics'].map(async (name) => {
      const { example, port } = await start(scene, name);
      const sockets = held.map((bytes) => net.connect(port, 'localhost').on('error', () => {}).on('connect', function connected() {
        this.write(bytes);
      }));
      if (name === 'several-servers') sockets.push((await RawClient.open({ port, path: '/echo' })).socket.pause());
      scene.defer(() => sockets.forEach((socket) => socket.destroy()));
      await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')));
      await delay(50);
      example.signal('SIGTERM');
      const { code, signal } = await example.exited();
      return [name, code, signal];
    });
    for (const [name, ...how] of await Promise.all(exits)) assert.deepEqual(how, [0, null], String(name));
  }));

  it('all end at once at a second signal, whichever the first one was', withScene(async (scene) => {
    const paths = { http: '/line', express: '/line', fastify: '/line', koa: '/line', 'several-servers': '/chat', metrics: '/', hello: '/' };
    const orders = /** @type {const} */ ([['SIGINT', 'SIGTERM'], ['SIGTERM', 'SIGINT'], ['SIGINT', 'SIGINT']]);
    for (const [first, second] of orders) {
      const exits = Object.entries(paths).map(async ([name, target]) => {
        const { example, port } = await start(scene, name);
        const client = await RawClient.open({ port, path: target });
        scene.defer(() => client.socket.destroy());
        await client.handshake();
        example.signal(first);
        // The drain has begun. It waits for this client to answer.
        await client.closeFrame();
        example.signal(second);
        const { code, signal } = await example.exited();
        return [name, code, signal];
      });
      for (const [name, ...how] of await Promise.all(exits)) assert.deepEqual(how, [null, second], `${name} at ${first}, then ${second}`);
    }
  }));

  it('several-servers', withScene(async (scene) => {
    const { example, port, url } = await start(scene, 'several-servers');
    const chat = await scene.open(port, { path: '/chat' });
    await chat.handshake();
    chat.json({ n: 'say', p: 'hi' });
    assert.equal((await chat.message()).text, '{"n":"said","p":"hi"}');
    const news = await scene.open(port, { path: '/news?today' });
    await news.handshake();
    assert.deepEqual((await news.request('headlines')).message.p, ['Two protocols share a port']);
    const echo = new WebSocket(`ws://localhost:${port}/echo`);
    scene.defer(() => echo.terminate());
    await within(new Promise((resolve) => echo.once('open', resolve)), 'open echo');
    const echoed = new Promise((resolve) => echo.once('message', resolve));
    echo.send('hello');
    assert.equal(String(await within(echoed, 'echo')), 'hello');
    assert.equal(await statusOf(scene, port, '/other'), 404);
    assert.match(await (await fetch(url, { headers: { Connection: 'close' } })).text(), /\/chat/);
    example.signal('SIGTERM');
    assert.deepEqual(await example.exited(), { code: 0, signal: null, stderr: '' });
  }));
});
