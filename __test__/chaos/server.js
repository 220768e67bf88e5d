// @ts-check
'use strict';

/**
 * The server of the chaos, a process of its own with a channel to its parent, which commands `start` with
 * the plan of a round, and `end`. What goes wrong is reported as a `fault`.
 */

const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { within } = require('../helpers/timing');
const { Gaps } = require('./gaps');
const { DRAIN, END_BOUND } = require('./plan');
const { Serving, watchProcess } = require('./serving');

/** @typedef {import('./plan').Plan} Plan */

/** Time after which an end is given up, in ms. */
const GIVEN_UP = DRAIN + END_BOUND + 15000;

/** @param {Record<string, unknown>} message */
const tell = (message) => process.send?.(message);

/** @param {string} text */
const fault = (text) => tell({ fault: `server: ${text}` });

/** @param {any} message What goes wrong in the thread of the server, or may. */
const pass = ({ fault: text, doubt }) => (text === undefined ? doubt && tell({ doubt }) : fault(text));

watchProcess(fault);

/** The longest gaps of this thread's timer and of the worker's, in ms. */
let longest = { main: new Float64Array(1), worker: new Float64Array(new SharedArrayBuffer(8)) };

/** What is told of a round that `terminate()` has ended. */
const UNKNOWN = { entries: {}, count: {} };

/** A server in a worker thread. */
class InWorker {
  #gaps = new Gaps(longest.main, pass);

  /** @param {Plan} plan */
  constructor(plan) {
    this.plan = plan;
    this.worker = new Worker(path.join(__dirname, 'worker.js'), { workerData: { plan, longest: longest.worker.buffer } });
    this.worker.on('message', pass);
    this.worker.on('error', (error) => fault(`the worker ended: ${error.stack}`));
  }

  /** @param {string} what @returns {Promise<any>} What the worker tells under this key. */
  #told(what) {
    return new Promise((resolve) => {
      this.worker.on('message', (message) => what in message && resolve(message[what]));
    });
  }

  async start() {
    const port = await within(this.#told('started'), 'start in the worker', GIVEN_UP);
    this.#gaps.begin();
    return port;
  }

  async end() {
    const { worker, plan } = this;
    let ended;
    if (plan.ending === 'terminate') {
      const begin = performance.now();
      await within(worker.terminate(), 'end of terminate()', GIVEN_UP);
      ended = { ...UNKNOWN, took: performance.now() - begin };
    } else {
      const exit = once(worker, 'exit');
      const told = this.#told('ended');
      worker.postMessage('end');
      ended = await within(told, `end of ${plan.ending} in the worker`, GIVEN_UP);
      // Nothing is left to keep it alive.
      await within(exit, 'end of the worker', GIVEN_UP);
    }
    this.#gaps.end();
    return ended;
  }
}

/** The round that goes on. @type {Serving | InWorker | undefined} */
let serving;

/** @type {Record<string, (argument: any) => unknown>} */
const commands = {
  start: (/** @type {Plan} */ plan) => {
    longest = { main: new Float64Array(1), worker: new Float64Array(new SharedArrayBuffer(8)) };
    serving = plan.inWorker ? new InWorker(plan) : new Serving(plan, longest.main, pass);
    return serving.start();
  },
  end: async () => {
    if (serving === undefined) throw new Error('no round goes on');
    const ended = await within(serving.end(), 'end', GIVEN_UP);
    serving = undefined;
    return { ...ended, longest: Math.max(longest.main[0], longest.worker[0]), memory: process.memoryUsage().rss };
  },
};

process.on('message', async (/** @type {{command: string, argument: any}} */ { command, argument }) => {
  try {
    tell({ done: command, result: await commands[command](argument) });
  } catch (error) {
    fault(`${command}: ${/** @type {Error} */ (error).stack}`);
  }
});

// After a round nothing keeps it alive; amid one its parent is gone.
process.on('disconnect', () => serving && process.exit(1));
