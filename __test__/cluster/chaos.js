// @ts-check
'use strict';

/**
 * Several nodes and Redis for as long as told (`npm run chaos:cluster -- --minutes 60`): rounds of random steps of clients,
 * nodes and outages, as in `model.test.js`. Ends with code 1 when something came twice, out of order, or was missing without
 * a word, and says how to repeat that round.
 */

const { parseArgs } = require('node:util');
const { Scene } = require('../process/support/scene');
const { Model } = require('./model/run');

/** Steps of a round. */
const STEPS = 500;

/** Faults of a round that are shown. */
const SHOWN = 10;

const USAGE = `usage: npm run chaos:cluster -- [--minutes N] [--seed N] [--history]

  --minutes N   for how long (default: 10)
  --seed N      repeats the round of this seed alone
  --history     has rooms with history, too`;

/**
 * @param {number} seed
 * @param {boolean} history Whether there are rooms with history.
 * @returns {Promise<{faults: string[], counts: Record<string, number>}>}
 */
async function round(seed, history) {
  const scene = new Scene();
  const model = new Model(scene, seed, { history });
  try {
    await model.begin();
    for (let step = 0; step < STEPS; step += 1) await model.step();
    await model.end();
  } catch (error) {
    model.ledger.fault(String(/** @type {Error} */ (error).stack));
  } finally {
    await scene.dispose();
  }
  return { faults: model.ledger.faults, counts: model.ledger.counts };
}

async function main() {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, history: { type: 'boolean', default: false }, help: { type: 'boolean' } } });
  if (values.help) return void console.log(USAGE);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0\n\n${USAGE}`);
  const end = Date.now() + minutes * 60_000;
  let failed = 0;
  let rounds = 0;
  do {
    const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
    const { faults, counts } = await round(seed, values.history);
    rounds += 1;
    const shown = Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ');
    console.log(`seed ${seed}: ${faults.length === 0 ? 'good' : `${faults.length} FAULTS`}; ${shown}`);
    if (faults.length === 0) continue;
    failed += 1;
    for (const fault of faults.slice(0, SHOWN)) console.log(`  ${fault}`);
    console.log(`  again: npm run chaos:cluster -- --seed ${seed}${values.history ? ' --history' : ''}`);
  } while (values.seed === undefined && Date.now() < end);
  console.log(`${rounds} rounds, ${failed} with faults`);
  if (failed > 0) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
