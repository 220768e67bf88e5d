// @ts-check
'use strict';

/**
 * Carries out what the core asks of an engine of the application. Whatever such an engine does, throws or leaves undone, the
 * core is told an outcome in time, and nothing reaches the application as an exception.
 */

const { reasonOf } = require('../../common/json.js');
const { serverLog } = require('../runtime/debug.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');

/** @typedef {import('../../types/adapter.d.ts').Engine} Engine */
/** @typedef {import('../binding/addon.d.ts').EngineCall} EngineCall */
/** @typedef {import('../binding/addon.d.ts').EngineFailure} EngineFailure */
/** @typedef {import('../binding/native.js').NativeServer['core']} Core */

/** Milliseconds after which a method that has not settled is given up. The core gives a connection up after 10 s. */
const PATIENCE = 9000;

/** The same for `stop()`, in ms: the core waits for 2 s when a server stops. */
const STOP_PATIENCE = 1500;

/** Milliseconds that an engine has to connect again by itself. */
const BACK_PATIENCE = 3000;

/**
 * A connection of the engine, from `start()` to `stop()`.
 * @typedef {object} Run
 * @property {'up' | 'down' | 'back' | 'failed'} state `down` and `back`: its sink was told that it is not connected, and that
 *   it is again. `failed`: a method has failed, or the core takes it for dead.
 * @property {boolean} isOver Whether another one has begun, or this one is stopped: what its sink is told has no effect.
 * @property {() => void} onBack Called when it is connected again.
 */

class EngineBridge {
  #core;
  #engine;
  /** @type {Run | undefined} */
  #run = undefined;

  /**
   * @param {Core} core
   * @param {Engine} engine
   */
  constructor(core, engine) {
    this.#core = core;
    this.#engine = engine;
  }

  /** The core has calls. */
  onCalls() {
    for (const call of this.#core.takeEngineCalls()) this.#handle(call);
  }

  /** @param {EngineCall} call */
  async #handle(call) {
    /** @type {EngineFailure | undefined} */
    let failure;
    try {
      await this.#carryOut(call);
    } catch (cause) {
      failure = failureOf(call.what, cause);
      serverLog('the engine failed: %s', failure.message);
      // A message may be lost, so the connection is made anew.
      if (this.#run && call.what !== 'unsubscribe') this.#run.state = 'failed';
    }
    this.#core.settleEngineCall(call.key, failure);
  }

  /**
   * @param {EngineCall} call
   * @returns {unknown} A promise, or nothing when it is done.
   */
  #carryOut(call) {
    const engine = this.#engine;
    switch (call.what) {
      case 'connect':
        return this.#connect();
      case 'disconnect':
        return this.#stop();
      case 'subscribe':
        return within(engine.subscribe(call.channels), PATIENCE);
      case 'unsubscribe':
        return within(engine.unsubscribe(call.channels), PATIENCE);
      default:
        return this.#publish(call);
    }
  }

  /**
   * One after the other: when one is rejected, those behind it are published after it again.
   * @param {EngineCall} call
   */
  async #publish({ channels, ends, data }) {
    let begin = 0;
    for (const [index, channel] of channels.entries()) {
      const message = /** @type {Uint8Array} */ (data).subarray(begin, ends[index]);
      begin = ends[index];
      const result = /** @type {unknown} */ (this.#engine.publish(channel, message));
      if (isThenable(result)) await within(result, PATIENCE);
    }
  }

  async #connect() {
    // An engine that connects again by itself is given some time for it.
    if (this.#run?.state === 'down') await comesBack(this.#run);
    if (this.#run?.state === 'back') {
      this.#run.state = 'up';
      return;
    }
    await this.#stop();
    /** @type {Run} */
    const run = { state: 'up', isOver: false, onBack: () => undefined };
    this.#run = run;
    await within(this.#engine.start(this.#sinkOf(run)), PATIENCE);
    if (run.state !== 'up') throw new Error('it has lost its connection at once');
  }

  /**
   * @param {Run} run
   * @returns {import('../../types/adapter.d.ts').EngineSink}
   */
  #sinkOf(run) {
    const core = this.#core;
    return {
      message: (channel, data) => {
        if (!run.isOver) core.engineMessage(String(channel), data);
      },
      up: () => {
        if (run.isOver || run.state !== 'down') return;
        run.state = 'back';
        run.onBack();
      },
      down: (error) => {
        if (run.isOver || run.state === 'failed') return;
        run.state = 'down';
        core.engineLost(failureOf('connection', error ?? new Error('lost')));
      },
    };
  }

  async #stop() {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.isOver = true;
    try {
      await within(this.#engine.stop(), STOP_PATIENCE);
    } catch (cause) {
      serverLog('the engine could not be stopped: %s', reasonOf(cause));
    }
  }

  /** Ends what still runs: the core is gone. */
  dispose() {
    return this.#stop();
  }
}

/**
 * @param {Run} run One that is down.
 * @returns {Promise<void>} Resolves when it is connected again by itself, or has not for a while.
 */
async function comesBack(run) {
  const { promise, end } = patience(BACK_PATIENCE);
  await Promise.race([promise, new Promise((resolve) => {
    run.onBack = () => resolve(undefined);
  })]);
  end();
}

/** @param {unknown} value */
function isThenable(value) {
  return typeof value === 'object' && value !== null && typeof (/** @type {any} */ (value).then) === 'function';
}

/** @param {number} time In ms. */
function patience(time) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const promise = new Promise((resolve) => {
    timer = setTimer(() => resolve(undefined), time);
    timer.unref();
  });
  return { promise, end: () => clearTimeout(timer) };
}

/**
 * @param {unknown} result What a method has returned.
 * @param {number} time In ms.
 * @returns {unknown} A promise if it is one, which rejects when the time is over.
 */
function within(result, time) {
  if (!isThenable(result)) return undefined;
  const { promise, end } = patience(time);
  const late = promise.then(() => {
    throw new Error(`it has not settled in ${time} ms`);
  });
  return Promise.race([result, late]).finally(end);
}

/**
 * @param {string} what
 * @param {any} cause
 * @returns {EngineFailure}
 */
function failureOf(what, cause) {
  const code = typeof cause?.code === 'string' ? cause.code : undefined;
  return { message: `the engine (${what}): ${reasonOf(cause)}`, code };
}

module.exports = { EngineBridge };
