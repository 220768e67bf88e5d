// @ts-check
'use strict';

/** What the runner orders of a node, whatever it is made of. Orders and answers are messages between processes. */

const { monotonic } = require('../clock');

/**
 * What a node can do.
 * @typedef {object} Node
 * @property {(room: string, payload: object) => unknown} publish Sends `m` to a room.
 * @property {(room: string) => Promise<number>} ask Asks a room `ask`; how many answered.
 * @property {(room: string) => Promise<number>} fetch How many members there are in all nodes.
 * @property {(rooms: string[]) => Promise<unknown>} joinAll Lets its connections share these rooms among them.
 * @property {() => unknown} [stats]
 * @property {(room: string) => Promise<number>} [present] How many are present in a room, in all nodes.
 */

/** Text that makes a payload as long as it is to be. */
const filler = (/** @type {number} */ size) => 'x'.repeat(Math.max(0, size - 48));

/** Least time between two turns of publishing, in ms: more often, timers would cost more than messages. */
const PACE = 5;

/**
 * Calls a function at a rate. Timers are late, so each catches up.
 * @param {number} rate A second.
 * @param {number} ms
 * @param {(index: number) => void} act
 * @returns {Promise<number>} How often it was called.
 */
function pace(rate, ms, act) {
  return new Promise((resolve) => {
    const start = performance.now();
    const total = Math.round((rate * ms) / 1000);
    let done = 0;
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000));
      while (done < due) act(done++);
      if (done < total) return;
      clearInterval(timer);
      resolve(done);
    }, Math.max(PACE, 1000 / rate));
  });
}

/**
 * @param {Node} node
 * @returns {Record<string, (args: any) => unknown>}
 */
const orders = (node) => ({
  /** Sends to the rooms in turn, `rate` messages a second; `from` is the number of the first. */
  publish({ rooms, rate, ms, size, from = 0, source }) {
    const x = filler(size);
    return pace(rate, ms, (index) => void node.publish(rooms[index % rooms.length], { t: monotonic(), s: from + index, f: source, x }));
  },

  /** Sends many at once, in parts, so that they leave. */
  async publishMany({ room, count, size, from = 0 }) {
    const x = filler(size);
    for (let index = 0; index < count; index += 1) {
      await node.publish(room, { t: monotonic(), s: from + index, x });
      if (index % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  },

  async ask({ room, times }) {
    let answers = 0;
    for (let i = 0; i < times; i += 1) answers += await node.ask(room);
    return answers;
  },

  /** How long each of some calls took, in ms, and what the least of them found. Calls begin `every` ms. */
  async fetch({ room, times, every }) {
    const calls = [];
    for (let i = 0; i < times; i += 1) {
      const start = performance.now();
      calls.push(node.fetch(room).then((count) => ({ ms: performance.now() - start, count }), () => ({ ms: performance.now() - start, count: 0 })));
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    const done = await Promise.all(calls);
    return { ms: done.map(({ ms }) => ms), least: Math.min(...done.map(({ count }) => count)) };
  },

  block({ ms }) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },

  joinAll: ({ count, prefix }) => node.joinAll(Array.from({ length: count }, (_, index) => `${prefix}${index}`)).then(() => {}),

  /** Resident bytes, of live objects alone. */
  async memory() {
    for (let i = 0; i < 2; i += 1) {
      global.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return process.memoryUsage().rss;
  },

  stats: () => node.stats?.(),
  present: ({ room }) => node.present?.(room),
});

/**
 * Answers orders from now on, and tells the port.
 * @param {Node} node
 * @param {number} port
 */
function obey(node, port) {
  const all = orders(node);
  process.on('message', async (/** @type {any} */ { id, name, args }) => {
    const answer = await Promise.resolve().then(() => all[name](args)).then((result) => ({ result }), (error) => ({ error: String(error?.stack ?? error) }));
    process.send?.({ id, ...answer });
  });
  process.once('disconnect', () => process.exit());
  process.send?.({ port });
}

module.exports = { obey };
