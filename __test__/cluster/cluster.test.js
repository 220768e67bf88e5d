// @ts-check
'use strict';

/** Servers in workers of Node's cluster. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { cluster, fork, forkAll, visit, visitMany, ask, hosts, numbers, CROWD, PATIENCE } = require('./support/workers');

describe('workers of a cluster', () => {
  it('listen on one port, and every one gets connections', withScene(async (scene) => {
    const port = await reservePort();
    const members = await forkAll(scene, 3, { port });
    for (const { report } of members) assert.equal(report.address?.port, port, JSON.stringify(report));
    assert.deepEqual(hosts(await visitMany(scene, CROWD, port)), numbers(members));
  }));

  it('go on when one of them is killed', withScene(async (scene) => {
    const port = await reservePort();
    const members = await forkAll(scene, 3, { port });
    const before = await visitMany(scene, CROWD, port);
    const [killed, ...others] = members;
    killed.worker.process.kill('SIGKILL');
    await killed.exited;
    for (const { client, host } of before) {
      if (host === killed.number) await client.closed();
      else assert.equal(await ask(client), host);
    }
    assert.deepEqual(hosts(await visitMany(scene, CROWD, port)), numbers(others));
  }));

  it('are replaced one by one, while clients come and go', withScene(async (scene) => {
    const port = await reservePort();
    let members = await forkAll(scene, 2, { port });
    let running = true;
    let visits = 0;
    const traffic = (async () => {
      while (running) {
        // Who meets a worker in the moment of its end comes again, as clients do.
        const { client } = await visit(scene, port).catch(() => visit(scene, port));
        client.destroy();
        visits += 1;
      }
    })();
    for (const old of [...members]) {
      members = [...members.filter((member) => member !== old), await fork(scene, { port })];
      const { client } = await visit(scene, port);
      old.worker.send('stop');
      assert.equal(await old.exited, 0);
      client.destroy();
    }
    running = false;
    await traffic;
    assert.ok(visits > 10, String(visits));
    assert.deepEqual(hosts(await visitMany(scene, CROWD, port)), numbers(members));
  }));

  it('say EADDRINUSE when another program has the port', withScene(async (scene) => {
    const taken = net.createServer();
    await new Promise((resolve) => taken.listen(0, '127.0.0.1', () => resolve(undefined)));
    scene.defer(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = /** @type {net.AddressInfo} */ (taken.address());
    for (const { report, exited } of await forkAll(scene, 2, { port })) {
      assert.deepEqual([report.code, report.cause], ['sWebsocketError', 'EADDRINUSE']);
      assert.equal(await exited, 0);
    }
  }));

  it('do not listen when start() rejects, because the socket could not be given its mode', { skip: process.platform === 'win32' }, withScene(async (scene) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-'));
    scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
    const child = scene.run(path.join(__dirname, 'modeless-worker.js'), [path.join(folder, 'socket')]);
    assert.deepEqual(JSON.parse(await child.line()), ['sWebsocketError', 'ENOENT', 'ENOENT']);
  }));

  it('reusePort: false has the port for one alone', withScene(async (scene) => {
    const port = await reservePort();
    const first = await fork(scene, { port, reusePort: false });
    assert.equal(first.report.address?.port, port);
    const second = await fork(scene, { port, reusePort: false });
    assert.deepEqual([second.report.code, second.report.cause], ['sWebsocketError', 'EADDRINUSE']);
  }));

  it('are announced to the primary', withScene(async (scene) => {
    const port = await reservePort();
    const announced = once(cluster, 'listening');
    const { worker } = await fork(scene, { port });
    const [who, where] = await within(announced, 'listening event', PATIENCE);
    assert.equal(who, worker);
    assert.deepEqual([where.address, where.port, where.addressType], ['127.0.0.1', port, 4]);
  }));

  it('disconnect(): no new connections, those there are go on, and then the worker ends', withScene(async (scene) => {
    const port = await reservePort();
    const [leaving, staying] = await forkAll(scene, 2, { port });
    const visits = await visitMany(scene, CROWD, port);
    leaving.worker.disconnect();
    await within(once(leaving.worker, 'disconnect'), 'disconnect', PATIENCE);
    // The worker learns of it at the same time; until then it may drop whom it has not answered yet.
    for (let left = 50; left > 0; left -= 1) {
      const some = await visitMany(scene, 20, port).catch(() => []);
      if (hosts(some).length === 1) break;
    }
    assert.deepEqual(hosts(await visitMany(scene, 20, port)), [staying.number]);
    for (const { client, host } of visits) assert.equal(await ask(client), host);
    assert.equal(leaving.worker.isDead(), false);
    for (const { client } of visits) client.close(1000);
    assert.equal(await leaving.exited, 0);
  }));

  it('disconnect(), and then stop() in good order', withScene(async (scene) => {
    const port = await reservePort();
    const { worker, exited } = await fork(scene, { port });
    const visits = await visitMany(scene, 10, port);
    worker.disconnect();
    await within(once(worker, 'disconnect'), 'disconnect', PATIENCE);
    visits[0].client.json({ n: 'drain' });
    for (const { client } of visits) await client.closed();
    assert.equal(await exited, 0);
  }));

  it('disconnect() of one without connections ends it', withScene(async (scene) => {
    const { worker, exited } = await fork(scene, { port: await reservePort() });
    worker.disconnect();
    assert.equal(await exited, 0);
  }));
});
