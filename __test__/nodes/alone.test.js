// @ts-check
'use strict';

/** `server.nodes` of a server that is joined with no other. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const os = require('node:os');
const Server = require('../..');
const { version } = require('../../package.json');

describe('nodes without an adapter', () => {
  it('are this server alone', () => {
    const { nodes } = new Server({ port: 0 });
    assert.equal(nodes.state, 'off');
    const [self, ...others] = nodes.list();
    assert.deepEqual(others, []);
    const { id, lastSeen, ...rest } = self;
    assert.match(id, /^[0-9a-f]{16}$/);
    assert.ok(Math.abs(Date.now() - lastSeen) < 5000);
    assert.deepEqual(rest, { name: os.hostname(), pid: process.pid, version, connections: 0, rooms: 0, isSelf: true });
    assert.equal(nodes.list()[0].id, id);
  });

  it('answer nothing, and miss who is asked for by id', async () => {
    const { nodes } = new Server({ port: 0 });
    assert.deepEqual(await nodes.send('a', { b: 1 }), { responses: new Map(), errors: new Map(), missingNodes: [] });
    assert.deepEqual(await nodes.send('a', 1, { to: 'x', timeout: 5 }), { responses: new Map(), errors: new Map(), missingNodes: ['x'] });
    nodes.sendWithoutResponse('a', 1);
  });

  it('refuse what cannot be sent', async () => {
    const { nodes } = new Server({ port: 0 });
    const loop = /** @type {any} */ ({});
    loop.loop = loop;
    await assert.rejects(nodes.send('a', loop), { code: 'mInvalidJson' });
    for (const name of [Object.create(null), { toString() { throw new Error('no'); } }]) {
      await assert.rejects(nodes.send(name), { code: 'sInvalidOptions', message: /^The name of a message must be a string/ });
      assert.throws(() => nodes.sendWithoutResponse(name), { code: 'sInvalidOptions' });
    }
    await assert.rejects(nodes.send('_up'), { code: 'sInvalidOptions', message: /Names that begin with _/ });
    await assert.rejects(nodes.send('a', 1, /** @type {any} */ ({ timeot: 5 })), { code: 'sInvalidOptions', message: /did you mean "timeout"/ });
    await assert.rejects(nodes.send('a', 1, { timeout: -1 }), { code: 'sInvalidOptions', message: /options\.timeout/ });
    assert.throws(() => nodes.sendWithoutResponse('a', 1, /** @type {any} */ ({ to: 5 })), { code: 'sInvalidOptions', message: /options\.to/ });
    assert.throws(() => nodes.sendWithoutResponse('a', loop), { code: 'mInvalidJson' });
  });

  it('are loaded when they are first used', () => {
    const { execFileSync } = require('node:child_process');
    const script = `
      const Server = require(${JSON.stringify(require.resolve('../..'))});
      const server = new Server({ port: 0 });
      const loaded = () => Object.keys(require.cache).filter((file) => /[\\\\/]lib[\\\\/]nodes[\\\\/]/.test(file)).length;
      const before = loaded();
      server.nodes;
      console.log(before, loaded() > 0);
    `;
    assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim(), '0 true');
  });
});
