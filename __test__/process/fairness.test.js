// @ts-check
'use strict';

/**
 * Peers that send as fast as they can take nothing from others but what they are due (contract section 5,
 * Time): the application's timers are served, and so are other connections.
 *
 * `FLOODERS=1,4,20 SECONDS=2` tries each with so many flooders, for so long; `node bench/flood.js` has the figures.
 * `LINE_FLOODS=all`, which runs every night, tries every kind of flood, not only one of each group of similar ones.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const os = require('node:os');
const { withScene } = require('./support/scene');
const { besiege } = require('./support/siege');
const { FLOODS } = require('./children/besiegers');

const COUNTS = (process.env.FLOODERS ?? '20').split(',').map(Number);
/** Kinds of floods for which a similar one is tried. */
const SIMILAR = [
  'other handshakes, pending', 'invalid texts, pending', 'clients that come and go unheard', 'responses, pending',
  'pings, pending', 'handshakes', 'invalid binary', 'requests answered in a tick', 'large payloads for nobody',
  'pings',
];

const KINDS = Object.keys(FLOODS).filter((kind) => process.env.LINE_FLOODS === 'all' || !SIMILAR.includes(kind));

const TIME = Number(process.env.SECONDS ?? 0.5) * 1000;

/**
 * Longest time a timer may be late, in ms, beyond the 1 ms that a handler takes. What other processes take
 * of the cores is subtracted, but not what they cost in caches: a machine with far too much to do gets more.
 */
const LATE = os.loadavg()[0] < 4 * os.cpus().length ? 50 : 150;

/**
 * Longest time an honest client waits for an answer, in ms, in nine of ten cases. The machine has other
 * work, which a test cannot subtract here; the fault was seconds.
 */
const PATIENCE = LATE === 50 ? 250 : 1000;

/**
 * The most CPU time of the server's thread while an honest client waits for an answer, in nine of ten cases, in ms. What else
 * the machine does changes it little. `__test__/turns.test.js` bounds what the package does in one turn.
 */
const BUSY = LATE === 50 ? 30 : 60;

/** Otherwise the thread waits for others that collect garbage, to which a busy machine may give no time. */
const nodeArgs = ['--single-threaded-gc'];

describe('a flood delays nobody else', () => {
  for (const kind of KINDS) {
    for (const count of COUNTS) {
      it(`${kind}, from ${count}`, withScene(async (scene, test) => {
        const { late, times, busy, busyTimes } = await besiege(scene, { kind, count, time: TIME, nodeArgs });
        const [middle, most] = [0.5, 0.9].map((part) => times[Math.floor(times.length * part)]);
        const busyMost = busyTimes[Math.floor(busyTimes.length * 0.9)];
        const figures =
          `timer late by ${late.toFixed()} ms, ${busy.toFixed()} of them busy; ` +
          `answers p50 ${middle.toFixed(1)}, p90 ${most.toFixed(1)} ms, ${busyMost.toFixed(1)} of them busy`;
        test.diagnostic(figures);
        assert.ok(late < LATE + 5, figures);
        assert.ok(most < PATIENCE, figures);
        assert.ok(busyMost < BUSY, figures);
      }));
    }
  }
});
