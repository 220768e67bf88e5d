// @ts-check
'use strict';

/**
 * Carries out what the core asks of an engine of the application. Whatever such an engine does, throws or leaves undone, the
 * core is told an outcome in time, and nothing reaches the application as an exception.
 */

const { isListOf } = require('../shown.js');
const { serverLog } = require('../runtime/debug.js');
const { clearTimeout, setTimer } = require('../runtime/environment.js');
const { kPublishAll } = require('../symbols.js');

/** @typedef {import('../../types/adapter.d.ts').Engine} Engine */
/** @typedef {import('../binding/addon.d.ts').EngineCall} EngineCall */
/** @typedef {import('../binding/addon.d.ts').EngineFailure} EngineFailure */
/** @typedef {import('../binding/native.js').NativeServer['core']} Core */

/** A position, but for numbers that are too large: the core looks at those. */
const POSITION = /^[0-9a-z]{1,13}:\d{1,20}:[0-9a-f]{1,4}$/;

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
  /** Whether the server has left the others: nothing is started any more. */
  #isOver = false;

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
    // A failure concerns the connection that the call was made for, and no later one.
    const run = this.#run;
    try {
      const settle = await this.#carryOut(call);
      if (settle === undefined) this.#core.settleEngineCall(call.key);
      else if (!settle()) throw new Error('it gives positions that are none');
    } catch (cause) {
      const failure = failureOf(call.what, cause);
      serverLog('the engine failed: %s', failure.message);
      // A message may be lost, so the connection is made anew.
      if (run !== undefined && call.what !== 'unsubscribe') run.state = 'failed';
      this.#core.settleEngineCall(call.key, failure);
    }
  }

  /**
   * @param {EngineCall} call
   * @returns {Promise<(() => boolean) | undefined>} Resolves when it is done. If it has a result, with what tells the core, and
   *   returns false if the core cannot read it.
   */
  async #carryOut(call) {
    const engine = this.#engine;
    switch (call.what) {
      case 'append':
        return this.#append(call);
      case 'read':
        return this.#read(call);
      case 'positions':
        return this.#positions(call);
      case 'connect':
        await this.#connect();
        break;
      case 'disconnect':
        await this.#stop();
        break;
      case 'subscribe':
        await within(engine.subscribe(call.channels), PATIENCE);
        break;
      case 'unsubscribe':
        await within(engine.unsubscribe(call.channels), PATIENCE);
        break;
      default:
        await this.#publish(call);
    }
    return undefined;
  }

  /**
   * One after the other: when one is rejected, those behind it are published after it again.
   * @param {EngineCall} call
   */
  async #publish({ channels, ends, data }) {
    const messages = cut(data, ends);
    const engine = /** @type {any} */ (this.#engine);
    if (kPublishAll in engine) {
      await within(engine[kPublishAll](channels, messages), PATIENCE);
      return;
    }
    for (const [index, channel] of channels.entries()) {
      const message = messages[index];
      const result = /** @type {unknown} */ (this.#engine.publish(channel, message));
      if (isThenable(result)) await within(result, PATIENCE);
    }
  }

  /** @param {EngineCall} call */
  async #append({ key, histories, ends, data }) {
    const messages = cut(data, ends);
    const entries = histories.map((history, index) => ({ ...history, data: messages[index] }));
    const result = await within(this.#engine.append?.(entries), PATIENCE);
    const positions = listOf(result, histories.length, (each) => isPosition(each) || each instanceof Error);
    return () => this.#core.settleEnginePositions(key, positions.map((each) => (isPosition(each) ? each : failureOf('append', each))));
  }

  /** @param {EngineCall} call */
  async #positions({ key, histories }) {
    const asked = histories.map(({ channel, epoch, ttl }) => ({ channel, epoch, ttl }));
    const result = await within(this.#engine.positions?.(asked), PATIENCE);
    const positions = listOf(result, histories.length, isPosition);
    return () => this.#core.settleEnginePositions(key, positions);
  }

  /** @param {EngineCall} call */
  async #read({ key, channels: [channel], after, limit }) {
    const result = /** @type {any} */ (await within(this.#engine.read?.(channel, after ?? undefined, limit), PATIENCE));
    const messages = listOf(result?.messages, undefined, (each) => isPosition(each?.position) && each.data instanceof Uint8Array);
    const head = result.position ?? undefined;
    if (head !== undefined && !isPosition(head)) throw new Error('it gives a position that is none');
    /** @type {number[]} */
    const ends = [];
    let end = 0;
    for (const { data } of messages) ends.push((end += data.length));
    const positions = messages.map(({ position }) => position);
    return () => this.#core.settleEngineRead(key, { head, positions, ends }, Buffer.concat(messages.map(({ data }) => data)));
  }

  async #connect() {
    // An engine that connects again by itself is given some time for it.
    if (this.#run?.state === 'down') await comesBack(this.#run);
    if (this.#run?.state === 'back') {
      this.#run.state = 'up';
      return;
    }
    await this.#stop();
    if (this.#isOver) throw new Error('the server was stopped');
    /** @type {Run} */
    const run = { state: 'up', isOver: false, onBack: () => undefined };
    this.#run = run;
    try {
      await within(this.#engine.start(this.#sinkOf(run)), PATIENCE);
      if (run.state !== 'up') throw new Error('it has lost its connection at once');
    } catch (error) {
      run.state = 'failed';
      throw error;
    } finally {
      // The server was stopped meanwhile, when there was no connection to end yet.
      if (this.#isOver) await this.#end();
    }
  }

  /**
   * @param {Run} run
   * @returns {import('../../types/adapter.d.ts').EngineSink}
   */
  #sinkOf(run) {
    const core = this.#core;
    return {
      message: (channel, data, position) => {
        const at = position === undefined || position === null ? undefined : String(position);
        if (!run.isOver) core.engineMessage(String(channel), data, at);
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
    await this.#end();
  }

  /** Ends the connection of the engine. */
  async #end() {
    try {
      await within(this.#engine.stop(), STOP_PATIENCE);
    } catch (cause) {
      serverLog('it could not be stopped: %s', failureOf('stop', cause).message);
    }
  }

  /** Ends what still runs: the core is gone. */
  dispose() {
    this.#isOver = true;
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

/**
 * @param {Uint8Array | undefined} data
 * @param {number[]} ends
 * @returns {Uint8Array[]} The messages that are one after the other in it.
 */
function cut(data, ends) {
  return ends.map((end, index) => /** @type {Uint8Array} */ (data).subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** @param {unknown} value */
const isPosition = (value) => typeof value === 'string' && POSITION.test(value);

/**
 * @param {any} result What a method has given.
 * @param {number | undefined} count
 * @param {(each: any) => boolean} test
 * @returns {any[]}
 */
function listOf(result, count, test) {
  if (isListOf(result, test) && (count === undefined || result.length === count)) return result;
  throw new Error('it does not give what was asked for');
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
 * @returns {unknown} It, as a promise that rejects when the time is over if it is one.
 */
function within(result, time) {
  if (!isThenable(result)) return result;
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
  let reason = 'it failed without an error';
  let code;
  try {
    if (typeof cause?.message === 'string') reason = cause.message;
    else if (cause !== undefined && cause !== null) reason = String(cause);
    if (typeof cause?.code === 'string') code = cause.code;
  } catch {
    // What it has thrown throws itself.
  }
  return { message: `the engine (${what}): ${reason}`, code };
}

module.exports = { EngineBridge };
