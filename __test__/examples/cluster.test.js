// @ts-check
'use strict';

/** The program of `examples/cluster`: its workers share the port, and can be replaced. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');
const { visitMany, hosts } = require('../cluster/support/workers');

const SERVER = path.join(__dirname, '../../examples/cluster/server.js');

/** Without workers that share a port it takes other ways, which `__test__/cluster` tests. */
const UNIX = process.platform !== 'win32';

describe('examples/cluster', { skip: UNIX ? false : 'no signals' }, () => {
  it('serves, replaces a worker that dies, replaces all, and stops', withScene(async (scene) => {
    const port = await reservePort();
    const server = scene.run(SERVER, [], { env: { PORT: String(port), WORKERS: '2' } });
    /** @type {Set<number>} */
    const workers = new Set();
    /** @param {string} last The line to read to. */
    const readTo = async (last) => {
      for (let line = await server.line(); line !== last; line = await server.line()) {
        const [, pid, what] = /^worker (\d+) (listens|ended)/.exec(line) ?? [];
        if (what === 'listens') workers.add(Number(pid));
        else workers.delete(Number(pid));
        if (last === what) return;
      }
    };
    const everyone = () => [...workers].sort((a, b) => a - b);

    await readTo('ready');
    assert.equal(workers.size, 2);
    assert.deepEqual(hosts(await visitMany(scene, 60, port)), everyone());

    process.kill(everyone()[0], 'SIGKILL');
    await readTo('listens');
    assert.equal(workers.size, 2);
    assert.deepEqual(hosts(await visitMany(scene, 60, port)), everyone());

    const before = everyone();
    server.signal('SIGHUP');
    await readTo('listens');
    // In the middle of the first one: it follows it.
    server.signal('SIGHUP');
    await readTo('replaced');
    await readTo('replaced');
    assert.equal(workers.size, 2);
    assert.ok(!before.some((pid) => workers.has(pid)));
    assert.deepEqual(hosts(await visitMany(scene, 60, port)), everyone());

    server.signal('SIGTERM');
    assert.equal((await server.exited()).code, 0);
  }));

  it('a taken port is one line of explanation and exit code 1', withScene(async (scene) => {
    const { port } = await scene.listen({ host: undefined });
    const server = scene.run(SERVER, [], { env: { PORT: String(port), WORKERS: '2' } });
    const { code, stderr } = await server.exited();
    assert.equal(code, 1);
    assert.match(stderr, /^The server could not be started: .*EADDRINUSE.*\nA worker could not start\n$/);
  }));
});
