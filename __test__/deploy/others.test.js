// @ts-check
'use strict';

/** HAProxy and Caddy with their configurations of `docs/deploy`; Traefik's is read. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const yaml = require('yaml');
const { fixture, TRUST } = require('../helpers/tls');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { changed, folderFor, noteRequests, read, runProgram } = require('./proxy');

/** @typedef {import('../process/support/scene').Scene} Scene */

/** The system has many loopback addresses only on Linux. */
const LINUX = process.platform === 'linux';

/** Where the client is, to be told from the proxy at 127.0.0.1. */
const CLIENT = '127.0.0.2';

/**
 * @param {Scene} scene
 * @param {number} target
 */
async function startHaproxy(scene, target) {
  const folder = folderFor(scene);
  fs.writeFileSync(path.join(folder, 'both.pem'), fixture('server.pem') + fixture('server.key'));
  const [plain, secure] = [await reservePort(), await reservePort()];
  const config = changed('haproxy.cfg', [
    ['127.0.0.1:3000', `127.0.0.1:${target}`],
    ['bind :80\n', `bind 127.0.0.1:${plain}\n`],
    ['bind :443 ssl', `bind 127.0.0.1:${secure} ssl`],
    ['/etc/haproxy/example.org.pem', `${folder}/both.pem`],
    ['maxconn 100000', 'maxconn 100'],
  ]);
  fs.writeFileSync(path.join(folder, 'haproxy.cfg'), config);
  await runProgram(scene, 'haproxy', ['-db', '-f', path.join(folder, 'haproxy.cfg')], { port: secure });
  return { plain, secure };
}

/**
 * @param {Scene} scene
 * @param {number} target
 */
async function startCaddy(scene, target) {
  const folder = folderFor(scene);
  fs.writeFileSync(path.join(folder, 'key.pem'), fixture('server.key'));
  fs.writeFileSync(path.join(folder, 'cert.pem'), fixture('server.pem'));
  const [plain, secure] = [await reservePort(), await reservePort()];
  const site = changed('Caddyfile', [
    ['127.0.0.1:3000', `127.0.0.1:${target}`],
    ['example.org {', `https://localhost:${secure} {\n\tbind 127.0.0.1\n\ttls ${folder}/cert.pem ${folder}/key.pem`],
  ]);
  fs.writeFileSync(path.join(folder, 'Caddyfile'), `{\n\tadmin off\n\thttp_port ${plain}\n}\n${site}`);
  const args = ['run', '--adapter', 'caddyfile', '--config', path.join(folder, 'Caddyfile')];
  await runProgram(scene, 'caddy', args, { port: secure, home: folder });
  return { plain, secure };
}

/**
 * @param {number} port
 * @param {string} target
 * @returns {Promise<number | undefined>} The status of the answer.
 */
function statusOf(port, target) {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: target, headers: { Host: 'localhost' }, agent: false, ...TRUST, servername: 'localhost' };
    https.get(options, (response) => resolve(response.resume().statusCode)).once('error', reject);
  });
}

for (const [name, start] of /** @type {const} */ ([['haproxy.cfg', startHaproxy], ['Caddyfile', startCaddy]])) {
  describe(name, { skip: LINUX ? false : 'needs several loopback addresses' }, () => {
    it('tells the server who the client is, whatever it claims, and passes messages both ways', withScene(async (scene) => {
      const { server, port } = await scene.listen({ trustProxy: 'loopback', path: '/line' });
      const { secure } = await start(scene, port);
      const connected = new Promise((resolve) => server.once('connection', resolve));
      const client = await scene.open(secure, {
        path: '/line',
        headers: { Host: 'localhost', 'X-Forwarded-For': '203.0.113.66', Forwarded: 'for=203.0.113.66' },
        tls: { ...TRUST, localAddress: CLIENT },
      });
      await client.handshake();
      const connection = /** @type {any} */ (await within(connected, 'connection'));
      const { remoteAddress, proxyAddress, encrypted } = connection.socket.upgradeReq.connection;
      assert.deepEqual([remoteAddress, proxyAddress, encrypted], [CLIENT, '127.0.0.1', true]);
      connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
      const payload = 'x'.repeat(1024 * 1024);
      assert.equal((await client.request('echo', payload)).message.p, payload);
      connection.close(4000, 'bye').catch(() => {});
      const { code, reason } = await client.closed();
      assert.deepEqual([code, reason], [4000, 'bye']);
    }));

    it('passes /line on and nothing else, and sends plain HTTP to HTTPS', withScene(async (scene) => {
      const { port, seen } = await noteRequests(scene);
      const { plain, secure } = await start(scene, port);
      for (const target of ['/line', '/line?a=1']) assert.equal(await statusOf(secure, target), 200, target);
      for (const target of ['/lineadmin', '/line/', '/line/admin', '/LINE/x', '/line/../healthz', '/', '/healthz', '/lin']) {
        assert.equal(await statusOf(secure, target), 404, target);
      }
      assert.deepEqual(seen, ['/line', '/line?a=1']);
      const answer = await new Promise((resolve, reject) => {
        http.get({ port: plain, host: '127.0.0.1', path: '/line', headers: { Host: 'localhost' } }, resolve).once('error', reject);
      });
      answer.resume();
      assert.ok([301, 308].includes(answer.statusCode), `${answer.statusCode}`);
    }));
  });
}

describe('traefik.yml', () => {
  it('passes /line on and nothing else, without claims of the client', () => {
    const { routers, middlewares, services } = yaml.parse(read('traefik.yml')).http;
    const { rule, middlewares: names, service } = routers.line;
    assert.match(rule, /&& Path\(`\/line`\)$/);
    assert.deepEqual(names.map((/** @type {string} */ name) => middlewares[name]), [{ headers: { customRequestHeaders: { Forwarded: '' } } }]);
    assert.deepEqual(services[service].loadBalancer.servers, [{ url: 'http://127.0.0.1:3000' }]);
  });
});
