// @ts-check
'use strict';

/**
 * Which test files run alone, or almost. `npm test` runs all others first, several at a time; then those of `QUIET`, three
 * at a time; then those of `ALONE`, one after the other. `alone.test.js` checks that each file that reads a clock, memory
 * or CPU time is in one of the first three lists.
 */

/**
 * Files that bound a time, memory or CPU time from above, and need little of a core: three of them can run at the same time, and
 * nothing else. With what they measure.
 */
const QUIET = {
  '__test__/original/original.test.js': 'its own tests wait for 10 ms only',
  '__test__/attach/process.test.js': 'CPU time of a server',
  '__test__/process/large-bursts.test.js': 'CPU time of an io thread',
  '__test__/process/silent-peer.test.js': 'how soon a silent peer is noticed',
  '__test__/limits/rates.test.js': 'rates',
  '__test__/client/contract/ping.test.js': 'intervals between pings',
  '__test__/process/few.test.js': 'how soon a ping is answered, and requests that follow one another at once',
  '__test__/process/clock.test.js': 'how soon deadlines take effect',
  '__test__/limits/draining.test.js': 'how soon clients are closed, and how evenly',
  '__test__/contract/ping.test.js': 'intervals between pings',
  '__test__/process/live-options.test.js': 'how soon options take effect',
  '__test__/contract/handshake.test.js': 'how soon a connection is closed',
  '__test__/client/handshake-rejected.test.js': 'intervals between attempts',
  '__test__/process/verdict.test.js': 'how soon a verdict takes effect',
  '__test__/process/keep-alive.test.js': 'how soon a ping is answered',
};

/** Files that bound a time from above and need all cores, which any other test would disturb, and what they measure. */
const ALONE = {
  '__test__/chaos/chaos.test.js': 'how late a timer is',
  '__test__/process/fairness.test.js': 'response times',
  '__test__/rooms/returning.test.js': 'how soon clients that come back are served',
};

/** Files that read a clock or the like, and why other tests do not disturb them. */
const UNDISTURBED = {
  '__test__/attach/resets.test.js': 'keeps a process busy for a time',
  '__test__/attach/unserved.test.js': 'a time is bounded from below, or by seconds',
  '__test__/chaos/faults.test.js': 'expects to find faults',
  '__test__/client/contract/send.test.js': 'times are bounded from below',
  '__test__/client/queue.test.js': 'times are bounded from below',
  '__test__/client/send-options.test.js': 'times are bounded from below',
  '__test__/client/fake-timers.test.js': 'replaces clocks',
  '__test__/cluster/engine.test.js': 'times are bounded by seconds',
  '__test__/cluster/reconnecting.test.js': 'memory of a process of its own, which others do not change',
  '__test__/cluster/required.test.js': 'a time is bounded by seconds',
  '__test__/contract/answers.test.js': 'a time is bounded by ten seconds',
  '__test__/contract/close.test.js': 'times are bounded from below',
  '__test__/contract/send.test.js': 'times are bounded from below',
  '__test__/deadlines.test.js': 'its clock stands still while other processes run',
  '__test__/deflate/hostile.test.js': 'memory of its own process, which others do not change',
  '__test__/deflate/inflating.test.js': 'memory of its own process, which others do not change',
  '__test__/limits/handshake-payload.test.js': 'memory of its own process, which others do not change',
  '__test__/process/contexts.test.js': 'keeps a process busy for a time',
  '__test__/process/slots.test.js': 'keeps a process busy for a time',
  '__test__/process/dead-connections.test.js': 'a time is bounded from below',
  '__test__/process/fakes-before.test.js': 'replaces clocks',
  '__test__/process/flood.test.js': 'memory of a process of its own, which others do not change',
  '__test__/process/garbage.test.js': 'memory of a process of its own, which others do not change',
  '__test__/process/idle-memory.test.js': 'memory of a process of its own, which others do not change',
  '__test__/process/slow-consumer.test.js': 'memory of a process of its own, which others do not change',
  '__test__/nodes/alone.test.js': 'a time is bounded by five seconds',
  '__test__/process/last-words.test.js': 'a time is bounded by seconds',
  '__test__/process/restart.test.js': 'counts descriptors and threads of its own process',
  '__test__/process/stopping.test.js': 'runs for a time',
  '__test__/readme.test.js': 'a time is bounded from below',
  '__test__/rooms/many.test.js': 'keeps a thread busy for a time',
  '__test__/soak/soak.test.js': 'compares no memory in so short a time',
};

/** The files that take longest, which begin first, so that none of them is left over for one core at the end. */
const LONG = [
  '__test__/examples/hostile.test.js',
  '__test__/package/bundling.test.js',
  '__test__/package/install.test.js',
  '__test__/package/checkout.test.js',
  '__test__/docs/site.test.js',
  '__test__/guides.test.js',
  '__test__/browser/chat.test.js',
  '__test__/chaos/faults.test.js',
  '__test__/client/builds.test.js',
  '__test__/loader/missing-binary.test.js',
];

module.exports = { QUIET, ALONE, UNDISTURBED, LONG };
