// @ts-check
'use strict';

const { AsyncResource } = require('node:async_hooks');
const { Batch } = require('./batch.js');
const { CONTEXT, Contexts } = require('./contexts.js');
const { Events } = require('./events.js');
const { LANE } = require('./layout.js');
const { afterDue, afterTurn, microtask, now } = require('../runtime/environment.js');
const { throwLater } = require('../runtime/debug.js');
const { kLifecycle, kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

const { SPARSE, BACKLOGGED } = LANE;
const NEITHER = -1;

/**
 * Milliseconds that events are handled before the event loop looks for timers, sockets and signals. A timer
 * is late by at most twice this time plus one handler: Node may wake the inbox again in the same turn of the
 * loop, which shows only when the time has passed.
 */
const TURN = 8;

/** Of these, the milliseconds in which connections without a backlog come first. */
const SPARSE_TURN = 6;

/** Milliseconds between looks for events of connections without a backlog, while others are handled. */
const LOOK = 1;

/**
 * Events of one step, by the number of quick steps before it. After a step, the code that awaits in its
 * handlers continues, so that the time of this code is noticed soon.
 */
const STEP = 8;
const QUICK_STEP = 16;
const LARGE_STEP = 32;

/** Longest time of a quick step, in ms, and of the code that awaits in its handlers. */
const QUICK = 0.25;

/** Quick steps in a row before larger ones are tried, and before the largest. */
const FEW = 2;
const MANY = 64;

/**
 * Takes batches of events from the native side and has each event handled. Messages that handlers send are
 * flushed together.
 */
class Inbox {
  #server;
  /** One batch of each queue. */
  #batches = [new Batch(), new Batch()];
  #events;
  /** Asynchronous contexts of the handlers. */
  #contexts;
  /** Whether events wait, here or on the native side. */
  #isWaiting = false;
  /** Whether the native side has more events. */
  #hasMore = false;
  /** Whether a chain of steps is under way. */
  #isRunning = false;
  /** Whether the chain began with a wake, and not in an immediate. */
  #isWoken = false;
  /** When the running turn ends, and until when connections without a backlog come first. */
  #turnEnds = 0;
  #sparseEnds = 0;
  /** When events of connections without a backlog were last looked for. */
  #looked = 0;
  /** When the last step began. */
  #stepped = 0;
  /** Continues after a turn of the event loop. @type {NodeJS.Immediate | undefined} */
  #immediate = undefined;
  /** Quick steps in a row. */
  #quickSteps = 0;
  /** Milliseconds of the code that awaited in the handlers of the last step. */
  #awaited = 0;
  #flushDue = false;
  /** Whether a batch of each queue has been handled and the native side does not know it, because the flush that says so failed. */
  #unmarked = [false, false];
  /** Sends with pending promises of `sendWithoutResponse`. @type {import('../connection/sends.js').Sends[]} */
  #unwritten = [];
  /** Callbacks that wait until the events before them are handled, oldest first. @type {(() => void)[]} */
  #waiting = [];

  /** One function for all steps. */
  #next = () => this.#step();

  /** @param {Server} server */
  constructor(server) {
    this.#server = server;
    this.native = server[kNative];
    this.#events = new Events(server, this);
    /** Connections by slot. @type {(import('../connection/connection.js').ServerConnection | undefined)[]} */
    this.connections = [];
    this.#contexts = new Contexts(this.#events, this.connections);
  }

  /**
   * Interns a name: its messages then arrive with a number in place of it.
   * @param {string} name
   */
  intern(name) {
    this.#events.intern(name);
  }

  /** From now on other servers may close connections. */
  watchClosed() {
    this.#events.watchClosed();
  }

  /** Lets nothing more reach a handler of connections that were closed without a call for each from here. */
  ignoreClosed() {
    this.#events.ignoreClosed();
  }

  /** Called when the native side has events. */
  wake() {
    this.#isWaiting = true;
    this.#hasMore = true;
    if (this.#isRunning) return;
    const time = now();
    if (time >= this.#turnEnds) {
      // Node can call this many times within one turn of the event loop, so the turn may not be over. The
      // immediate runs after the turn.
      if (this.#immediate !== undefined) return;
      this.#goOnLater();
      this.#beginTurn(time);
    }
    this.#isWoken = true;
    this.#run(time);
  }

  #goOnLater() {
    this.#immediate ??= afterTurn(() => {
      this.#immediate = undefined;
      const time = now();
      if (!this.#isWoken) this.#beginTurn(time);
      else if (time >= this.#turnEnds) {
        // Immediates come before timers, which are due after a turn as well.
        this.#isWoken = false;
        this.#goOnLater();
        return;
      }
      this.#isWoken = false;
      if (this.#isWaiting) this.#run(time);
    });
  }

  /** @param {number} time */
  #beginTurn(time) {
    this.#turnEnds = time + TURN;
    this.#sparseEnds = time + SPARSE_TURN;
  }

  /** @param {number} time */
  #run(time) {
    this.#isRunning = true;
    // What handlers send leaves with one flush at the end.
    this.#flushDue = true;
    this.#looked = 0;
    this.#stepped = time;
    this.#contexts.run(this.#next);
  }

  /** Continues after the code that awaited in the handlers of the last step, if the turn has time left. */
  #goOn = () => {
    const time = now();
    this.#awaited = time - this.#stepped;
    this.#note(time);
    if (time < this.#turnEnds) this.#contexts.run(this.#next);
    else this.#endTurn();
  };

  /** Handles some events, then lets the code continue that awaits in their handlers. */
  #step() {
    try {
      if (this.#handleSome()) {
        afterDue(this.#goOn);
        return;
      }
    } catch (error) {
      // The native side failed, not a handler. The remaining events are handled later, and what was not flushed is then.
      this.#isWaiting = true;
      this.#goOnLater();
      this.#server[kLifecycle].onFailure(error);
      throwLater(error);
    }
    this.#isRunning = false;
  }

  /** @returns {boolean} Whether the chain of steps continues. */
  #handleSome() {
    const batch = this.#choose(this.#stepped);
    if (batch === undefined) {
      this.#isWaiting = false;
      this.#flush(NEITHER, 0);
      this.#runPassed();
      return false;
    }
    const size = sizeAfter(this.#quickSteps);
    for (let count = 0; count < size && batch.isOpen; count += 1) {
      this.#contexts.handle(batch);
    }
    batch.time += this.#awaited;
    this.#awaited = 0;
    const begun = this.#stepped;
    this.#note(now());
    batch.time += this.#stepped - begun;
    if (!batch.isOpen) {
      this.#endBatch(batch);
      if (!this.#hasMore && !this.#batches.some(isOpen)) {
        this.#isWaiting = false;
        return false;
      }
    }
    this.#flushDue = true;
    return true;
  }

  /**
   * Notes that a step, or the code that awaited in it, has ended.
   * @param {number} time
   */
  #note(time) {
    this.#quickSteps = time - this.#stepped < QUICK ? this.#quickSteps + 1 : 0;
    this.#stepped = time;
  }

  /** Ends a turn: the event loop is due. */
  #endTurn() {
    this.#isRunning = false;
    this.#goOnLater();
    try {
      this.#flush(NEITHER, 0);
    } catch (error) {
      throwLater(error);
    }
  }

  /**
   * @param {number} time
   * @returns {Batch | undefined} A batch with events to handle.
   */
  #choose(time) {
    if (time >= this.#sparseEnds) return this.#open(BACKLOGGED) ?? this.#open(SPARSE);
    const [sparse, backlogged] = this.#batches;
    if (backlogged.isOpen && !sparse.isOpen && time - this.#looked < LOOK) return backlogged;
    this.#looked = time;
    // Events that came while others were handled did not cause a wake.
    if (backlogged.isOpen) this.#hasMore = true;
    return this.#open(SPARSE) ?? this.#open(BACKLOGGED);
  }

  /**
   * @param {number} lane
   * @returns {Batch | undefined} The batch of that queue, a new one when the last is done; undefined without events.
   */
  #open(lane) {
    const batch = this.#batches[lane];
    if (batch.isOpen) return batch;
    if (!this.#hasMore) return undefined;
    const text = this.native.take(batch.words, lane);
    this.#hasMore = batch.saysMore;
    if (text === undefined) return undefined;
    batch.begin(text, this.native);
    return batch;
  }

  /** @param {Batch} batch */
  #endBatch(batch) {
    batch.end();
    const lane = batch === this.#batches[SPARSE] ? SPARSE : BACKLOGGED;
    this.#flush(lane, Math.round(batch.time * 1000));
    this.#runPassed();
  }

  /** Runs what has waited for events that are handled by now. */
  #runPassed() {
    if (this.#waiting.length === 0) return;
    for (const run of this.#waiting.splice(0, this.native.passed())) this.guard(run);
  }

  /**
   * Runs a function when all events received so far are handled.
   * @param {() => void} run
   */
  whenCaughtUp(run) {
    let waits = false;
    try {
      waits = this.native.fence();
    } catch (error) {
      throwLater(error);
    }
    if (waits) this.#waiting.push(run);
    else this.guard(run);
  }

  /**
   * Whether answers are gathered: while events are handled, many come before the next flush. At other times the io
   * thread may answer a ping meanwhile, which must not overtake an answer that was given before.
   */
  get isGathering() {
    return this.#isRunning;
  }

  /** Flushes queued messages when the running code has returned. */
  scheduleFlush() {
    if (this.#flushDue) return;
    this.#flushDue = true;
    microtask(() => {
      try {
        this.#flush(NEITHER, 0);
      } catch (error) {
        throwLater(error);
      }
    });
  }

  /**
   * @param {number} lane The queue whose batch has been handled.
   * @param {number} time Microseconds that handling it took.
   */
  #flush(lane, time) {
    this.#flushDue = false;
    if (lane !== NEITHER) this.#unmarked[lane] = true;
    this.native.answers.submit();
    for (let other = 0; other < this.#unmarked.length; other += 1) {
      if (other !== lane && this.#unmarked[other]) this.native.flush(other, 0);
    }
    this.native.flush(lane, time);
    this.#unmarked.fill(false);
    if (this.#unwritten.length === 0) return;
    const waiting = this.#unwritten;
    this.#unwritten = [];
    waiting.forEach((sends) => sends.settleWritten());
  }

  /**
   * Calls `settleWritten` after the next flush.
   * @param {import('../connection/sends.js').Sends} sends
   */
  awaitWritten(sends) {
    this.#unwritten.push(sends);
  }

  /**
   * Runs a function in a context of its own. Its exception becomes an uncaught exception and does not reach the caller.
   * @param {() => void} run
   */
  guard(run) {
    new AsyncResource('LineEvent', CONTEXT).runInAsyncScope(attempt, undefined, run);
  }

  /**
   * Runs a function in the present context. Its exception becomes an uncaught exception and does not reach the caller.
   * @param {() => void} run
   */
  attempt(run) {
    attempt(run);
  }
}

/** @param {() => void} run */
function attempt(run) {
  try {
    run();
  } catch (error) {
    throwLater(error);
  }
}

/** @param {number} quickSteps */
function sizeAfter(quickSteps) {
  if (quickSteps < FEW) return STEP;
  return quickSteps < MANY ? QUICK_STEP : LARGE_STEP;
}

/** @param {Batch} batch */
function isOpen(batch) {
  return batch.isOpen;
}

module.exports = { Inbox };
