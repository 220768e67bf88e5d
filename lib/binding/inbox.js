// @ts-check
'use strict';

const { AsyncResource } = require('node:async_hooks');
const { Batch } = require('./batch.js');
const { Chores } = require('./chores.js');
const { CONTEXT, Contexts } = require('./contexts.js');
const { Events } = require('./events.js');
const { LANE } = require('./layout.js');
const { Pace } = require('./pace.js');
const { Turn } = require('./turn.js');
const { afterDue, microtask, now } = require('../runtime/environment.js');
const { throwLater } = require('../runtime/debug.js');
const { kLifecycle, kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

const { SPARSE, BACKLOGGED } = LANE;
const NEITHER = -1;

/** Milliseconds between looks for events of connections without a backlog, while others are handled. */
const LOOK = 1;

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
  /** When events of connections without a backlog were last looked for. */
  #looked = 0;
  /** When the last step began, and when its handlers had returned. */
  #stepped = 0;
  #handled = 0;
  /** The time there is before the event loop is due. */
  #turn = new Turn((time) => {
    if (this.#isWaiting) this.#run(time);
  });
  #pace = new Pace();
  /** Events of the last step. */
  #count = 0;
  /** What is done beside events. */
  #chores = new Chores();
  /** Whether the last step was one of chores. */
  #isChore = false;
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
    if (this.#turn.enter(time)) this.#run(time);
  }

  /**
   * Has something done beside events, in steps that take their share of each turn.
   * @param {(count: number) => boolean} chore Does so many parts at most; returns whether more are left.
   */
  addChore(chore) {
    this.#chores.add(chore);
    this.#isWaiting = true;
    if (!this.#isRunning) this.#turn.goOnLater();
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
    if (!this.#isChore) this.#awaited = time - this.#handled;
    this.#note(time);
    if (this.#turn.isOver(time)) this.#endTurn();
    else this.#contexts.run(this.#next);
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
      this.#turn.goOnLater();
      this.#server[kLifecycle].onFailure(error);
      throwLater(error);
    }
    this.#isRunning = false;
  }

  /** @returns {boolean} Whether the chain of steps continues. */
  #handleSome() {
    const batch = this.#chores.isDue ? undefined : this.#choose(this.#stepped);
    this.#isChore = batch === undefined && !this.#chores.isEmpty;
    if (this.#isChore) {
      this.#chores.step();
      this.#flushDue = true;
      return true;
    }
    if (batch === undefined) {
      this.#isWaiting = false;
      this.#flush(NEITHER, 0);
      // Chores may come.
      this.#runPassed();
      this.#flushDue = this.#isWaiting;
      return this.#isWaiting;
    }
    const { size } = this.#pace;
    for (this.#count = 0; this.#count < size && batch.isOpen; this.#count += 1) {
      this.#contexts.handle(batch);
    }
    this.#handled = now();
    batch.time += this.#awaited + this.#handled - this.#stepped;
    this.#awaited = 0;
    if (!batch.isOpen) {
      this.#endBatch(batch);
      if (!this.#hasMore && !this.#batches.some(isOpen) && this.#chores.isEmpty) {
        this.#note(this.#handled);
        this.#isWaiting = false;
        return false;
      }
    }
    this.#flushDue = true;
    return true;
  }

  /**
   * Notes that a step has ended, and the code that awaited in it.
   * @param {number} time
   */
  #note(time) {
    const took = time - this.#stepped;
    this.#stepped = time;
    if (this.#isChore) {
      this.#chores.note(took);
      return;
    }
    this.#pace.note(this.#count, took);
    this.#chores.wait(took);
  }

  /** Ends a turn: the event loop is due. */
  #endTurn() {
    this.#isRunning = false;
    this.#turn.goOnLater();
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
    if (!this.#turn.isForSparse(time)) return this.#open(BACKLOGGED) ?? this.#open(SPARSE);
    const [sparse, backlogged] = this.#batches;
    if (backlogged.isOpen && !sparse.isOpen && time - this.#looked < LOOK) return backlogged;
    this.#looked = time;
    // Events that came while others were handled did not cause a wake.
    if (backlogged.isOpen || !this.#chores.isEmpty) this.#hasMore = true;
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
    for (const sends of waiting) {
      try {
        sends.settleWritten();
      } catch (error) {
        // It concerns this connection alone, whose promises wait for the next flush.
        this.#unwritten.push(sends);
        throwLater(error);
      }
    }
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

/** @param {Batch} batch */
function isOpen(batch) {
  return batch.isOpen;
}

module.exports = { Inbox };
