// @ts-check
'use strict';

/**
 * Chaos for as long as told (`npm run chaos -- --minutes 60`): rounds of some seconds, in each of which a
 * server, its way of listening, floods, a bad network and an end are chosen at random. Honest clients account
 * for every message meanwhile, and a timer in the server's thread for every delay. Each Node given with
 * `--node PATH`, this one by default, gets its share of the time. Ends with code 1 when something went wrong,
 * and says what, in which round, and how to run that round again.
 */

const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { delay } = require('../helpers/timing');
const { Part } = require('../process/support/part');
const { KINDS } = require('./floods');
const { ANSWER_TIME, DRAIN, END_BOUND, GAP_BOUND, describe, planOf } = require('./plan');

/** Time for a process that has nothing left to do to end by itself, in ms. */
const LEAVING = 10000;

/**
 * Time for a command to the flooders and for their end, in ms. They have the lowest priority: beside programs that want all
 * of the processors they may get a hundredth of one.
 */
const STARVED = 300_000;

/** How often a round is tried that has a gap of which nobody knows whose it is. */
const TRIES = 3;

/** Faults of one round that are shown; all are counted. */
const SHOWN = 10;

/**
 * The environment of all processes: WebSockets of Node trust the tests' certificates, too, and a client that
 * connects is as patient as one that waits for an answer.
 */
const ENVIRONMENT = {
  NODE_EXTRA_CA_CERTS: path.join(__dirname, '../fixtures/tls/ca.pem'),
  LINE_PATIENCE: String(ANSWER_TIME),
};

const USAGE = `usage: npm run chaos -- [--minutes N] [--node PATH]... [--seed N] [--round N] [--flood KIND]

  --minutes N    for how long, all versions of Node together (default: 10)
  --node PATH    a Node to run it with, or its name in PATH; may be given several times (default: the one that
                 runs this)
  --seed N       of the random choices, 0 to 4294967295 (default: another each time)
  --round N      repeats this round alone
  --flood KIND   has this flood alone, may be given several times; one of:
                 ${KINDS.join(',\n                 ')}`;

/** @returns {{minutes: number, nodes: string[], seed: number, round: number | undefined, kinds: string[]}} */
function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      node: { type: 'string', multiple: true, default: [process.execPath] },
      seed: { type: 'string' },
      round: { type: 'string' },
      flood: { type: 'string', multiple: true, default: KINDS },
    },
  });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
  const round = values.round === undefined ? undefined : Number(values.round);
  const kinds = /** @type {string[]} */ (values.flood);
  if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error('--seed must be an integer from 0 to 4294967295');
  if (round !== undefined && !(Number.isInteger(round) && round >= 0)) throw new Error('--round must be an integer from 0 on');
  const unknown = kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw new Error(`--flood: there is no flood "${unknown}"`);
  return { minutes, nodes: /** @type {string[]} */ (values.node), seed, round, kinds };
}

/** What is counted of all rounds with one Node. */
class Totals {
  rounds = 0;
  answers = 0;
  heard = 0;
  visits = 0;
  pages = 0;
  cuts = 0;
  floods = 0;
  bytes = 0;
  renewals = 0;
  gap = 0;
  doubts = 0;
  /** Longest time of each way to end, in ms. @type {Record<string, number>} */
  ends = {};

  /** @param {import('./plan').Plan} plan @param {any} ended @param {any} honest @param {any} flooders */
  add(plan, ended, honest, flooders) {
    this.rounds += 1;
    this.answers += honest.answers;
    this.heard += honest.heard;
    this.visits += honest.visits;
    this.pages += honest.pages;
    this.cuts += honest.cuts;
    this.floods += flooders.visits;
    this.bytes += flooders.bytes;
    this.renewals += ended.count.renewals ?? 0;
    this.gap = Math.max(this.gap, ended.longest);
    this.ends[plan.ending] = Math.max(this.ends[plan.ending] ?? 0, ended.took);
  }

  toString() {
    const ends = Object.entries(this.ends).map(([ending, took]) => `${ending} ${Math.round(took)} ms`);
    return [
      `${this.rounds} rounds`,
      `${this.visits} visits, ${this.answers} requests answered, ${this.heard} broadcasts heard, ${this.pages} pages`,
      `${this.cuts} connections cut, ${this.renewals} certificates`,
      `floods: ${this.floods} visits, ${(this.bytes / 2 ** 20).toFixed()} MiB`,
      `longest gap ${this.gap.toFixed(1)} ms, ${this.doubts} others that did not come again, longest ends: ${ends.join(', ')}`,
    ].join('\n  ');
  }
}

/** All rounds with one Node. */
class Chaos {
  #number = -1;
  /** How many more faults of this round are shown. */
  #shown = SHOWN;
  /** What went wrong. @type {string[]} */
  faults = [];
  /** Gaps in this round that may be the machine's. @type {string[]} */
  #doubts = [];
  totals = new Totals();

  /**
   * @param {string} node
   * @param {ReturnType<typeof readArguments>} given
   */
  constructor(node, given) {
    this.node = node;
    this.given = given;
    this.version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    const fault = (/** @type {string} */ text) => this.fault(text);
    const options = { execPath: node, env: { ...process.env, ...ENVIRONMENT } };
    this.server = new Part(path.join(__dirname, 'server.js'), fault, [], options);
    this.server.process.on('message', (/** @type {{doubt?: string}} */ { doubt }) => {
      if (doubt === undefined) return;
      this.#doubts.push(doubt);
      console.log(`  doubt ${doubt}`);
    });
    this.peers = new Part(path.join(__dirname, 'peers.js'), fault, [], options);
    this.flooders = new Part(path.join(__dirname, 'flooders.js'), fault, [], options);
    this.flooders.patience = STARVED;
  }

  /** @param {string} text */
  fault(text) {
    this.faults.push(text);
    this.#shown -= 1;
    if (this.#shown < 0) return;
    const { seed } = this.given;
    console.log(`  FAULT ${text}\n    again: npm run chaos -- --seed ${seed} --round ${this.#number} --node ${this.node} --minutes 1`);
  }

  /**
   * A round, again when it had a gap in which the thread slept: who is at fault is seen from whether it comes again.
   * @param {number} number
   */
  async #round(number) {
    this.#number = number;
    this.#shown = SHOWN;
    for (let left = TRIES; left > 0; left--) {
      this.#doubts = [];
      await this.#tryRound(number);
      if (this.#doubts.length === 0) return;
      this.totals.doubts += this.#doubts.length;
    }
    this.fault(`in each of ${TRIES} tries: ${this.#doubts[0]}`);
  }

  /** @param {number} number */
  async #tryRound(number) {
    const { seed, kinds } = this.given;
    const plan = planOf(seed, number, kinds);
    const before = this.faults.length;
    const port = await this.server.tell('start', plan);
    await this.peers.tell('come', { plan, port });
    await this.flooders.tell('come', { plan, port });
    await delay(plan.seconds * 1000);
    await this.peers.tell('brace');
    const ended = await this.server.tell('end');
    const flooders = await this.flooders.tell('leave');
    const { count, accounts } = await this.peers.tell('leave');
    this.#check(plan, ended, accounts);
    this.totals.add(plan, ended, count, flooders);
    console.log([
      `${this.version} round ${number}: ${describe(plan)} in ${Math.round(ended.took)} ms`,
      `${count.answers} answers, ${count.heard} broadcasts`,
      `${count.cuts} cut`,
      `gap ${ended.longest.toFixed(1)} ms`,
      `${(ended.memory / 2 ** 20).toFixed()} MiB`,
      `${this.faults.length - before} faults`,
    ].join(' | '));
  }

  /**
   * @param {import('./plan').Plan} plan
   * @param {any} ended What the server tells.
   * @param {Record<string, Record<string, number>>} accounts What its clients have counted.
   */
  #check({ ending }, ended, accounts) {
    const bound = END_BOUND + (ending === 'drain' ? DRAIN : 0);
    if (ended.took > bound) this.fault(`${ending} took ${Math.round(ended.took)} ms, more than ${bound}`);
    // A worker that was terminated at once had no time to tell.
    if (ended.longest > GAP_BOUND && this.#shown === SHOWN) {
      this.fault(`a timer of 5 ms had a gap of ${ended.longest.toFixed(1)} ms`);
    }
    // A terminated worker cannot tell what it has counted.
    if (ending === 'terminate') return;
    for (const [key, account] of Object.entries(accounts)) {
      for (const [what, count] of Object.entries(account)) {
        const entry = ended.entries[key] ?? {};
        const counted = entry[what];
        const late = what === 'answered' ? entry.late : 0;
        if (!(count >= counted && count <= counted + late)) this.fault(`${key}: ${count} messages ${what}, the server has counted ${counted}`);
      }
    }
  }

  /** @param {number} milliseconds */
  async run(milliseconds) {
    console.log(`\nNode ${this.version}, ${Math.round(milliseconds / 1000)} s`);
    const end = performance.now() + milliseconds;
    const { round } = this.given;
    try {
      for (let number = 0; performance.now() < end; number += 1) await this.#round(round ?? number);
      for (const part of [this.server, this.peers, this.flooders]) {
        const problem = await part.leave(part === this.flooders ? STARVED : LEAVING);
        if (problem !== undefined) this.fault(problem);
      }
      const { answers, heard } = this.totals;
      if (answers === 0 || heard === 0) this.fault(`${answers} requests were answered and ${heard} broadcasts heard: nothing was tried`);
    } catch (error) {
      this.fault(/** @type {Error} */ (error).message);
    } finally {
      await Promise.all([this.server.kill(), this.peers.kill(), this.flooders.kill()]);
    }
  }
}

async function main() {
  const given = readArguments();
  console.log(`seed ${given.seed}`);
  /** @type {Chaos[]} */
  const all = [];
  for (const node of given.nodes) {
    const chaos = new Chaos(node.includes(path.sep) ? path.resolve(node) : node, given);
    all.push(chaos);
    await chaos.run((given.minutes * 60000) / given.nodes.length);
  }
  console.log();
  for (const { version, totals, faults } of all) {
    console.log(`Node ${version}: ${faults.length} faults in ${totals}`);
  }
  const count = all.reduce((sum, { faults }) => sum + faults.length, 0);
  console.log(count === 0 ? 'passed' : `failed: ${count} faults, seed ${given.seed}`);
  process.exitCode = count === 0 ? 0 : 1;
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
