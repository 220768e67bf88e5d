// @ts-check
'use strict';

/**
 * Random steps of clients and of workers that the primary process joins. `LINE_MODEL_SEED` repeats the choices of a run,
 * `LINE_MODEL_STEPS` makes more.
 */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { WorkerModel } = require('./model/worker-run');

const SEED = Number(process.env.LINE_MODEL_SEED ?? Math.floor(Math.random() * 2 ** 32));
const STEPS = Number(process.env.LINE_MODEL_STEPS ?? 150);

it('workers: nothing comes twice or out of order, and what is missing is announced', withScene(async (scene, test) => {
  test.diagnostic(`LINE_MODEL_SEED=${SEED}`);
  const model = new WorkerModel(scene, SEED);
  await model.begin();
  for (let step = 0; step < STEPS; step += 1) await model.step();
  await model.end();
  test.diagnostic(JSON.stringify({ ...model.ledger.counts, ...model.steps }));
  assert.deepEqual(model.ledger.faults.slice(0, 5), [], `LINE_MODEL_SEED=${SEED}`);
  assert.ok(model.ledger.counts.messages + model.ledger.counts.plain > STEPS, 'messages have come');
}));
