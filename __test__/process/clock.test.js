// @ts-check
'use strict';

/** Deadlines keep their time when somebody sets the system's clock: they go by a monotonic one. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { delay } = require('../helpers/timing');
const { withScene } = require('./support/scene');
const { WallClock } = require('./support/clock');

/** Deadlines of the server, in ms: long enough to see that none passes early. */
const OPTIONS = { handshakeTimeout: 900, responseTimeout: 900, pingInterval: 450, upgradeTimeout: 900 };

/** How long nothing may happen after the jump, in ms. */
const QUIET = 250;

/** Most that a deadline may be late, in ms. */
const LATE = 2500;

const YEAR = 365 * 24 * 3600;

/** How far a clock may be from where it was set, in ms. */
const CLOCK_ERROR = 60000;

/**
 * @param {Promise<unknown>} promise
 * @param {number} [start] When the server may first have begun to count, by `performance.now()`.
 * @returns {Promise<number>} Milliseconds from then until it was fulfilled.
 */
async function duration(promise, start = performance.now()) {
  await promise;
  return performance.now() - start;
}

/** @param {string} what @param {number} took @param {number} promised */
function assertTimely(what, took, promised) {
  // Both ends read their clocks in whole milliseconds.
  assert.ok(took > promised - 5, `${what} after ${took} ms, ${promised - took} early`);
  assert.ok(took < promised + LATE, `${what} after ${took} ms, ${took - promised} late`);
}

// Other systems have other ways to put a library before the system's.
if (process.platform === 'linux') {
  describe('the wall clock jumps', () => {
    for (const [where, seconds] of Object.entries({
      'ten years ahead': 10 * YEAR,
      'twenty years back': -20 * YEAR,
      'an hour back': -3600,
    })) {
      it(`${where}: no deadline passes early, and none late`, withScene(async (scene, test) => {
        const clock = new WallClock();
        scene.defer(() => clock.remove());
        const child = scene.child('clock.js', [JSON.stringify(OPTIONS)], { env: clock.env });
        const port = await child.report();
        const [owing, silent] = [await scene.open(port), await scene.open(port)];
        await owing.handshake();
        const keepAlive = setInterval(() => owing.json({ n: 'alive' }), 50);
        scene.defer(() => clearInterval(keepAlive));

        const answered = duration(child.report());
        owing.json({ n: 'owe' });
        await owing.message(({ n }) => n === 'question');
        const heard = performance.now();
        await silent.handshake();
        // Heard for the last time: a ping after pingInterval, the end after responseTimeout more.
        const ended = duration(silent.ended, heard);
        const opened = performance.now();
        const pending = await scene.open(port);
        const refused = duration(pending.ended, opened);
        const before = (await owing.request('time')).message.p;

        clock.shift(seconds);
        const after = (await owing.request('time')).message.p;
        assert.ok(Math.abs(after - before - seconds * 1000) < CLOCK_ERROR, `jumped by ${after - before} ms`);
        await delay(QUIET);
        assert.deepEqual([silent.frames.length, pending.frames.length, silent.socket.destroyed], [1, 0, false]);
        assert.equal((await owing.request('time')).message.e, null);

        /** @type {[string, number, number][]} */
        const ends = [
          ['handshake refused', await refused, OPTIONS.handshakeTimeout],
          ['send rejected', await answered, OPTIONS.responseTimeout],
          ['silent peer closed', await ended, OPTIONS.pingInterval + OPTIONS.responseTimeout],
        ];
        test.diagnostic(ends.map(([what, took, promised]) => `${what} after ${Math.round(took)} ms of ${promised}`).join(', '));
        ends.forEach(([what, took, promised]) => assertTimely(what, took, promised));
        assert.equal((await pending.closed()).code, 4202);
        assert.equal((await silent.closed()).code, 4201);
        owing.json({ n: 'stop' });
        await child.succeeded();
      }));
    }
  });
}
