// @ts-check
'use strict';

/**
 * Workers of a cluster whose connections come by the primary process, as those of Node's own servers do:
 * on port 0, on a Unix domain socket, and where the system has no shares of a port.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { RawClient } = require('../helpers/raw-client');
const { exchange, upgradeRequest } = require('../helpers/raw-http');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');
const { identity } = require('../helpers/tls');
const { withScene } = require('../process/support/scene');
const { fork, forkAll, visitMany, ask, hosts, numbers, PATIENCE } = require('./support/workers');

describe('workers of a cluster, through the primary', () => {
  it('port 0 is one port for all', withScene(async (scene) => {
    const members = await forkAll(scene, 3, { port: 0 });
    const ports = new Set(members.map(({ report }) => report.address?.port));
    assert.equal(ports.size, 1, JSON.stringify(members.map(({ report }) => report)));
    const [port] = ports;
    const visits = await visitMany(scene, 30, port);
    assert.deepEqual(hosts(visits), numbers(members));
    const [first, ...others] = members;
    first.worker.send('stop');
    assert.equal(await first.exited, 0);
    for (const { client, host } of visits) {
      if (host === first.number) await client.closed();
      else assert.equal(await ask(client), host);
    }
    assert.deepEqual(hosts(await visitMany(scene, 30, port)), numbers(others));
  }));

  it('a Unix domain socket is shared', { skip: process.platform === 'win32' }, withScene(async (scene) => {
    const file = path.join(os.tmpdir(), `line-socket-cluster-${process.pid}.sock`);
    scene.defer(() => fs.rmSync(file, { force: true }));
    const members = await forkAll(scene, 2, { listen: { path: file, mode: 0o600 } });
    for (const { report } of members) assert.equal(report.address, file, JSON.stringify(report));
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    const found = new Set();
    for (let i = 0; i < 20; i += 1) {
      const socket = net.connect(file);
      scene.defer(() => socket.destroy());
      const client = new RawClient(socket);
      socket.write(upgradeRequest());
      await within(client.upgraded, 'answer to the upgrade');
      await client.handshake();
      found.add(await ask(client));
    }
    assert.deepEqual([...found].sort(), numbers(members));
  }));

  it('what comes by the primary is checked and refused as ever', withScene(async (scene) => {
    const { report } = await fork(scene, { port: 0, allowedOrigins: ['https://a.example'], path: '/ws' });
    const { port } = report.address;
    const page = (/** @type {string} */ Origin) => scene.open(port, { path: '/ws', headers: { Origin } });
    await assert.rejects(page('https://b.example'), { status: 403 });
    await page('https://a.example');
    await assert.rejects(scene.open(port), { status: 400 });
    const answer = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
  }));

  it('disconnect(): no new connections, those there are go on, and then the worker ends', withScene(async (scene) => {
    const [leaving, staying] = await forkAll(scene, 2, { port: 0 });
    const { port } = staying.report.address;
    const visits = await visitMany(scene, 20, port);
    leaving.worker.disconnect();
    await within(once(leaving.worker, 'disconnect'), 'disconnect', PATIENCE);
    assert.deepEqual(hosts(await visitMany(scene, 20, port)), [staying.number]);
    for (const { client, host } of visits) assert.equal(await ask(client), host);
    for (const { client } of visits) client.close(1000);
    assert.equal(await leaving.exited, 0);
  }));

  it('has no tls, and says so', withScene(async (scene) => {
    const { report } = await fork(scene, { port: 0, tls: identity('server') });
    assert.equal(report.code, 'sWebsocketError');
    assert.match(report.message, /"options.tls"/);
  }));

  it('where there are no shares a port is shared all the same', withScene(async (scene) => {
    const port = await reservePort();
    const members = await forkAll(scene, 2, { port }, 'darwin');
    for (const { report } of members) assert.equal(report.address?.port, port, JSON.stringify(report));
    assert.deepEqual(hosts(await visitMany(scene, 20, port)), numbers(members));
  }));

  it('and one of another program is EADDRINUSE', withScene(async (scene) => {
    const { port } = await scene.listen();
    for (const { report, exited } of await forkAll(scene, 2, { port }, 'darwin')) {
      assert.deepEqual([report.code, report.cause], ['sWebsocketError', 'EADDRINUSE']);
      assert.equal(await exited, 0);
    }
  }));
});
