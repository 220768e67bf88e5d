// @ts-check
'use strict';

/** A test of random steps: `LINE_MODEL_SEED` repeats the choices of a run, `LINE_MODEL_STEPS` makes more steps. */

const assert = require('node:assert/strict');

/** @typedef {import('./random-run').RandomRun} RandomRun */

const SEED = Number(process.env.LINE_MODEL_SEED ?? Math.floor(Math.random() * 2 ** 32));
const STEPS = Number(process.env.LINE_MODEL_STEPS ?? 150);

/**
 * Takes the steps, and checks that no fault was found and that messages have come.
 * @param {import('node:test').TestContext} test
 * @param {RandomRun & { begin(): Promise<void>, step(): Promise<void>, end(): Promise<void> }} model Made with `SEED`.
 */
async function walk(test, model) {
  test.diagnostic(`LINE_MODEL_SEED=${SEED}`);
  await model.begin();
  for (let step = 0; step < STEPS; step += 1) await model.step();
  await model.end();
  test.diagnostic(JSON.stringify({ ...model.ledger.counts, ...model.steps }));
  assert.deepEqual(model.ledger.faults.slice(0, 5), [], `LINE_MODEL_SEED=${SEED}`);
  assert.ok(model.ledger.counts.messages + model.ledger.counts.plain > STEPS, 'messages have come');
}

module.exports = { SEED, walk };
