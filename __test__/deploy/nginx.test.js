// @ts-check
'use strict';

/** `docs/deploy/nginx.conf`, run by nginx. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const { delay, within } = require('../helpers/timing');
const { TRUST } = require('../helpers/tls');
const { withScene } = require('../process/support/scene');
const { CONFIG, startNginx } = require('./nginx');
const { noteRequests } = require('./proxy');

/** The system has many loopback addresses only on Linux. */
const LINUX = process.platform === 'linux';

/** Where the client is, to be told from nginx at 127.0.0.1. */
const CLIENT = '127.0.0.2';

/**
 * A client that comes through nginx.
 * @param {import('../process/support/scene').Scene} scene
 * @param {object} options Of the server.
 * @param {[from: string, to: string][]} [changes] Of the configuration.
 */
async function connect(scene, options, changes) {
  const { server, port } = await scene.listen(options);
  const { plain, secure } = await startNginx(scene, port, changes);
  const connected = new Promise((resolve) => server.once('connection', resolve));
  const client = await scene.open(secure, {
    path: '/line',
    headers: { Host: 'example.org', Origin: 'https://example.org', 'X-Forwarded-For': '203.0.113.66', Forwarded: 'for=203.0.113.66' },
    tls: { ...TRUST, localAddress: CLIENT },
  });
  await client.handshake();
  const connection = /** @type {any} */ (await within(connected, 'connection'));
  return { client, connection, plain, sender: connection.socket.upgradeReq.connection };
}

describe('nginx.conf', { skip: LINUX ? false : 'needs several loopback addresses' }, () => {
  it('with trustProxy: the client is known, whatever it claims', withScene(async (scene) => {
    const { sender } = await connect(scene, { trustProxy: 'loopback', path: '/line' });
    assert.equal(sender.remoteAddress, CLIENT);
    assert.equal(sender.proxyAddress, '127.0.0.1');
    assert.equal(sender.encrypted, true);
  }));

  it('without: the client is nginx', withScene(async (scene) => {
    const { sender } = await connect(scene, {});
    assert.equal(sender.remoteAddress, '127.0.0.1');
    assert.equal(sender.encrypted, false);
  }));

  it('origins and the host get through', withScene(async (scene) => {
    const { connection } = await connect(scene, { allowedOrigins: ['https://example.org'] });
    assert.equal(connection.socket.upgradeReq.headers.host, 'example.org');
  }));

  it('large messages get through both ways, and so does the close', withScene(async (scene) => {
    const { client, connection } = await connect(scene, {});
    connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
    const payload = 'x'.repeat(3 * 1024 * 1024);
    assert.equal((await client.request('echo', payload)).message.p, payload);
    connection.close(4000, 'bye').catch(() => {});
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [4000, 'bye']);
  }));

  it('pings keep a silent connection from being cut', withScene(async (scene) => {
    const changes = /** @type {[string, string][]} */ ([['proxy_read_timeout 60s', 'proxy_read_timeout 1s']]);
    const { client, connection } = await connect(scene, { pingInterval: 300 }, changes);
    client.on('frame', (frame) => {
      const message = frame?.text ? JSON.parse(frame.text) : {};
      if (message.n === '_p') client.json({ n: '_r', i: message.i });
    });
    await delay(2500);
    connection.on('still', (/** @type {any} */ message) => message.resolve('here'));
    assert.equal((await client.request('still')).message.p, 'here');
  }));

  it('would cut it without, so its time is longer than pingInterval', withScene(async (scene) => {
    const changes = /** @type {[string, string][]} */ ([['proxy_read_timeout 60s', 'proxy_read_timeout 1s']]);
    const { client } = await connect(scene, { pingInterval: 0 }, changes);
    assert.equal((await client.closed()).code, null);
    const seconds = Number(/proxy_read_timeout (\d+)s;/.exec(CONFIG)?.[1]);
    const { server } = await scene.listen();
    assert.ok(seconds * 1000 >= 2 * server.options.pingInterval);
  }));

  it('passes /line on, as it is called, and nothing else', withScene(async (scene) => {
    const { port, seen } = await noteRequests(scene);
    const { secure } = await startNginx(scene, port);
    const ask = (/** @type {string} */ path) => new Promise((resolve, reject) => {
      const options = { port: secure, host: '127.0.0.1', path, headers: { Host: 'example.org' }, agent: false, ...TRUST, servername: 'localhost' };
      https.get(options, (response) => resolve(response.resume().statusCode)).once('error', reject);
    });
    for (const path of ['/line', '/line?a=1', '/x/../line', '//line', '/%6cine']) assert.equal(await ask(path), 200, path);
    assert.deepEqual(seen, ['/line', '/line?a=1', '/line', '/line', '/line']);
    const others = ['/lineadmin', '/line/', '/line/admin', '/line.php', '/LINE', '/line%2f', '/line/../healthz', '/', '/healthz', '/lin'];
    for (const path of others) assert.equal(await ask(path), 404, path);
    assert.equal(seen.length, 5);
  }));

  it('plain HTTP is sent to HTTPS', withScene(async (scene) => {
    const { plain } = await connect(scene, {});
    const answer = await new Promise((resolve, reject) => {
      http.get({ port: plain, host: '127.0.0.1', path: '/line?a=1', headers: { Host: 'example.org' } }, resolve).once('error', reject);
    });
    answer.resume();
    assert.deepEqual([answer.statusCode, answer.headers.location], [301, 'https://example.org/line?a=1']);
  }));
});
