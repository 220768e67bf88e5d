// @ts-check
'use strict';

/**
 * Random steps of clients, nodes and outages; `model/walk.js` says what repeats a run. `npm run chaos:cluster` goes on for as
 * long as told.
 */

const { it } = require('node:test');
const { withScene } = require('../process/support/scene');
const { Model } = require('./model/run');
const { SEED, walk } = require('./model/walk');
const { WITHOUT_REDIS } = require('./support/needs');

/** Whether there are rooms with history as well: `LINE_MODEL_HISTORY=1`. */
const HISTORY = process.env.LINE_MODEL_HISTORY === '1';

it('nothing comes twice or out of order, and what is missing is announced', { skip: WITHOUT_REDIS }, withScene(async (scene, test) => {
  await walk(test, new Model(scene, SEED, { history: HISTORY }));
}));
