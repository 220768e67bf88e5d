// @ts-check
'use strict';

/**
 * Random steps of clients, nodes and outages. `LINE_MODEL_SEED` repeats the choices of a run, `LINE_MODEL_STEPS` makes more;
 * `npm run chaos:cluster` goes on for as long as told.
 */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { Model } = require('./model/run');
const { WITHOUT_REDIS } = require('./support/needs');

const SEED = Number(process.env.LINE_MODEL_SEED ?? Math.floor(Math.random() * 2 ** 32));
const STEPS = Number(process.env.LINE_MODEL_STEPS ?? 150);

/** Whether there are rooms with history as well: `LINE_MODEL_HISTORY=1`. */
const HISTORY = process.env.LINE_MODEL_HISTORY === '1';

it('nothing comes twice or out of order, and what is missing is announced', { skip: WITHOUT_REDIS }, withScene(async (scene, test) => {
  test.diagnostic(`LINE_MODEL_SEED=${SEED}`);
  const model = new Model(scene, SEED, { history: HISTORY });
  await model.begin();
  for (let step = 0; step < STEPS; step += 1) await model.step();
  await model.end();
  test.diagnostic(JSON.stringify({ ...model.ledger.counts, ...model.steps }));
  assert.deepEqual(model.ledger.faults.slice(0, 5), [], `LINE_MODEL_SEED=${SEED}`);
  assert.ok(model.ledger.counts.messages + model.ledger.counts.plain > STEPS, 'messages have come');
}));
