// @ts-check
'use strict';

/** Random operations on emitters, the same for the same seed. */

const { outcome } = require('./emitter-cases');

/**
 * A generator of numbers below a bound, the same for the same seed (mulberry32).
 * @param {number} seed
 */
function randomBelow(seed) {
  let state = seed;
  return (/** @type {number} */ bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * bound);
  };
}

/**
 * Runs random operations on an emitter.
 * @param {any} Class
 * @param {number} seed
 * @param {number} steps
 * @returns {string[]} What each operation returned or threw, and every call of a handler.
 */
function randomRun(Class, seed, steps) {
  const below = randomBelow(seed);
  const emitter = new Class();
  /** @type {string[]} */
  const log = [];
  const names = ['a', 'b', 'ab', 'abc', '7', '', 'newListener', 'removeListener'];
  const patterns = [/a/, /b$/, /^abc?$/, /x/, /a/g];
  let depth = 0;

  /** @type {(index: number) => (this: any, ...args: any[]) => number} */
  const makeHandler = (index) => function handler(...args) {
    log.push(`handler ${index} of ${this.eventName ?? this.eventNameRegex} for ${this.event.name}: `
      + `${this.execCount}/${this.execLimit}, ${args.length} arguments`);
    // Handlers change the emitter under the emit that called them, to a bounded depth.
    if (depth < 2 && index > 2) {
      depth += 1;
      try {
        step();
      } finally {
        depth -= 1;
      }
    }
    if (index === 5 && below(4) === 0) throw new Error('handler 5');
    return index;
  };
  const handlers = Array.from({ length: 6 }, (_, index) => makeHandler(index));

  /** @type {<T>(list: T[]) => T} */
  const one = (list) => list[below(list.length)];
  /** @type {<T>(pick: () => T) => T | T[]} */
  const oneOrSeveral = (pick) => (below(5) === 0 ? Array.from({ length: below(3) }, pick) : pick());
  const name = () => one(names);
  const nameOrPattern = () => (below(4) === 0 ? one(patterns) : name());
  const handler = () => one(handlers);

  const operations = [
    () => emitter.on(oneOrSeveral(nameOrPattern), oneOrSeveral(handler)),
    () => emitter.once(oneOrSeveral(nameOrPattern), handler()),
    () => emitter.many(nameOrPattern(), below(4), handler()),
    () => emitter.prependListener(oneOrSeveral(nameOrPattern), handler(), below(3)),
    () => emitter.prependOnceListener(nameOrPattern(), handler()),
    () => emitter.prependManyListener(nameOrPattern(), below(4), oneOrSeveral(handler)),
    () => emitter.removeListener(oneOrSeveral(nameOrPattern), oneOrSeveral(handler)),
    () => emitter.removeListener(nameOrPattern(), handler()),
    () => emitter.removeAllListeners(oneOrSeveral(nameOrPattern)),
    () => (below(10) === 0 ? emitter.removeAllListeners() : emitter.eventNames()),
    () => emitter.setMaxListeners(1 + below(8)),
    () => emitter.setMaxRegexListeners(below(6)),
    () => emitter.listeners(nameOrPattern()).map((/** @type {any} */ found) => handlers.indexOf(found)),
    () => emitter.listenerCount(nameOrPattern()),
    () => emitter.regexes().map(String),
  ];
  const emit = () => emitter.emit(oneOrSeveral(name), ...Array.from({ length: below(4) }, (_, index) => index));

  function step() {
    const operation = below(2) === 0 ? emit : one(operations);
    const result = outcome(() => {
      const returned = operation();
      return returned === emitter ? 'the emitter' : returned;
    });
    log.push(JSON.stringify(result));
  }

  for (let i = 0; i < steps; i++) step();
  log.push(JSON.stringify(emitter.eventNames()));
  return log;
}

module.exports = { randomRun };
