// @ts-check
'use strict';

/** Random steps of clients and of workers that the primary process joins; `model/walk.js` says what repeats a run. */

const { it } = require('node:test');
const { withScene } = require('../process/support/scene');
const { WorkerModel } = require('./model/worker-run');
const { SEED, walk } = require('./model/walk');

it('workers: nothing comes twice or out of order, and what is missing is announced', withScene(async (scene, test) => {
  await walk(test, new WorkerModel(scene, SEED));
}));
