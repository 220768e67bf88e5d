// @ts-check
'use strict';

/** The behaviour of emitters: cases that run on each of them and must give the same observations. */

/** @typedef {any} AnyEmitter */
/** @typedef {(...entry: any[]) => void} Log */

/**
 * The outcome of a call as a value: what it returned or the message of what it threw.
 * @param {() => any} call
 */
function outcome(call) {
  try {
    return { returned: call() };
  } catch (error) {
    // Errors of the engine differ in their wording; an error of the emitter must be the same.
    return { threw: /** @type {Error} */ (error).message };
  }
}

/**
 * Cases by name. Each gets a new emitter, its class, and a log; the value returned and the log are
 * what is compared.
 * @type {Record<string, (emitter: AnyEmitter, log: Log, Class: any) => any>}
 */
const cases = {
  'emit without listeners is false': (e) => [e.emit('a'), e.emit('a', 1), e.emit('')],
  'emit returns the results in order': (e) => {
    e.on('a', () => 1).on('a', () => [2]).on('a', () => undefined).on('b', () => 4);
    return e.emit('a');
  },
  'handlers get all arguments': (e, log) => {
    e.on('a', log).on('a', log);
    e.emit('a');
    e.emit('a', 1);
    e.emit('a', 1, undefined, { x: 1 }, [4], 5);
  },
  'on and addListener chain': (e) => [
    e.on('a', () => {}) === e, e.addListener('a', () => {}) === e, e.once('a', () => {}) === e,
    e.many('a', 2, () => {}) === e, e.prependListener('a', () => {}) === e,
    e.setMaxListeners(3) === e, e.setMaxRegexListeners(3) === e, e.removeAllListeners() === e,
    e.prependOnceListener('a', () => {}) === e, e.prependManyListener('a', 2, () => {}) === e,
    e.removeListener('a', () => {}) === e,
  ],
  'once runs once': (e) => {
    e.once('a', () => 1);
    return [e.listenerCount('a'), e.emit('a'), e.emit('a'), e.eventNames()];
  },
  'many runs as often as said, 0 and negative counts too': (e) => {
    e.many('a', 2, () => 1);
    e.many('zero', 0, () => 1);
    e.many('negative', -3, () => 1);
    return ['a', 'a', 'a', 'zero', 'zero', 'negative', 'negative'].map((name) => e.emit(name));
  },
  'on ignores a third argument, addListener and prependListener take it as the limit': (e) => {
    e.on('a', () => 1, 1);
    e.addListener('b', () => 2, 1);
    e.prependListener('c', () => 3, 1);
    return [1, 2].map(() => e.emit(['a', 'b', 'c']));
  },
  'prepend methods put a listener first': (e) => {
    e.on('a', () => 'on');
    e.prependListener('a', () => 'prepend');
    e.prependOnceListener('a', () => 'prependOnce');
    e.prependManyListener('a', 2, () => 'prependMany');
    e.on(/a/, () => 'regex');
    e.prependListener(/^a/, () => 'regex prepended');
    return [e.emit('a'), e.emit('a'), e.emit('a'), e.regexes().map(String)];
  },
  'prepending arrays appends': (e) => {
    e.on('a', () => 'first');
    e.prependListener(['a'], () => 'array of names');
    e.prependListener('a', [() => 'array of handlers']);
    e.prependOnceListener(['a', /a/], [() => 'once']);
    return [e.emit('a'), e.emit('a')];
  },
  'arrays of names and handlers mean every combination': (e) => {
    e.on(['a', 'b', /c/], [() => 1, () => 2]);
    e.once(['a', ['d', ['e']]], () => 3);
    return [e.emit(['a', 'b', 'c', 'd', 'e', 'f']), e.emit(['a', 'd']), e.eventNames(), e.on([], []) === e];
  },
  'emit of an array concatenates the results, false included': (e) => {
    e.on('a', () => [1, [2]]).on('a', () => 3);
    return [e.emit(['a', 'none', 'a']), e.emit([]), e.emit(['none']), e.emit([['a'], ['none', 'a']])];
  },
  'patterns come after names, in the order they were added': (e) => {
    e.on(/./, () => 1).on('a', () => 2).on(/b/, () => 3).on(/a/, () => 4);
    return [e.emit('a'), e.emit('b'), e.emit('ab'), e.emit('')];
  },
  'all patterns are tested before the first runs': (e, log) => {
    const second = { test: (/** @type {string} */ name) => log('tested', name) };
    const regex = /a/;
    regex.test = (name) => { second.test(name); return true; };
    e.on(/a/, () => log('called'));
    e.on(regex, () => log('second called'));
    return e.emit('a');
  },
  'a global pattern keeps its lastIndex': (e) => {
    e.on(/a/g, () => 1);
    return ['a', 'a', 'aa', 'aa', 'aa'].map((name) => e.emit(name));
  },
  'this is the listener record': (e, log) => {
    /** @type {any[]} */
    const events = [];
    /** @this {any} */
    function handler() {
      events.push(this.event);
      log(Object.keys(this), this.eventName, String(this.eventNameRegex), this.handler === handler);
      log(this.execCount, this.execLimit, typeof this.onExpire, this.event);
      log(Object.getPrototypeOf(this) === Object.prototype);
      this.execCount = 100;
      this.extra = 1;
    }
    e.on('ab', handler).many('ab', 3, handler).on(/b/, handler).many(/a/, 2, handler);
    e.emit('ab');
    const shared = events.every((event) => event === events[0]);
    e.emit('ab');
    return [shared, events[0] === events[4], e.emit('ab'), e.emit('ab')];
  },
  'onExpire of the record removes a listener that is not there: an event only': (e, log) => {
    e.on('removeListener', log);
    e.on('a', /** @this {any} */ function () { this.onExpire(this); });
    e.emit('a');
    return [e.listenerCount('a'), e.emit('a')];
  },
  'newListener is emitted before adding, removeListener after removing': (e, log) => {
    e.on('newListener', (/** @type {any} */ name, /** @type {any} */ handler) => {
      log('new', String(name), handler.name, typeof name === 'string' && e.listenerCount(name), e.eventNames());
    });
    e.on('removeListener', (/** @type {any} */ name, /** @type {any} */ handler) => {
      log('remove', String(name), handler.name, e.listenerCount(name), e.eventNames());
    });
    function one() {}
    function two() {}
    e.on('a', one).on('a', two).once('b', one).on(/c/, two).on(['d', 'e'], [one, two]);
    e.emit('b');
    e.removeListener('a', one).removeListener(/c/, two).removeAllListeners('d').removeAllListeners();
    return e.eventNames();
  },
  'a newListener handler may add to the same event and pass the limit': (e, log) => {
    let added = false;
    e.on('newListener', () => {
      if (added) return;
      added = true;
      e.on('a', () => 'inner');
    });
    e.setMaxListeners(1).on('a', () => 'outer');
    log(e.emit('a'), e.listenerCount('a'));
    return outcome(() => e.on('a', () => 'third'));
  },
  'a newListener handler that throws stops the adding': (e) => {
    e.on('newListener', () => { throw new Error('no'); });
    return [outcome(() => e.on('a', () => 1)), outcome(() => e.on(/a/, () => 1)), e.eventNames(), e.regexes(),
      e.emit('a'), e.listenerCount('a'), e.listeners('a'), e.removeListener('a', () => {}) === e,
      e.removeAllListeners('a') === e, e.eventNames()];
  },
  'a handler that throws ends the emit and is not counted': (e, log) => {
    let fail = true;
    e.once('a', /** @this {any} */ function () { log('once', this.execCount); if (fail) throw new Error('x'); });
    e.on('a', () => log('later'));
    e.on(/a/, () => log('regex'));
    log(outcome(() => e.emit('a')), e.listenerCount('a'));
    fail = false;
    log(outcome(() => e.emit('a')), e.listenerCount('a'));
  },
  'a lone handler that throws': (e) => {
    e.once('a', () => { throw new Error('x'); });
    return [outcome(() => e.emit('a')), outcome(() => e.emitAsync('a')), e.listenerCount('a')];
  },
  'a listener removed while emitting still runs, one added does not': (e, log) => {
    const second = () => log('second');
    e.on('a', () => { e.removeListener('a', second); e.on('a', () => log('added')); });
    e.on('a', second);
    e.emit('a');
    log('again');
    e.emit('a');
  },
  'a once listener removed while emitting is reported twice': (e, log) => {
    e.on('removeListener', log);
    const second = () => 2;
    e.once('a', () => { e.removeListener('a', second); return 1; });
    e.once('a', second);
    return [e.emit('a'), e.emit('a'), e.eventNames()];
  },
  'a handler of the name may add and remove patterns of the same emit': (e) => {
    const late = () => 'late';
    e.on('a', () => { e.on(/a/, late); return 'name'; });
    const first = e.emit('a');
    e.removeListener(/a/, late);
    e.on('b', () => { e.removeAllListeners(/b/); return 'name'; });
    e.on(/b/, () => 'gone');
    return [first, e.emit('b')];
  },
  'emitting the same event inside a once handler': (e, log) => {
    let depth = 0;
    e.once('a', /** @this {any} */ function () {
      log(this.execCount, depth);
      if (depth++ < 2) log(e.emit('a'));
      return depth;
    });
    return [e.emit('a'), e.emit('a')];
  },
  'removeListener takes every listener of the handler': (e) => {
    const handler = () => 1;
    e.on('a', handler).on('a', () => 2).once('a', handler).on(/a/, handler).on(/a/i, handler);
    e.removeListener('a', handler);
    e.removeListener(/a/, handler);
    return [e.emit('a'), e.listenerCount('a'), e.listenerCount(/a/), e.listenerCount(/a/i)];
  },
  'removeListener takes arrays': (e) => {
    const [one, two] = [() => 1, () => 2];
    e.on(['a', /a/, 'b'], [one, two]);
    e.removeListener(['a', /a/], [one]);
    const some = e.emit(['a', 'b']);
    e.removeListener(['a', 'b'], [one, two]);
    return [some, e.emit(['a', 'b']), e.eventNames()];
  },
  'removeListener without listeners of that name throws': (e) => {
    e.on('a', () => 1);
    return [
      outcome(() => e.removeListener('b', () => {}) === e), outcome(() => e.removeListener('a', () => {}) === e),
      outcome(() => e.removeListener('a', undefined) === e), outcome(() => e.removeListener(/b/, () => {}) === e),
      outcome(() => e.removeListener('', () => {})), outcome(() => e.removeListener(5, () => {})),
      outcome(() => e.removeListener(null, () => {})), outcome(() => e.removeListener(undefined, () => {})),
      outcome(() => e.removeListener(['a', 'b'], () => {})), e.emit('a'),
    ];
  },
  'removeAllListeners of a name, pattern, array, nothing': (e, log) => {
    const fill = () => e.on(['a', 'b', '1', /a/, /b/], () => 1).on('removeListener', log);
    for (const which of ['a', /a/, ['a', /b/], 'none', /none/, [], 7, {}, '', undefined, null, [undefined]]) {
      fill();
      log(e.removeAllListeners(which) === e, e.eventNames(), e.regexes().map(String));
      e.removeAllListeners().removeAllListeners();
    }
  },
  'eventNames follows property order': (e) => {
    for (const name of ['b', '10', 'a', '2', '-1', '01']) e.on(name, () => {});
    return e.eventNames();
  },
  'listeners and listenerCount': (e) => {
    const [one, two] = [() => 1, () => 2];
    e.on('a', one).prependListener('a', two).on(/a/, one).on(/a/, two).on(/a/g, two);
    const isSame = (/** @type {any[]} */ list) => list.map((handler) => (handler === one ? 1 : 2));
    const known = ['a', /a/, /a/g, 'b', /b/, ''];
    const bad = [5, null, undefined, ['a'], {}];
    return [
      known.map((name) => [isSame(e.listeners(name)), e.listenerCount(name)]),
      bad.map((name) => [outcome(() => e.listeners(name)), outcome(() => e.listenerCount(name))]),
    ];
  },
  'an empty name is accepted and never called': (e, log) => {
    e.on('newListener', log);
    e.on('', () => 1);
    return [e.emit(''), e.eventNames(), e.listenerCount(''), e.on(/^$/, () => 2).emit('')];
  },
  'arguments of the wrong type': (e) => [
    [5, () => {}], [null, () => {}], [undefined, () => {}], [{}, () => {}], [Symbol.iterator, () => {}],
    ['a'], ['a', null], ['a', 'b'], ['a', {}], ['a', [1]], [['a', 5], () => {}],
    ...[null, '1', 1.5, NaN, Infinity, 1e21, -0, -2, Object(2), {}].map((limit) => ['a', () => {}, limit]),
  ].map((args) => outcome(() => e.addListener(...args) === e)).concat(e.eventNames()),
  'emit refuses other names': (e) => {
    e.on(/./, () => 1);
    return [5, null, undefined, {}, /a/, true, Symbol.iterator, ['a', 5]].map((name) => outcome(() => e.emit(name)));
  },
  'boxed strings are names': (e) => {
    e.on(new String('a'), () => 1);
    return [e.emit('a'), e.emit(new String('a')), e.eventNames(), e.listenerCount(new String('a')),
      e.removeAllListeners(new String('a')).emit('a')];
  },
  'handlers may be async, generator, bound, class-like functions': (e) => {
    e.on('a', async () => 1).on('a', function* () { yield 1; });
    e.on('a', (() => 2).bind(null)).on('a', new Proxy(() => 3, {}));
    return e.emit('a').map((/** @type {any} */ result) => Object.prototype.toString.call(result));
  },
  'at most 10 listeners of a name': (e) => {
    for (let i = 0; i < 10; i++) e.on('a', () => i);
    return [outcome(() => e.on('a', () => {})), outcome(() => e.prependListener('a', () => {})),
      outcome(() => e.on(['b', 'a'], () => {})), e.emit('a'), e.emit('b'),
      e.setMaxListeners(11).on('a', () => 10).listenerCount('a')];
  },
  'at most 10 patterns': (e) => {
    for (let i = 0; i < 10; i++) e.on(new RegExp(String(i)), () => i);
    return [outcome(() => e.on(/a/, () => {})), outcome(() => e.on(/1/, () => {})),
      e.regexes().map(String), e.emit('123'), e.setMaxRegexListeners(11).on(/a/, () => 'a').emit('a')];
  },
  'limits are integers': (e) => [
    'test', [15], 10.5, NaN, Infinity, null, undefined, '5', 7, -1, Object(4),
  ].map((n) => [outcome(() => e.setMaxListeners(n) === e), Number(e.getMaxListeners()),
    outcome(() => e.setMaxRegexListeners(n) === e), Number(e.getMaxRegexListeners())]),
  'a negative limit refuses all, a lower one the next': (e) => {
    e.on('a', () => 1).on('a', () => 2).setMaxListeners(1);
    const lower = outcome(() => e.on('a', () => 3));
    e.setMaxListeners(-1).setMaxRegexListeners(0);
    return [lower, e.emit('a'), outcome(() => e.on('b', () => {})), outcome(() => e.on(/a/, () => {})),
      e.eventNames(), e.emit('b')];
  },
  'statics': (e, log, Class) => {
    const { Listener } = Class;
    const handler = /** @this {any} */ function (/** @type {any[]} */ ...args) {
      log(this, args);
      return 'result';
    };
    const named = new Listener('a', handler, 2);
    const pattern = new Listener(/a/, handler);
    log(Object.keys(named), Object.keys(pattern), named.onExpire(named));
    log(pattern.testRegexWith('ba'), pattern.testRegexWith('b'));
    let expired = 0;
    named.onExpire = (/** @type {any} */ listener) => { expired += listener === named ? 1 : 100; };
    log(named.execute({ x: 1 }, [1, 2]), named.execCount, expired, named.execute({}, []), named.execCount, expired);
    return [Class.defaultMaxListeners, Class.defaultMaxRegexListeners, e.getMaxListeners(), e.getMaxRegexListeners(),
      outcome(() => new Listener(1, handler)), outcome(() => new Listener('a', 1)),
      outcome(() => new Listener('a', handler, 'x'))];
  },
  'subclasses may override emit, addListener and removeListener': (e, log, Class) => {
    class Loud extends Class {
      /** @param {any[]} args */
      emit(...args) { log('emit', String(args[0])); return super.emit(...args); }
      /** @param {any[]} args */
      addListener(...args) { log('add', String(args[0]), args.length); return super.addListener(...args); }
      /** @param {any[]} args */
      removeListener(...args) { log('remove', String(args[0])); return super.removeListener(...args); }
    }
    const loud = new Loud();
    const handler = () => 1;
    loud.on('a', handler).once(['b', /c/], [handler]).many('d', 2, handler).prependListener('a', handler);
    loud.prependOnceListener('a', handler).prependManyListener('a', 3, handler);
    return [loud.emit(['a', 'b', 'c']), loud.emitAsync('a') instanceof Promise,
      loud.removeListener(['a', 'd'], handler) === loud];
  },
};

/**
 * Runs a case on a class.
 * @param {any} Class
 * @param {(emitter: AnyEmitter, log: Log, Class: any) => any} run
 */
function observe(Class, run) {
  /** @type {any[]} */
  const entries = [];
  const returned = run(new Class(), (...entry) => void entries.push(entry), Class);
  // Functions are new in every run, so their names are compared.
  return JSON.parse(JSON.stringify({ returned, entries }, (_key, value) => {
    if (value === undefined) return '(undefined)';
    return typeof value === 'function' ? `(function ${value.name})` : value;
  }));
}

module.exports = { cases, observe, outcome };
