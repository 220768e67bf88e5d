// @ts-check
'use strict';

/** Rooms with history whose messages an engine of the application keeps, whatever that engine does. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { withScene } = require('../process/support/scene');
const { until } = require('../helpers/timing');
const { Bus } = require('./support/bus');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');

/** @typedef {import('./support/bus').KeepingEngine} KeepingEngine */

const HISTORY = { news: { size: 100, ttl: 60_000 } };

/**
 * Starts two servers on one bus, and waits until they know each other.
 * @param {import('../process/support/scene').Scene} scene
 */
async function pair(scene) {
  const bus = new Bus();
  const engines = [bus.keepingEngine(), bus.keepingEngine()];
  const nodes = await startNodes(scene, 2, (index) => ({ adapter: engines[index], history: HISTORY }));
  await until(() => nodes.every(({ server }) => server.nodes.list().length === 2), 'both known');
  return { bus, engines, nodes, servers: nodes.map(({ server }) => server) };
}

describe('rooms with history and an engine of the application', () => {
  it('one order for all, positions, and recovery at another server', withScene(async (scene) => {
    const { bus, nodes, servers: [a, b] } = await pair(scene);
    const first = await connect(scene, nodes[0], { rooms: ['news'], positions: {} });
    const second = await connect(scene, nodes[1], { rooms: ['news'], positions: {} });
    for (let number = 0; number < 20; number += 1) (number % 2 === 0 ? a : b).room('news').broadcast('said', number);
    const said = await first.got('said', 20);
    assert.deepEqual(await second.got('said', 20), said);
    assert.deepEqual([...said].sort((x, y) => x - y), Array.from({ length: 20 }, (_, number) => number));
    const { position } = await a.room('news').broadcastAsync('said', 20);
    assert.equal(position, bus.histories.get('line:r:news')?.kept.at(-1)?.position);
    await first.got('said', 21);
    first.close();
    a.room('news').broadcast('said', 21);
    await a.room('news').broadcastAsync('said', 22);
    const back = await connect(scene, nodes[1], { positions: { news: position } });
    const { recovered, replayed } = await back.join('news');
    assert.deepEqual([recovered, replayed, back.payloads('said')], [true, 2, [21, 22]]);
    const read = await b.room('news').history({ since: position });
    assert.deepEqual([read.messages.map(({ payload }) => payload), read.complete], [[21, 22], true]);
  }));

  it('a message that it refuses is told, and others are kept', withScene(async (scene) => {
    const { engines: [engine], nodes: [node], servers: [a] } = await pair(scene);
    const member = await connect(scene, node, { rooms: ['news'], positions: {} });
    const append = engine.append.bind(engine);
    engine.append = async (entries) => {
      const isBad = entries.map(({ data }) => Buffer.from(data).includes('bad'));
      const positions = await append(entries.filter((_, index) => !isBad[index]));
      return isBad.map((bad) => (bad ? new Error('too bad') : /** @type {string} */ (positions.shift())));
    };
    const bad = a.room('news').broadcastAsync('said', 'bad');
    const good = a.room('news').broadcastAsync('said', 'good');
    await assert.rejects(bad, { code: 'sAdapterDown', message: /too bad/ });
    assert.match((await good).position ?? '', /^\w+:1:\w+$/);
    assert.deepEqual(await member.got('said', 1), ['good']);
    assert.equal(a.nodes.state, 'up');
  }));

  /** What methods give, once. @type {[string, (engine: KeepingEngine) => void][]} */
  const failures = [
    ['append, which rejects', (engine) => once(engine, 'append', () => Promise.reject(new Error('no')))],
    ['append, which throws', (engine) => once(engine, 'append', () => { throw new Error('no'); })],
    ['append, which has kept all', (engine) => once(engine, 'append', async (keep) => { await keep(); throw new Error('no'); })],
    ['append, which gives nothing', (engine) => once(engine, 'append', async (keep) => void (await keep()))],
    ['append, which gives what is no position', (engine) => once(engine, 'append', async (keep) => (await keep()).map(() => 'x'))],
    ['append, which gives too large a number', (engine) => once(engine, 'append', async (keep) => (await keep()).map(() => '1:99999999999999999999:1'))],
    ['append, which gives too few positions', (engine) => once(engine, 'append', async (keep) => (await keep()).slice(1))],
    ['read, which gives nothing', (engine) => {
      once(engine, 'append', async (keep) => { await keep(); throw new Error('no'); });
      once(engine, 'read', () => undefined);
    }],
    ['read, which gives texts', (engine) => {
      once(engine, 'append', async (keep) => { await keep(); throw new Error('no'); });
      once(engine, 'read', () => ({ position: '1:1:1', messages: [{ position: '1:1:1', data: 'text' }] }));
    }],
    ['positions, which gives objects', (engine) => {
      once(engine, 'positions', () => [{}]);
      engine.sink?.down(new Error('cut'));
    }],
  ];
  for (const [what, fail] of failures) {
    it(`a failure of ${what}, loses nothing and repeats nothing`, withScene(async (scene) => {
      const { bus, engines: [engine], nodes, servers: [a] } = await pair(scene);
      const members = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: ['news'], positions: {} })));
      fail(engine);
      for (let number = 0; number < 3; number += 1) a.room('news').broadcast('said', number);
      await until(() => engine.calls.filter((name) => name === 'start').length >= 2, 'started again', 15_000);
      await until(() => a.nodes.state === 'up', 'up again', 15_000);
      await a.room('news').broadcastAsync('said', 3);
      for (const member of members) assert.deepEqual(await member.got('said', 4), [0, 1, 2, 3]);
      assert.equal(bus.histories.get('line:r:news')?.offset, 4);
    }));
  }

  it('what is wrong with positions from its sink does no harm', withScene(async (scene) => {
    const { engines: [engine], nodes: [node], servers: [a] } = await pair(scene);
    const member = await connect(scene, node, { rooms: ['news'], positions: {} });
    const { sink } = engine;
    const data = Buffer.from('{"n":"said","p":"false"}');
    for (const position of ['', 'x', '1:1', '1:-1:0', 'z'.repeat(300), '0:18446744073709551615:0', /** @type {any} */ ({}), /** @type {any} */ (5)]) {
      for (const channel of ['line:r:news', 'line:all', 'line:n', 'other']) sink?.message(channel, data, position);
    }
    a.room('news').broadcast('said', 1);
    assert.deepEqual(await member.got('said', 1), [1]);
    assert.equal(a.nodes.state, 'up');
  }));

  it('the engine of the documentation does', withScene(async (scene) => {
    const page = fs.readFileSync(path.join(__dirname, '../../docs/reference/engine.md'), 'utf8');
    const [, code] = /** @type {RegExpExecArray} */ (/```js\n(class MemoryEngine[^]*?)```/.exec(page));
    const MemoryEngine = new Function(`${code}; return MemoryEngine;`)();
    const nodes = await startNodes(scene, 2, () => ({ adapter: new MemoryEngine(), history: HISTORY }));
    await until(() => nodes.every(({ server }) => server.nodes.list().length === 2), 'both known');
    const member = await connect(scene, nodes[0], { rooms: ['news'], positions: {} });
    const { position } = await nodes[1].server.room('news').broadcastAsync('said', 0);
    for (let number = 1; number <= 120; number += 1) nodes[number % 2].server.room('news').broadcast('said', number);
    assert.deepEqual((await member.got('said', 121)).sort((a, b) => a - b), Array.from({ length: 121 }, (_, number) => number));
    const { messages, complete } = await nodes[0].server.room('news').history({ since: position });
    assert.deepEqual([messages.length, complete], [100, false]);
    const last = member.received.filter(({ p }) => typeof p === 'number')[50];
    const back = await connect(scene, nodes[1], { positions: { news: last.o } });
    assert.deepEqual(await back.join('news').then(({ recovered, replayed }) => [recovered, replayed]), [true, 70]);
    member.close();
  }));

  it('an engine that lacks methods is refused, and told which', () => {
    const { Server } = require('../..');
    assert.throws(() => new Server({ adapter: new Bus().engine(), history: HISTORY }), {
      code: 'sInvalidOptions',
      message: /"options\.history" needs an engine that keeps messages .*: append, read, positions of "options\.adapter"/,
    });
    const some = Object.assign(new Bus().engine(), { append: async () => [], read: async () => ({ position: null, messages: [] }) });
    assert.throws(() => new Server({ adapter: some, history: HISTORY }), { code: 'sInvalidOptions', message: /: positions of / });
    assert.doesNotThrow(() => new Server({ adapter: some, history: {} }));
    assert.doesNotThrow(() => new Server({ adapter: new Bus().keepingEngine(), history: HISTORY }));
  });
});

/**
 * @param {any} engine
 * @param {string} name Of the method that acts otherwise, once.
 * @param {(keep: () => Promise<any>) => any} act
 */
function once(engine, name, act) {
  const before = engine[name].bind(engine);
  engine[name] = (/** @type {any[]} */ ...args) => {
    engine[name] = before;
    return act(() => before(...args));
  };
}
