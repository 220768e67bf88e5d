// @ts-check
'use strict';

/** What `docs/reference/wire-protocol.md` says is so: its client runs, and what it shows on the wire is sent. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { install } = require('../../conformance/python.js');
const { maxPayload } = require('../../lib/options/table.js');
const { blocks } = require('../helpers/examples');
const { RawClient } = require('../helpers/raw-client');
const { delay, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

const PAGE = fs.readFileSync(path.join(__dirname, '../../docs/reference/wire-protocol.md'), 'utf8');
const [{ code: CLIENT }] = blocks(PAGE, 'python');

/** What the page's client may take to start and to end, in ms. */
const LONG = 20000;

/**
 * Runs the page's client.
 * @param {import('../process/support/scene').Scene} scene
 * @param {number} port
 * @param {string} code
 */
function run(scene, port, code) {
  const { python } = install();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-python-'));
  scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, 'client.py'), code);
  const child = spawn(python, ['client.py', `ws://127.0.0.1:${port}`], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const ended = new Promise((resolve) => child.once('close', (status) => resolve({ status, lines: stdout.trimEnd().split(/\r?\n/), stderr })));
  scene.defer(() => child.kill('SIGKILL'));
  return within(ended, 'end of client.py', LONG);
}

/** A server as the page's client expects it. @param {import('../process/support/scene').Scene} scene */
function listen(scene, options = {}) {
  return scene.listen({ ...options }, (server) => {
    server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
      if (handshake.payload?.token === 's3cret') {
        connection.setId('c1');
        handshake.resolve('welcome');
      } else {
        handshake.reject(new Error('Unknown token'));
      }
    });
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => message.resolve({ hello: message.payload.name }));
      connection.on('wrong', (/** @type {any} */ message) => message.reject(new Error('It is wrong')));
    });
  });
}

const GREETING = ["{'payload': 'welcome', 'id': 'c1'}", "{'hello': 'Ada'}", 'rejected: It is wrong'];

describe('the wire protocol', () => {
  it('the client of the page shakes hands, asks, answers, is pinged and is closed', withScene(async (scene) => {
    const { server, port } = await listen(scene, { pingInterval: 200, responseTimeout: LONG });
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const client = run(scene, port, CLIENT);
    const connection = /** @type {any} */ (await within(connected, 'connection', LONG));
    assert.equal(await connection.send('question', 'Ready?'), 'Ready? Yes.');
    await assert.rejects(connection.send('other'), (error) => /** @type {any} */ (error).payload.message === 'Nobody listens to other');
    connection.sendWithoutResponse('note', 1);
    // Several pings are due meanwhile.
    await delay(1000);
    assert.equal(await connection.ping(), 'pong');
    connection.close(4000, 'enough').catch(() => {});
    assert.deepEqual(await client, { status: 0, lines: [...GREETING, 'closed: 4000 enough'], stderr: '' });
  }));

  it('the client of the page takes messages that are large for its library', withScene(async (scene) => {
    const { server, port } = await listen(scene);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    run(scene, port, CLIENT);
    const connection = /** @type {any} */ (await within(connected, 'connection', LONG));
    const text = 'x'.repeat(3 * 1024 * 1024);
    assert.ok((await connection.send('question', text)) === `${text} Yes.`);
  }));

  it('without an answer to _p it would be closed with 4201', withScene(async (scene) => {
    const { port } = await listen(scene, { pingInterval: 200, responseTimeout: 300 });
    const mute = CLIENT.replace('if name == "_p": result["p"] = "pong"', 'if name == "_p": return');
    assert.notEqual(mute, CLIENT);
    const { lines } = await run(scene, port, mute);
    assert.deepEqual(lines, [...GREETING, 'closed: 4201 Ping failed']);
  }));

  it('other messages and ping frames are no answer to _p, but put it off', withScene(async (scene) => {
    const { port } = await listen(scene, { pingInterval: 500, responseTimeout: 300 });
    for (const send of /** @type {((client: RawClient) => void)[]} */ ([(client) => client.json({ n: 'note' }), (client) => client.frame({ opcode: 9 })])) {
      const client = await RawClient.open({ port });
      scene.defer(() => client.destroy());
      await client.handshake({ token: 's3cret' });
      const timer = setInterval(() => send(client), 20);
      scene.defer(() => clearInterval(timer));
      await delay(1000);
      assert.ok(!client.texts.some((text) => text.includes('"_p"')));
      clearInterval(timer);
      await client.message(({ n }) => n === '_p');
      const others = setInterval(() => send(client), 20);
      scene.defer(() => clearInterval(others));
      assert.equal((await client.closed()).code, 4201);
    }
  }));

  it('a rejected handshake reaches it', withScene(async (scene) => {
    const { port } = await listen(scene);
    const { status, stderr } = await run(scene, port, CLIENT.replace('s3cret', 'wrong'));
    assert.equal(status, 1);
    assert.match(stderr, /Rejected: \{'name': 'Error', 'message': 'Unknown token'\}/);
  }));

  it('requests that wait end when the connection does', withScene(async (scene) => {
    const { server, port } = await listen(scene);
    server.on('connection', (/** @type {any} */ connection) => connection.close(1000).catch(() => {}));
    const { status, stderr } = await run(scene, port, CLIENT);
    assert.equal(status, 1);
    assert.match(stderr, /ConnectionError: disconnected|ConnectionClosed/);
  }));

  it('the server sends what the page shows', withScene(async (scene) => {
    const { server, port } = await listen(scene);
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const client = await RawClient.open({ port });
    scene.defer(() => client.destroy());
    assert.equal((await client.request('early', 1, '0')).message.e.message, 'Handshake is not completed');
    assert.equal((await client.request('_p', undefined, '7')).text, '{"n":"_r","p":"pong","i":"7","e":null}');
    client.text('{"n":"_h","p":{"token":"s3cret"},"i":"1"}');
    assert.equal((await client.message()).text, '{"n":"_r","p":{"payload":"welcome","id":"c1"},"i":"1","e":null}');
    const connection = /** @type {any} */ (await within(connected, 'connection'));
    const asked = connection.send('question', 'Ready?');
    const { message } = await client.message();
    assert.deepEqual([message.n, message.p, typeof message.i], ['question', 'Ready?', 'string']);
    client.json({ n: '_r', p: 'yes', i: message.i, e: null });
    assert.equal(await asked, 'yes');
    const refused = connection.send('question');
    client.json({ n: '_r', i: (await client.message()).message.i, e: [] });
    await assert.rejects(refused, { code: 'scMessageRejected' });
    const stranger = await RawClient.open({ port });
    scene.defer(() => stranger.destroy());
    stranger.text('{"n":"_h","p":{"token":"wrong"},"i":"1"}');
    assert.equal((await stranger.message()).text, '{"n":"_r","i":"1","e":{"name":"Error","message":"Unknown token"}}');
    assert.equal((await stranger.closed()).code, 4203);
  }));

  it('the page has the defaults of the server', withScene(async (scene) => {
    const { server } = await scene.listen();
    for (const [pattern, option] of /** @type {const} */ ([
      [/After (\d+) s without anything from the client \(`pingInterval`\)/, 'pingInterval'],
      [/answer within (\d+) s\s*\(`responseTimeout`\)/, 'responseTimeout'],
      [/`handshakeTimeout` of the server \((\d+) s\)/, 'handshakeTimeout'],
    ])) assert.equal(Number(pattern.exec(PAGE)?.[1]) * 1000, server.options[option], option);
    assert.equal(Number(/takes up to (\d+) MiB \(`maxPayload`\)/.exec(PAGE)?.[1]) * 1024 ** 2, maxPayload.initial);
  }));
});
