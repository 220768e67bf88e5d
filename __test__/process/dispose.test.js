// @ts-check
'use strict';

/** `await using server = new Server(…)`: what the end of the scope does. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { loadNative } = require('../helpers/implementations');
const { within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

const { Server } = loadNative();
const { asyncDispose } = Symbol;

describe('the end of `await using`', { skip: asyncDispose === undefined && 'this Node has no Symbol.asyncDispose' }, () => {
  it('stops a server', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    await within(server[asyncDispose](), 'end');
    assert.equal(server.server, null);
    assert.equal(connection.state, 'disconnected');
    await client.closed();
    // As often as wanted.
    await within(server[asyncDispose](), 'second end');
    await server.start();
  }));

  it('does nothing with a server that was not started', async () => {
    assert.equal(await new Server({ port: 0 })[asyncDispose](), undefined);
  });

  it('waits for a server that is being stopped', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    /** @type {any} */
    let asked;
    connection.on('ask', (/** @type {any} */ message) => (asked = message));
    client.json({ n: 'ask', i: '1' });
    while (asked === undefined) await new Promise(setImmediate);
    let ended = false;
    const stopped = server.stop({ drain: 5000 });
    const disposed = server[asyncDispose]().then(() => (ended = true));
    await new Promise(setImmediate);
    assert.equal(ended, false);
    asked.resolve('answer');
    assert.equal((await client.message(({ i }) => i === '1')).message.p, 'answer');
    await within(Promise.all([stopped, disposed]), 'end');
  }));

  it('waits for a server that was stopped while it started', withScene(async () => {
    const server = new Server({ port: 0, host: '127.0.0.1' });
    const ends = /** @type {string[]} */ ([]);
    const note = (/** @type {Promise<unknown>} */ promise, /** @type {string} */ what) => promise.then(() => ends.push(what));
    const started = assert.rejects(server.start(), { code: 'sInvalidAction' });
    await Promise.all([note(server.stop(), 'stop'), note(server[asyncDispose](), 'dispose')]);
    assert.deepEqual(ends, ['stop', 'dispose']);
    await started;
  }));

  it('ends a start that is under way', withScene(async () => {
    const server = new Server({ port: 0, host: '127.0.0.1' });
    const started = assert.rejects(server.start(), { code: 'sInvalidAction' });
    await within(server[asyncDispose](), 'end');
    await started;
    assert.equal(server.address(), null);
  }));

  it('is that of a subclass, and not enumerable', async () => {
    let stops = 0;
    class Own extends Server {
      async stop() {
        stops += 1;
        await super.stop();
      }
    }
    const server = new Own({ port: 0 });
    await server.start();
    await server[asyncDispose]();
    assert.equal(stops, 1);
    assert.equal(Object.hasOwn(server, asyncDispose), false);
    assert.equal(Object.prototype.propertyIsEnumerable.call(Server.prototype, asyncDispose), false);
  });
});
