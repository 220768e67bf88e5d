// @ts-check
'use strict';

/** Times above 2 ** 31 - 1 ms, which timers of Node take for 1 ms, and times that are none. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const timers = require('node:timers');
const { delay, within } = require('../helpers/timing');
const { OPTIONS } = require('../../lib/options/known-options.js');
const { withScene } = require('./support/scene');

/** Times, in ms, that no test waits for. */
const LONG = [2 ** 31 - 1, 2 ** 31, 30 * 86400e3, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER];
/** What would happen at once has happened after so many ms. */
const AT_ONCE = 60;

const TIMES = Object.keys(OPTIONS).filter((name) => OPTIONS[name].rule?.[1].endsWith('in milliseconds'));

/**
 * The body of a test during which no timer may warn of its time.
 * @param {(scene: import('./support/scene').Scene) => Promise<void>} body
 */
function withoutWarnings(body) {
  return withScene(async (scene) => {
    /** @type {Error[]} */
    const warnings = [];
    const note = (/** @type {Error} */ warning) => warnings.push(warning);
    process.on('warning', note);
    scene.defer(async () => void process.off('warning', note));
    await body(scene);
    await delay(1);
    assert.deepEqual(warnings, []);
  });
}

/** A long timer that was loaded with timers of the test, whose parts end when it says so. */
function timerWithSteps() {
  const folders = ['lib', 'common'].map((name) => path.join(__dirname, '../..', name, path.sep));
  const loadedHere = () => Object.keys(require.cache).filter((file) => folders.some((folder) => file.startsWith(folder)));
  const kept = loadedHere().map((file) => /** @type {const} */ ([file, require.cache[file]]));
  const forget = () => loadedHere().forEach((file) => delete require.cache[file]);
  const { setTimeout, clearTimeout } = timers;
  /** @type {{run: () => void, ms: number}[]} */
  const parts = [];
  let cleared = 0;
  forget();
  Object.assign(timers, {
    setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => parts.push({ run, ms }),
    clearTimeout: () => (cleared += 1),
  });
  try {
    const { LongTimer } = require('../../lib/runtime/long-timer.js');
    return { LongTimer, parts, cleared: () => cleared };
  } finally {
    Object.assign(timers, { setTimeout, clearTimeout });
    forget();
    kept.forEach(([file, module]) => (require.cache[file] = module));
  }
}

describe('long times', () => {
  it('a timer waits in parts, and for all of its time', () => {
    const { LongTimer, parts, cleared } = timerWithSteps();
    let calls = 0;
    const timer = new LongTimer(() => (calls += 1), 2 ** 32 + 5);
    for (let at = 0; at < 3; at++) {
      assert.equal(calls, 0);
      parts[at].run();
    }
    assert.deepEqual(parts.map(({ ms }) => ms), [2 ** 31 - 1, 2 ** 31 - 1, 7]);
    assert.equal(calls, 1);
    timer.cancel();
    assert.equal(cleared(), 1);
  });

  it('close() waits as long as it is told to', withoutWarnings(async (scene) => {
    for (const wait of [...LONG, Infinity, '3000000000']) {
      const { connection } = await scene.pair();
      let ended = false;
      const closed = connection.close(1000, 'later', wait).then(() => (ended = true));
      await delay(AT_ONCE);
      assert.equal(connection.state, 'connected', String(wait));
      assert.equal(connection.socket.readyState, 1, String(wait));
      assert.equal(ended, false);
      // Whatever ends it settles all calls.
      await connection.close(4000, 'now');
      await within(closed, 'end');
    }
  }));

  it('close() refuses what is no time', withScene(async (scene) => {
    const { connection } = await scene.pair();
    for (const wait of [NaN, 'soon', {}, [], Symbol('s'), () => 1, { toString: 0, valueOf: 0 }]) {
      const refusal = { name: 'LineError', code: 'scWebsocketError', message: /delay .* milliseconds/ };
      await assert.rejects(connection.close(1000, 'x', wait), refusal, typeof wait);
    }
    await delay(AT_ONCE);
    assert.equal(connection.socket.readyState, 1);
  }));

  for (const wait of [0, null, undefined, -5, -Infinity, '', '5', 0.5, 5n]) {
    it(`close() after ${String(wait)} ms (${typeof wait})`, withScene(async (scene) => {
      const { client, connection } = await scene.pair();
      await connection.close(4001, 'soon', wait);
      assert.equal((await client.closed()).code, 4001);
    }));
  }

  it('send() waits as long as it is told to', withoutWarnings(async (scene) => {
    const { client, connection } = await scene.pair();
    /** @type {unknown[]} */
    const ends = [];
    const sends = LONG.map((wait) => connection.send('ask', wait, wait));
    sends.forEach((send) => send.catch(() => {}).then(() => ends.push(1)));
    await delay(AT_ONCE);
    assert.deepEqual(ends, []);
    for (const wait of LONG) {
      const { message: { i } } = await client.message(({ n, p }) => n === 'ask' && p === wait);
      client.text(JSON.stringify({ n: '_r', i, p: wait, e: null }));
    }
    assert.deepEqual(await within(Promise.all(sends), 'answers'), LONG);
  }));

  for (const time of LONG) {
    it(`options of ${time} ms, when they are given and when they are set later`, withoutWarnings(async (scene) => {
      const times = Object.fromEntries(TIMES.map((name) => [name, time]));
      assert.ok(TIMES.includes('closeTimeout') && TIMES.includes('rateTimeout') && TIMES.length >= 7);
      for (const prepare of [(/** @type {any} */ server) => Object.assign(server.options, times), () => {}]) {
        const target = await scene.serve(prepare.length > 0 ? {} : times);
        prepare(target.server);
        const waiting = await scene.open(target.port);
        const { client, connection } = await scene.connect(target);
        const asked = connection.send('ask');
        const { message: { i } } = await client.message(({ n }) => n === 'ask');
        await delay(AT_ONCE);
        client.text(JSON.stringify({ n: '_r', i, p: 1, e: null }));
        await within(asked, 'answer');
        client.answersClose = false;
        const closing = connection.close();
        await delay(AT_ONCE);
        // Nothing was over at once: neither handshake, nor ping, answer, or the answer to the close frame.
        assert.equal(connection.state, 'connected');
        await waiting.handshake();
        client.end();
        await within(closing, 'end');
      }
    }));
  }

  it('stop() waits as long as a timer of Node can', withoutWarnings(async (scene) => {
    const { server, client, connection } = await scene.pair();
    connection.on('ask', () => {});
    client.text(JSON.stringify({ n: 'ask', i: '1' }));
    await delay(AT_ONCE);
    let ended = false;
    const stopping = server.stop({ drain: 2 ** 31 - 1 }).then(() => (ended = true));
    await delay(AT_ONCE);
    assert.equal(ended, false);
    await server.stop();
    await stopping;
    for (const drain of [2 ** 31, Infinity, NaN]) {
      await server.start();
      await assert.rejects(server.stop({ drain }), { code: 'sInvalidOptions', message: /0 to 2147483647/ });
      await server.stop();
    }
  }));
});
