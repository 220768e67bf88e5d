// @ts-check
'use strict';

/** Verdicts on upgrades that come late, twice or never: a request waits no longer than `upgradeTimeout`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { WAYS, Wrapped, attached } = require('../attach/support');
const { upgradeRequest } = require('../helpers/raw-http');
const { TRUST, identity } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** Time the application has, in ms; and how much later its end may be noticed. */
const TIMEOUT = 300;
const LATE = 2000;

/**
 * A server whose `verifyClient` leaves its verdicts to the test.
 * @param {import('./support/scene').Scene} scene
 * @param {Record<string, unknown>} options
 */
async function undecided(scene, options) {
  /** Of the requests so far, in their order. @type {((ok: boolean, status?: number) => void)[]} */
  const verdicts = [];
  const { port } = await scene.listen({
    verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => verdicts.push(callback),
    ...options,
  });
  /** Sends a request, and waits until the application is asked. */
  const knock = async () => {
    const asked = verdicts.length + 1;
    const status = scene.open(port).then(
      () => 101,
      (/** @type {any} */ error) => error.status,
    );
    await until(() => verdicts.length === asked, 'asked');
    return { status };
  };
  return { verdicts, knock };
}

describe('verifyClient that', () => {
  it('never decides: 503 after upgradeTimeout', withScene(async (scene) => {
    const { knock } = await undecided(scene, { upgradeTimeout: TIMEOUT });
    const begin = performance.now();
    const { status } = await knock();
    assert.equal(await status, 503);
    const took = performance.now() - begin;
    assert.ok(took > TIMEOUT - 5 && took < TIMEOUT + LATE, `${took} ms`);
  }));

  it('takes its time: there is no limit when upgradeTimeout is 0', withScene(async (scene) => {
    const { verdicts, knock } = await undecided(scene, { upgradeTimeout: 0 });
    const { status } = await knock();
    await delay(TIMEOUT);
    verdicts[0](true);
    assert.equal(await status, 101);
  }));

  it('decides too late: nobody else is let in by that', withScene(async (scene) => {
    const { verdicts, knock } = await undecided(scene, { upgradeTimeout: TIMEOUT });
    assert.equal(await (await knock()).status, 503);
    const { status } = await knock();
    verdicts[0](true);
    verdicts[1](false, 403);
    assert.equal(await status, 403);
  }));

  it('decides twice: nobody else is let in by that', withScene(async (scene) => {
    const { verdicts, knock } = await undecided(scene, {});
    const first = await knock();
    verdicts[0](false, 401);
    assert.equal(await first.status, 401);
    const { status } = await knock();
    verdicts[0](true);
    verdicts[1](false, 403);
    assert.equal(await status, 403);
  }));
});

describe('a client that resets its connection before verifyClient decides frees its place', () => {
  /**
   * @param {import('./support/scene').Scene} scene
   * @param {(options: Record<string, unknown>) => Promise<{port: number}>} serve
   * @param {boolean} encrypted
   */
  async function resets(scene, serve, encrypted) {
    /** @type {((ok: boolean) => void)[]} */
    const verdicts = [];
    const verifyClient = (/** @type {any} */ _info, /** @type {any} */ callback) => verdicts.push(callback);
    const { port } = await serve({ verifyClient, maxConnections: 1, upgradeTimeout: 0 });
    const knock = async () => {
      const asked = verdicts.length + 1;
      const raw = net.connect({ port, host: '127.0.0.1', noDelay: true });
      // Resetting a socket that TLS has taken over leaves Node 20 spinning when it ends.
      const socket = encrypted ? tls.connect({ socket: new Wrapped(raw), servername: 'localhost', ...TRUST }) : raw;
      for (const each of [raw, socket]) each.on('error', () => {});
      scene.defer(() => raw.destroy());
      // Bytes that nobody reads do not hide the reset.
      socket.write(upgradeRequest() + 'x'.repeat(1000));
      await until(() => verdicts.length === asked, 'asked');
      return { raw, socket };
    };
    for (let count = 0; count < 3; count += 1) {
      const { raw } = await knock();
      raw.resetAndDestroy();
      await delay(50);
    }
    // Too late for all of them.
    for (const verdict of verdicts) verdict(true);
    const { socket } = await knock();
    const answered = new Promise((resolve) => socket.once('data', resolve));
    verdicts[3](true);
    assert.match(String(await within(answered, 'answer')), /^HTTP\/1\.1 101 /);
  }

  for (const [name, own] of Object.entries({ 'its own port': {}, 'its own port with TLS': { tls: identity('server') } })) {
    it(`at ${name}`, withScene((scene) => resets(scene, (given) => scene.listen({ ...own, ...given }), 'tls' in own)));
  }

  for (const way of WAYS) {
    it(`at ${way.name}`, withScene((scene) => resets(scene, (given) => attached(scene, way, given), way.encrypted)));
  }
});
