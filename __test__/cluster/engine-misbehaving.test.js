// @ts-check
'use strict';

/**
 * Engines of an application that do what they should not. None of it ends the process, reaches a client twice, or keeps a
 * server from serving and stopping.
 */

const { setTimeout: realTimeout } = globalThis;
/** How many times as fast the timers of the package are here: an engine that never answers is given up after 9 s. */
const FAST = 20;
// The package takes what is there when it is loaded.
globalThis.setTimeout = /** @type {any} */ ((/** @type {any} */ run, /** @type {number} */ time, /** @type {any[]} */ ...rest) => realTimeout(run, time / FAST, ...rest));
const { Server } = require('../..');
globalThis.setTimeout = realTimeout;

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { delay, until } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');
const { Bus } = require('./support/bus');
const { connect } = require('./support/members');
const { startNodes } = require('./support/nodes');

/** @typedef {import('./support/bus').KeepingEngine} KeepingEngine */

const HISTORY = { kept: { size: 100, ttl: 60_000 } };

/** Things that are no errors. @type {[string, () => any][]} */
const ODD = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['a number', () => 5],
  ['a symbol', () => Symbol('odd')],
  ['an object without a prototype', () => Object.create(null)],
  ['an error whose message throws', () => Object.defineProperty(new Error(), 'message', { get: () => { throw new Error('again'); } })],
  ['an error whose code throws', () => Object.defineProperty(new Error('odd'), 'code', { get: () => { throw new Error('again'); } })],
  ['a revoked proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }],
];

/**
 * Starts two servers on one bus, whose first engine can be changed before and after the start.
 * @param {import('../process/support/scene').Scene} scene
 * @param {(engine: KeepingEngine) => void} [prepare]
 */
async function pair(scene, prepare = () => {}) {
  const bus = new Bus();
  const engines = [bus.keepingEngine(), bus.keepingEngine()];
  prepare(engines[0]);
  const nodes = await startNodes(scene, 2, (index) => ({ adapter: engines[index], history: HISTORY }));
  await until(() => nodes.every(({ server }) => server.nodes.list().length === 2), 'both known', 15_000);
  const members = await Promise.all(nodes.map((node) => connect(scene, node, { rooms: ['news', 'kept'], positions: {} })));
  return { engine: engines[0], engines, nodes, members, servers: nodes.map(({ server }) => server) };
}

/**
 * Both servers serve each other's clients, and nothing has come twice.
 * @param {Awaited<ReturnType<typeof pair>>} pair
 * @param {number} [sent] Messages `said` in each room before.
 */
async function works({ servers, members }, sent = 0) {
  await until(() => servers.every(({ nodes }) => nodes.state === 'up' && nodes.list().length === 2), 'up', 15_000);
  for (const [index, server] of servers.entries()) {
    await server.room('news').broadcastAsync('said', `plain ${index}`);
    await server.room('kept').broadcastAsync('said', `kept ${index}`);
  }
  for (const member of members) {
    const said = await member.got('said', 2 * sent + 4);
    for (const kind of ['plain', 'kept']) {
      assert.deepEqual(said.filter((text) => String(text).startsWith(kind)).sort(), [`${kind} 0`, `${kind} 1`]);
    }
  }
  await delay(20);
  for (const member of members) assert.equal(member.payloads('said').length, 2 * sent + 4);
}

/** @param {any} engine @param {string} name @param {(before: Function, ...args: any[]) => any} act */
function replace(engine, name, act) {
  const before = engine[name].bind(engine);
  engine[name] = (/** @type {any[]} */ ...args) => act(before, ...args);
}

/** @param {any} engine @param {string} name @param {(before: Function, ...args: any[]) => any} act */
function replaceOnce(engine, name, act) {
  const before = engine[name].bind(engine);
  engine[name] = (/** @type {any[]} */ ...args) => {
    engine[name] = before;
    return act(before, ...args);
  };
}

const never = () => new Promise(() => {});

describe('an engine of the application that', { concurrency: true }, () => {
  for (const name of ['start', 'publish', 'subscribe', 'append', 'positions']) {
    it(`never settles ${name}, once: it is given up and started again`, withScene(async (scene) => {
      const isStart = name === 'start';
      const made = await pair(scene, (engine) => isStart && replaceOnce(engine, name, never));
      if (!isStart) replaceOnce(made.engine, name, never);
      // A new room is subscribed to, and its position asked for.
      if (name === 'positions') made.engine.sink?.down(new Error('cut'));
      const joined = connect(scene, made.nodes[0], { rooms: ['another'] });
      const starts = () => made.engine.calls.filter((call) => call === 'start').length;
      await works(made);
      await joined;
      await until(() => starts() >= (isStart ? 1 : 2), 'started again', 15_000);
    }));
  }

  for (const [what, make] of ODD) {
    it(`throws, rejects with and tells its sink ${what}`, withScene(async (scene) => {
      const made = await pair(scene, (engine) => {
        replaceOnce(engine, 'start', () => { throw make(); });
        replaceOnce(engine, 'stop', () => Promise.reject(make()));
      });
      const { engine, servers: [a] } = made;
      const downs = /** @type {any[]} */ ([]);
      a.nodes.on('_down', (error) => downs.push(error));
      for (const fail of [
        () => replaceOnce(engine, 'publish', () => { throw make(); }),
        () => replaceOnce(engine, 'append', () => Promise.reject(make())),
        () => engine.sink?.down(make()),
      ]) {
        const before = downs.length;
        fail();
        a.room('news').broadcast('x', 1);
        a.room('kept').broadcast('x', 1);
        await until(() => downs.length > before && a.nodes.state === 'up', 'down and up', 15_000);
      }
      for (const error of downs) {
        assert.equal(error.code, 'sAdapterDown');
        assert.match(error.message, /the engine \((start|publish|append|connection)\): (?!.*toJSON)./);
      }
      await works(made);
    }));
  }

  it('gives what nobody asked for', withScene(async (scene) => {
    const called = /** @type {string[]} */ ([]);
    const made = await pair(scene, (engine) => {
      for (const name of ['start', 'publish', 'subscribe', 'unsubscribe']) {
        replace(engine, name, (before, ...args) => {
          before(...args);
          // A function, as of a library whose `subscribe` returns what ends it.
          return name === 'publish' ? { then: 5 } : async () => () => called.push(name);
        });
      }
    });
    await works(made);
    assert.deepEqual(called, []);
  }));

  it('answers twice: thenables that settle again, and sinks that are told everything twice', withScene(async (scene) => {
    const made = await pair(scene, (engine) => {
      const twice = { then: (/** @type {Function} */ done, /** @type {Function} */ fail) => { done(); done(); fail(new Error('late')); } };
      replace(engine, 'publish', (before, ...args) => (before(...args), twice));
      replace(engine, 'start', (before, /** @type {any} */ sink) => before({
        message: (/** @type {any[]} */ ...args) => { sink.message(...args); sink.message(...args); },
        up: () => { sink.up(); sink.up(); },
        down: (/** @type {any} */ error) => { sink.down(error); sink.down(error); },
      }));
    });
    made.engine.sink?.up();
    await works(made);
    made.engine.sink?.down(new Error('cut'));
    made.engine.sink?.up();
    made.servers[0].room('news').broadcast('said', 'between');
    made.servers[0].room('kept').broadcast('said', 'between');
    for (const member of made.members) await member.got('said', 6);
    await until(() => made.servers[0].nodes.state === 'up', 'up again');
    await delay(20);
    assert.deepEqual(made.members.map((member) => member.payloads('said').length), [6, 6]);
  }));

  it('throws in `then`', withScene(async (scene) => {
    const made = await pair(scene);
    replaceOnce(made.engine, 'publish', () => ({ then() { throw new Error('then'); } }));
    made.servers[0].room('news').broadcast('x', 1);
    await until(() => made.engine.calls.filter((call) => call === 'start').length === 2, 'started again', 15_000);
    replaceOnce(made.engine, 'publish', () => Object.defineProperty({}, 'then', { get: () => { throw new Error('get then'); } }));
    made.servers[0].room('news').broadcast('x', 2);
    await until(() => made.engine.calls.filter((call) => call === 'start').length === 3, 'started again', 15_000);
    await works(made);
  }));

  it('calls its sink before anything is awaited: messages in `publish`, its end in `start` and `subscribe`', withScene(async (scene) => {
    const made = await pair(scene, (engine) => {
      replaceOnce(engine, 'start', (before, /** @type {any} */ sink) => {
        sink.message('line:all', Buffer.from('{"n":"early"}'));
        sink.down(new Error('at once'));
        return before(sink);
      });
      replaceOnce(engine, 'subscribe', (before, ...args) => {
        before(...args);
        engine.sink?.down(new Error('in subscribe'));
      });
      replace(engine, 'publish', (before, /** @type {string} */ channel, /** @type {Uint8Array} */ data) => {
        before(channel, data);
        engine.sink?.message(channel, data);
      });
    });
    replaceOnce(made.engine, 'publish', (before, ...args) => {
      before(...args);
      made.engine.sink?.down(new Error('in publish'));
      made.engine.sink?.up();
    });
    await works(made);
  }));

  it('loses its methods', withScene(async (scene) => {
    const made = await pair(scene);
    const { engine, servers: [a] } = made;
    const methods = /** @type {any} */ (['publish', 'append']).map((/** @type {'publish'} */ name) => /** @type {const} */ ([name, engine[name].bind(engine)]));
    for (const [name] of methods) /** @type {any} */ (engine)[name] = undefined;
    a.room('news').broadcast('x', 1);
    a.room('kept').broadcast('x', 1);
    await until(() => a.nodes.state === 'down', 'down', 15_000);
    for (const [name, method] of methods) engine[name] = method;
    await works(made);
  }));

  it('stops the server in the middle of a call, and tells its sink afterwards', withScene(async (scene) => {
    const { engine, engines, members, servers: [a, b] } = await pair(scene);
    const { sink } = engine;
    /** @type {Promise<void> | undefined} */
    let stopped;
    replaceOnce(engine, 'publish', (before, ...args) => {
      stopped = a.stop();
      return before(...args);
    });
    a.room('news').broadcast('said', 1);
    await until(() => stopped !== undefined, 'stopping');
    await stopped;
    sink?.message('line:all', Buffer.from('{"n":"late"}'));
    sink?.down(new Error('late'));
    sink?.up();
    engines[1].sink?.message('line:all', Buffer.from('{"n":"said","p":"still"}'));
    assert.ok((await members[1].got('said', 1)).length > 0);
    assert.equal(b.nodes.state, 'up');
    await a.start();
    await until(() => a.nodes.state === 'up' && b.nodes.list().length === 2, 'joined again', 15_000);
  }));

  it('is being connected when the server stops: it is not started afterwards, or stopped again', withScene(async (scene) => {
    /** @type {[string, (engine: any, called: () => void) => any][]} */
    const cases = [
      ['it may connect again by itself', (engine, called) => {
        engine.sink.down(new Error('cut'));
        // The first try to connect again follows within 50 ms, and waits for the engine.
        setTimeout(called, 100);
      }],
      ['`stop` takes its time', (engine, called) => {
        replaceOnce(engine, 'stop', (before) => (called(), delay(60).then(() => before())));
        replaceOnce(engine, 'publish', () => Promise.reject(new Error('cut')));
      }],
      ['`start` takes its time', (engine, called) => {
        replaceOnce(engine, 'start', (before, sink) => (called(), delay(200).then(() => before(sink))));
        replaceOnce(engine, 'publish', () => Promise.reject(new Error('cut')));
      }],
    ];
    for (const [what, fail] of cases) {
      const { engine, servers: [a, b] } = await pair(scene);
      const called = new Promise((resolve) => fail(engine, () => resolve(undefined)));
      a.room('news').broadcast('x', 1);
      await called;
      await Promise.all([a.stop(), b.stop()]);
      await delay(400);
      const [last] = engine.calls.filter((call) => call === 'start' || call === 'stop').reverse();
      assert.equal(last, 'stop', `${what}: ${engine.calls}`);
    }
  }));

  it('fails in a call of an earlier connection: the next one is still heard', withScene(async (scene) => {
    const made = await pair(scene);
    const { engine, servers: [a] } = made;
    const downs = /** @type {any[]} */ ([]);
    a.nodes.on('_down', (error) => downs.push(error));
    /** @type {(error: Error) => void} */
    let fail = () => {};
    replaceOnce(engine, 'publish', () => new Promise((_, reject) => {
      fail = reject;
    }));
    a.room('news').broadcast('x', 1);
    await delay(20);
    for (const [index, cause] of ['first', 'second'].entries()) {
      engine.sink?.down(new Error(cause));
      await until(() => downs.length === index + 1 && a.nodes.state === 'up', 'up again', 15_000);
      assert.match(downs[index].message, new RegExp(cause));
      fail(new Error('late'));
      await delay(20);
    }
    await works(made);
  }));

  it('never confirms the subscription to a room whose name is too large for other servers', withScene(async (scene) => {
    const { servers: [a], engine } = await pair(scene);
    replace(engine, 'subscribe', () => new Promise(() => {}));
    const { error, fatal } = await collectFatal(async () => {
      const joined = a.room('news').join('x'.repeat(2_000_000));
      await delay(20);
      await a.stop();
      await joined;
    });
    assert.deepEqual(fatal, []);
    assert.equal(/** @type {any} */ (error).code, 'sAdapterDown');
  }));

  it('changes what it was given', withScene(async (scene) => {
    const made = await pair(scene, (engine) => {
      replace(engine, 'publish', (before, /** @type {string} */ channel, /** @type {Uint8Array} */ data) => {
        before(channel, data);
        data.fill(0);
      });
      replace(engine, 'subscribe', (before, /** @type {string[]} */ channels) => {
        before([...channels]);
        channels.length = 0;
        Object.freeze(channels);
      });
      replace(engine, 'append', async (before, /** @type {any[]} */ entries) => {
        const result = await before(entries.map((entry) => ({ ...entry })));
        for (const entry of entries) entry.data.fill(0);
        entries.length = 0;
        return result;
      });
    });
    await works(made);
  }));
});

it('timers of the package are as they were for whoever else uses them', () => {
  assert.equal(globalThis.setTimeout, realTimeout);
  assert.equal(typeof Server, 'function');
});
