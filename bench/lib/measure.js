// @ts-check
'use strict';

const path = require('node:path');
const { command } = require('./peers');
const { Program } = require('./program');
const { reservePort } = require('../../__test__/helpers/ports');

/** CPU core of the server, with all its threads. */
const SERVER_CORE = '0';
/** CPU core of the load generator. */
const LOAD_CORE = '1';
/** Longest time for a server to start, and for load to get ready or to take a turn, in ms. */
const START_TIMEOUT = 10_000;
const LOAD_TIMEOUT = 180_000;
/** Time of a turn before it is measured, in ms: caches get warm, and answers of the pause arrive. */
const LEAD_IN = 100;

const load = path.join(__dirname, '../../target/release/load');

/**
 * Figures of one run, as the load generator prints them.
 * @typedef {Record<string, number>} Figures
 */

/**
 * Measures one case on some peers, each in its own server process. All run at the same time, but only one has
 * load at a time: they take turns of a fraction of a second, so that a longer disturbance affects all of them.
 * @param {import('./peers').Peer[]} peers The peers.
 * @param {import('./cases').Case} benchCase The case.
 * @param {{warmup: number, duration: number}} times In ms; what the case itself says goes first.
 * @returns {Promise<Map<import('./peers').Peer, Figures | Error>>} What was measured of each, or why
 *   nothing was.
 */
async function measure(peers, benchCase, times) {
  /** @type {Map<import('./peers').Peer, Figures | Error>} */
  const outcomes = new Map();
  /** @type {Run[]} */
  const runs = [];
  /** @type {(run: Run, step: () => Promise<Figures | undefined>) => Promise<boolean>} */
  const goesOn = async (run, step) => {
    const outcome = await step().catch((/** @type {Error} */ error) => run.explain(error));
    if (outcome !== undefined) outcomes.set(run.peer, outcome);
    return outcome === undefined;
  };
  try {
    for (const peer of peers) {
      const run = new Run(peer);
      runs.push(run);
      await goesOn(run, () => run.begin(benchCase, times));
    }
    let waiting = runs.filter(({ peer }) => !outcomes.has(peer));
    while (waiting.length > 0) {
      for (const run of waiting) {
        if (!await goesOn(run, () => run.turn())) await run.end();
      }
      waiting = waiting.filter(({ peer }) => !outcomes.has(peer));
    }
  } finally {
    for (const run of runs) await run.end();
  }
  return outcomes;
}

/** One peer's server, and the load on it. */
class Run {
  /** @type {Program | undefined} */
  #server;
  /** @type {Program | undefined} */
  #generator;

  /** @param {import('./peers').Peer} peer */
  constructor(peer) {
    this.peer = peer;
  }

  /**
   * Starts the server, opens the connections and warms up.
   * @param {import('./cases').Case} benchCase
   * @param {{warmup: number, duration: number}} times
   * @returns {Promise<Figures | undefined>} Undefined when there are turns to be taken.
   */
  async begin(benchCase, { warmup, duration }) {
    const port = await reservePort();
    this.#server = new Program(SERVER_CORE, command(this.peer), { PORT: String(port), NODE_ENV: 'production', ...benchCase.env });
    await this.#server.says(['ready'], START_TIMEOUT);
    // Idle connections are not measured in time.
    const turns = benchCase.load[0] === 'idle' ? [] : ['--turns', String(LEAD_IN)];
    const [name, ...options] = benchCase.load;
    this.#generator = new Program(LOAD_CORE, [
      load, name, '--server', `127.0.0.1:${port}`, '--pid', String(this.#server.pid), '--protocol', this.peer.protocol,
      '--warmup', String(warmup), '--duration', String(duration), ...turns, ...options,
    ]);
    return this.#result();
  }

  /**
   * Continues the load for a turn.
   * @returns {Promise<Figures | undefined>} The figures, once there are.
   */
  async turn() {
    this.#generator?.tell('go');
    return this.#result();
  }

  /** @returns {Promise<Figures | undefined>} Undefined when another turn is asked for. */
  async #result() {
    const line = await /** @type {Program} */ (this.#generator).says(['turn?', '{'], LOAD_TIMEOUT);
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  }

  /**
   * Adds the last output of the server to an error of the load generator.
   * @param {Error} error
   */
  explain(error) {
    const said = this.#server?.errors.trim();
    return said ? new Error(`${error.message}\nthe server said: ${said.slice(-1000)}`) : error;
  }

  /** Ends both programs. */
  async end() {
    await this.#generator?.stop();
    await this.#server?.stop();
  }
}

module.exports = { measure };
