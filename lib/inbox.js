// @ts-check
'use strict';

const { AsyncResource } = require('node:async_hooks');
const { Batch } = require('./batch.js');
const { Events } = require('./events.js');
const { afterDue, afterTurn, microtask, now, outside } = require('./environment.js');
const { throwLater } = require('./uncaught.js');

/** @typedef {import('./server.js').Server} Server */

/** The queues of the native side (`crates/core/src/hub/lane.rs`). */
const SPARSE = 0;
const BACKLOGGED = 1;
const NEITHER = -1;

/**
 * Milliseconds that events are handled before the event loop looks for timers, sockets and signals.
 * A timer is then late by twice this time and a handler's at most: Node may call us again in the same
 * turn of the loop, which we only notice when the time has passed.
 */
const TURN = 8;

/** Of these, the milliseconds in which connections without a backlog come first. */
const SPARSE_TURN = 6;

/** Milliseconds after which one looks for events of connections without a backlog, while handling others. */
const LOOK = 1;

/**
 * Events that are handled before the code that awaits in their handlers goes on. So the time that this
 * code takes is noticed soon.
 */
const STEP = 8;

/** What each handler's asynchronous context is made with. It is never destroyed. */
const CONTEXT = { requireManualDestroy: true };

/**
 * Takes batches of events from the native side and has each event handled; and sees that what handlers
 * send is flushed once for many messages.
 */
class Inbox {
  /** One batch of each queue. */
  #batches = [new Batch(), new Batch()];
  #events;
  /** Something waits here or on the native side. */
  #isWaiting = false;
  /** The native side has more to take. */
  #hasMore = false;
  /** A chain of steps is under way. */
  #isRunning = false;
  /** When the running turn is over, and until when connections without a backlog come first. */
  #turnEnds = 0;
  #sparseEnds = 0;
  /** When it was last looked for events of connections without a backlog. */
  #looked = 0;
  /** When the last step began. */
  #stepped = 0;
  /** What goes on once the event loop has turned. @type {NodeJS.Immediate | undefined} */
  #immediate = undefined;
  #flushDue = false;
  /** Those with promises of `sendWithoutResponse`. @type {import('./sends.js').Sends[]} */
  #unwritten = [];
  /** What waits for events that were there before it, oldest first. @type {(() => void)[]} */
  #waiting = [];

  /** One function for all steps. */
  #goOn = () => this.#step();

  /** @param {Server} server */
  constructor(server) {
    this.native = server.native_;
    this.#events = new Events(server, this);
    /** Connections by slot. @type {(import('./connection.js').ServerConnection | undefined)[]} */
    this.connections = [];
  }

  /**
   * Lets messages of this name arrive as a number.
   * @param {string} name
   */
  intern(name) {
    this.#events.intern(name);
  }

  /** The native side has something to take. */
  wake() {
    this.#isWaiting = true;
    this.#hasMore = true;
    if (this.#isRunning) return;
    const time = now();
    if (time >= this.#turnEnds) {
      // Whether the event loop has turned since is unknown: Node calls this again and again within one
      // turn of it. What is scheduled here runs after the turn.
      if (this.#immediate !== undefined) return;
      this.#goOnLater();
      this.#beginTurn(time);
    }
    outside(() => this.#run());
  }

  #goOnLater() {
    this.#immediate ??= afterTurn(() => {
      this.#immediate = undefined;
      this.#beginTurn(now());
      if (this.#isWaiting) this.#run();
    });
  }

  /** @param {number} time */
  #beginTurn(time) {
    this.#turnEnds = time + TURN;
    this.#sparseEnds = time + SPARSE_TURN;
  }

  #run() {
    this.#isRunning = true;
    // What handlers send leaves with one flush at the end.
    this.#flushDue = true;
    this.#looked = 0;
    this.#stepped = now();
    this.#step();
  }

  /** Handles some events, then lets the code go on that awaits in their handlers. */
  #step() {
    try {
      if (this.#handleSome()) {
        afterDue(this.#goOn);
        return;
      }
    } catch (error) {
      // What failed is not what was asked for by one message. The others are looked at again.
      this.#goOnLater();
      throwLater(error);
    }
    this.#isRunning = false;
  }

  /** @returns {boolean} Whether it goes on in this turn. */
  #handleSome() {
    const time = now();
    const batch = this.#choose(time);
    if (batch === undefined) {
      this.#isWaiting = false;
      this.#flush(NEITHER, 0);
      return false;
    }
    for (let count = 0; count < STEP && batch.isOpen; count += 1) {
      batch.read();
      runApart(this.#events.handle, this.#events, batch.event);
    }
    const after = now();
    batch.time += after - this.#stepped;
    this.#stepped = after;
    if (!batch.isOpen) this.#endBatch(batch);
    if (after < this.#turnEnds) return true;
    this.#flush(NEITHER, 0);
    this.#goOnLater();
    return false;
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
    // It comes as a surprise while others are handled: nobody is woken for it.
    this.#hasMore = true;
    return this.#open(SPARSE) ?? this.#open(BACKLOGGED);
  }

  /**
   * @param {number} lane
   * @returns {Batch | undefined} That queue's batch, a new one if need be.
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
    this.#flushDue = true;
    if (this.#waiting.length === 0) return;
    for (const run of this.#waiting.splice(0, this.native.passed())) this.guard(run);
  }

  /**
   * Runs something when all events have been handled that have come by now.
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

  /** Sees that what was queued leaves when the running code has returned. */
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
   * @param {number} time Microseconds that took.
   */
  #flush(lane, time) {
    this.#flushDue = false;
    this.native.flush(lane, time);
    if (this.#unwritten.length === 0) return;
    const waiting = this.#unwritten;
    this.#unwritten = [];
    waiting.forEach((sends) => sends.settleWritten());
  }

  /**
   * Lets it look, after the next flush, what has been written.
   * @param {import('./sends.js').Sends} sends
   */
  awaitWritten(sends) {
    this.#unwritten.push(sends);
  }

  /**
   * Runs a listener; what it throws becomes an uncaught exception that stops nothing else.
   * @param {() => void} run
   */
  guard(run) {
    runApart(attempt, undefined, run);
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

/**
 * Calls a function in an asynchronous context of its own: what a handler does to the context with
 * `AsyncLocalStorage.enterWith` does not reach the handlers of other connections.
 * @template {unknown[]} A
 * @param {(...args: A) => void} run
 * @param {unknown} that
 * @param {A} args
 */
function runApart(run, that, ...args) {
  new AsyncResource('LineEvent', CONTEXT).runInAsyncScope(run, that, ...args);
}

module.exports = { Inbox };
