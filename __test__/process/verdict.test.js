// @ts-check
'use strict';

/** Verdicts on upgrades that come late, twice or never: a request waits no longer than `upgradeTimeout`. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay, until } = require('../helpers/timing');
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
