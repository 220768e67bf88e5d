// @ts-check
'use strict';

const { serverLog } = require('./debug.js');
const { nextTick } = require('./environment.js');

/**
 * A handler's exception is the application's: it reaches `uncaughtException` as if thrown at the top,
 * but the other events are handled all the same.
 * @param {unknown} error
 */
function throwLater(error) {
  serverLog('a handler threw: %s', error);
  nextTick(() => {
    throw error;
  });
}

module.exports = { throwLater };
