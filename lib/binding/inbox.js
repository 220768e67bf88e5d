// @ts-check
'use strict';

const { AsyncResource } = require('node:async_hooks');
const { Chores } = require('./chores.js');
const { CONTEXT, Contexts } = require('./contexts.js');
const { Events } = require('./events.js');
const { Lane } = require('./lane.js');
const { LANE } = require('./layout.js');
const { Pace } = require('./pace.js');
const { Turn } = require('./turn.js');
const { afterDue, microtask, now } = require('../runtime/environment.js');
const { throwLater } = require('../runtime/debug.js');
const { kLifecycle, kNative } = require('../symbols.js');

/** @typedef {import('../server/server.js').Server} Server */

const NEITHER = -1;

/**
 * Takes batches of events from the native side and has each event handled. Messages that handlers send are
 * flushed together.
 */
class Inbox {
  #server;
  #sparse = new Lane(LANE.SPARSE);
  #backlogged = new Lane(LANE.BACKLOGGED);
  #lanes = [this.#sparse, this.#backlogged];
  #events;
  /** Asynchronous contexts of the handlers. */
  #contexts;
  /** Whether events wait, here or on the native side. */
  #isWaiting = false;
  /** Whether the native side has more events. */
  #hasMore = false;
  /** Whether a chain of steps is under way. */
  #isRunning = false;
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
    for (const lane of this.#lanes) lane.look(0);
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
    const lane = this.#chores.isDue ? undefined : this.#choose(this.#stepped);
    this.#isChore = lane === undefined && !this.#chores.isEmpty;
    if (this.#isChore) {
      this.#chores.step();
      this.#flushDue = true;
      return true;
    }
    if (lane === undefined) {
      this.#isWaiting = false;
      this.#flush();
      // Chores may come.
      this.#runPassed();
      this.#flushDue = this.#isWaiting;
      return this.#isWaiting;
    }
    this.#count = lane.handle(this.#pace.size, this.#contexts);
    this.#handled = now();
    lane.note(this.#awaited + this.#handled - this.#stepped);
    this.#awaited = 0;
    if (lane.hasHandled) {
      this.#flush();
      this.#runPassed();
      if (!this.#hasMore && !this.#lanes.some(isOpen) && this.#chores.isEmpty) {
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
      this.#flush();
    } catch (error) {
      throwLater(error);
    }
  }

  /**
   * @param {number} time
   * @returns {Lane | undefined} A queue with events to handle.
   */
  #choose(time) {
    const sparse = this.#sparse;
    const backlogged = this.#backlogged;
    if (!this.#turn.isForSparse(time)) return this.#open(backlogged, time) ?? this.#open(sparse, time);
    if (!sparse.isOpen && backlogged.isOpen && !sparse.isLookDue(time)) return this.#open(backlogged, time);
    // Events that came while others were handled did not cause a wake.
    if (backlogged.isOpen || !this.#chores.isEmpty) this.#hasMore = true;
    return this.#open(sparse, time) ?? this.#open(backlogged, time);
  }

  /**
   * @param {Lane} lane
   * @param {number} time
   * @returns {Lane | undefined} That queue, if it has events to handle. A batch is taken when there are none, or when more are due.
   */
  #open(lane, time) {
    if (lane.wantsMore(time)) this.#hasMore = true;
    else if (lane.isOpen) return lane;
    if (this.#hasMore) {
      lane.look(time);
      this.#hasMore = lane.take(this.native);
    }
    return lane.isOpen ? lane : undefined;
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
        this.#flush();
      } catch (error) {
        throwLater(error);
      }
    });
  }

  /** Sends what is queued, and tells the native side which batches have been handled. */
  #flush() {
    this.#flushDue = false;
    this.native.answers.submit();
    let isFlushed = false;
    for (const lane of this.#lanes) {
      if (!lane.hasHandled) continue;
      // If this fails, the next flush tells it.
      this.native.flush(lane.number, lane.inHand, lane.microseconds);
      lane.tell();
      isFlushed = true;
    }
    if (!isFlushed) this.native.flush(NEITHER, 0, 0);
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

/** @param {Lane} lane */
function isOpen(lane) {
  return lane.isOpen;
}

module.exports = { Inbox };
