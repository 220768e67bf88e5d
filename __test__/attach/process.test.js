// @ts-check
'use strict';

/** What a process holds, and what keeps it alive, when its connections come from an HTTP server. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { delay } = require('../helpers/timing');
const { exchange } = require('../helpers/raw-http');
const { withScene } = require('../process/support/scene');
const { WAYS, open } = require('./support');

const SERVED = path.join(__dirname, 'children/served.js');

/** How long a process that must live is watched, in ms. */
const WATCHED = 300;

/** Node's own idle CPU time in the time that is measured, in ms; a loop that spins uses 300. */
const IDLE = 100;

/**
 * @param {import('../process/support/scene').Scene} scene
 * @param {string} scenario
 * @param {number} [way]
 */
async function child(scene, scenario, way = 0) {
  const started = scene.run(SERVED, [scenario, way]);
  return { child: started, port: /** @type {number} */ (await started.report()) };
}

describe('the process of an attached server', () => {
  it('ends when the HTTP server is closed, as with the original: also without stop()', withScene(async (scene) => {
    await (await child(scene, 'close')).child.succeeded();
  }));

  it('ends after stop(), which resolves before', withScene(async (scene) => {
    const { child: stopping } = await child(scene, 'stop');
    assert.equal(await stopping.report(), 'stopped');
    await stopping.succeeded();
  }));

  WAYS.forEach((way, index) => {
    it(`lives while there are connections: ${way.name}`, withScene(async (scene) => {
      const { child: living, port } = await child(scene, 'close connected', index);
      const client = await open(scene, way, port);
      await client.handshake();
      assert.equal(await living.report(), 'closed');
      await delay(WATCHED);
      assert.ok(living.isRunning);
      await client.fence();
      client.close(1000);
      await client.closeFrame();
      client.end();
      await living.succeeded();
    }));

    it(`the HTTP server keeps it alive after stop(): ${way.name}`, withScene(async (scene) => {
      const { child: living, port } = await child(scene, 'stop connected', index);
      const client = await open(scene, way, port);
      await client.handshake();
      client.ended.then(() => client.end());
      assert.equal(await living.report(), 'stopped');
      await delay(WATCHED);
      assert.ok(living.isRunning);
      if (way.encrypted) return;
      await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await living.succeeded();
    }));

    it(`a client has no file loaded, for which there may be no descriptor: ${way.name}`, withScene(async (scene) => {
      const { child: loading, port } = await child(scene, 'loads', index);
      const client = await open(scene, way, port);
      client.json({ n: '_h', i: '1' });
      assert.deepEqual(await loading.report(), { url: '/', loaded: [] });
    }));

    if (process.platform === 'linux') {
      it(`nothing is left of connections that are gone: ${way.name}`, withScene(async (scene) => {
        const { child: counting, port } = await child(scene, 'leak', index);
        for (let i = 0; i < 10; i++) {
          const clients = await Promise.all(Array.from({ length: 4 }, () => open(scene, way, port)));
          for (const client of clients) await client.handshake();
          // Each ends in another way.
          const [closing, ending, resetting, leaving] = clients;
          closing.close(1000);
          ending.end();
          if (way.encrypted) resetting.destroy();
          else resetting.reset();
          leaving.destroy();
          closing.closeFrame().then(() => closing.end(), () => {});
        }
        const { before, after } = await counting.report(20000);
        assert.deepEqual(after, before);
      }));

      it(`a connection that is not read costs no time: ${way.name}`, withScene(async (scene) => {
        const { child: measured, port } = await child(scene, 'unread', index);
        const client = await open(scene, way, port);
        for (let i = 0; i < 40; i++) client.text('x'.repeat(100000));
        const { sockets, cpu } = await measured.report();
        assert.ok(cpu < IDLE, `${cpu} ms`);
        // An adopted socket is no longer one of Node's.
        assert.equal(sockets, way.transport === 'adopted' ? 0 : 1);
      }));
    }
  });
});
