// @ts-check
'use strict';

const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { Batch } = require('./batch.js');
const { Events } = require('./events.js');
const { KIND, LANE } = require('./layout.js');
const { afterDue, afterTurn, microtask, now, outside } = require('../runtime/environment.js');
const { throwLater } = require('../runtime/uncaught.js');
const { kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

const { SPARSE, BACKLOGGED } = LANE;
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
 * Events that are handled before the code that awaits in their handlers goes on, by the number of quick
 * steps before. So the time that this code takes is noticed soon.
 */
const STEP = 8;
const QUICK_STEP = 16;
const LARGE_STEP = 32;

/** Milliseconds that a quick step takes at most, and the code that awaits in its handlers. */
const QUICK = 0.25;

/** Quick steps in a row before larger ones are tried, and before the largest. */
const FEW = 2;
const MANY = 64;

/** What each handler's asynchronous context is made with. It is never destroyed. */
const CONTEXT = { requireManualDestroy: true };

/**
 * One context for all, where `enterWith` holds until the scope is left: from Node 24 on. Before, it holds
 * for the resource, and so for all that run in its scope later: then each connection has one.
 */
const SHARED = leavesNothing() ? new AsyncResource('LineEvents', CONTEXT) : undefined;

/** Whether what is entered in the scope of a resource is gone when the scope is entered again. */
function leavesNothing() {
  const storage = new AsyncLocalStorage();
  const resource = new AsyncResource('LineProbe', CONTEXT);
  resource.runInAsyncScope(() => storage.enterWith(true));
  const left = resource.runInAsyncScope(() => storage.getStore());
  storage.disable();
  return left === undefined;
}

/**
 * Takes batches of events from the native side and has each event handled; and sees that what handlers
 * send is flushed once for many messages.
 */
class Inbox {
  /** One batch of each queue. */
  #batches = [new Batch(), new Batch()];
  #events;
  /** What the handlers of each connection run in, by slot. @type {(AsyncResource | undefined)[]} */
  #contexts = [];
  /** Something waits here or on the native side. */
  #isWaiting = false;
  /** The native side has more to take. */
  #hasMore = false;
  /** A chain of steps is under way. */
  #isRunning = false;
  /** It began when the event loop looked for events, and not in an immediate. */
  #isWoken = false;
  /** Its turn is over, and timers have not been looked for since. */
  #isSpent = false;
  /** When the running turn is over, and until when connections without a backlog come first. */
  #turnEnds = 0;
  #sparseEnds = 0;
  /** When it was last looked for events of connections without a backlog. */
  #looked = 0;
  /** When the last step began. */
  #stepped = 0;
  /** What goes on once the event loop has turned. @type {NodeJS.Immediate | undefined} */
  #immediate = undefined;
  /** Quick steps in a row. */
  #quickSteps = 0;
  /** Milliseconds that the code took which awaited in the handlers of the last step. */
  #awaited = 0;
  #flushDue = false;
  /** Those with promises of `sendWithoutResponse`. @type {import('../connection/sends.js').Sends[]} */
  #unwritten = [];
  /** What waits for events that were there before it, oldest first. @type {(() => void)[]} */
  #waiting = [];

  /** One function for all wakes. */
  #start = () => this.#run();

  /** @param {Server} server */
  constructor(server) {
    this.native = server[kNative];
    this.#events = new Events(server, this);
    /** Connections by slot. @type {(import('../connection/connection.js').ServerConnection | undefined)[]} */
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
    this.#isWoken = true;
    outside(this.#start);
  }

  #goOnLater() {
    this.#immediate ??= afterTurn(() => {
      this.#immediate = undefined;
      if (this.#isSpent) {
        // Immediates come before timers, which are due after a turn as well.
        this.#isSpent = false;
        this.#goOnLater();
        return;
      }
      this.#isWoken = false;
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

  /** Goes on after the code that awaited in the handlers of the last step, if that has left time for it. */
  #goOn = () => {
    const time = now();
    this.#awaited = time - this.#stepped;
    this.#note(time);
    if (time < this.#turnEnds) this.#step();
    else this.#endTurn();
  };

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

  /**
   * Has an event handled in the asynchronous context of its connection: what a handler does to the context
   * with `AsyncLocalStorage.enterWith` does not reach the handlers of other connections.
   * @param {import('./batch.js').NativeEvent} event
   */
  #handleApart(event) {
    (SHARED ?? this.#contextOf(event)).runInAsyncScope(this.#events.handle, this.#events, event);
  }

  /**
   * @param {import('./batch.js').NativeEvent} event
   * @returns {AsyncResource} That of the connection; a new one for the first event of it, and for others.
   */
  #contextOf({ kind, slot }) {
    if (kind > KIND.DRAINED) return new AsyncResource('LineEvent', CONTEXT);
    const context = this.connections[slot] && this.#contexts[slot];
    if (kind === KIND.CLOSED) this.#contexts[slot] = undefined;
    else if (context === undefined) return (this.#contexts[slot] = new AsyncResource('LineEvent', CONTEXT));
    return context ?? new AsyncResource('LineEvent', CONTEXT);
  }

  /** @returns {boolean} Whether it goes on in this turn. */
  #handleSome() {
    const batch = this.#choose(this.#stepped);
    if (batch === undefined) {
      this.#isWaiting = false;
      this.#flush(NEITHER, 0);
      return false;
    }
    const size = sizeAfter(this.#quickSteps);
    for (let count = 0; count < size && batch.isOpen; count += 1) {
      this.#handleApart(batch.read());
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
   * Notes what was done since the last time.
   * @param {number} time
   */
  #note(time) {
    this.#quickSteps = time - this.#stepped < QUICK ? this.#quickSteps + 1 : 0;
    this.#stepped = time;
  }

  /** The event loop is due. */
  #endTurn() {
    this.#isRunning = false;
    this.#isSpent = this.#isWoken;
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
    // What has come while others are handled woke nobody.
    if (backlogged.isOpen) this.#hasMore = true;
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
   * @param {import('../connection/sends.js').Sends} sends
   */
  awaitWritten(sends) {
    this.#unwritten.push(sends);
  }

  /**
   * Runs a listener; what it throws becomes an uncaught exception that stops nothing else.
   * @param {() => void} run
   */
  guard(run) {
    new AsyncResource('LineEvent', CONTEXT).runInAsyncScope(attempt, undefined, run);
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
