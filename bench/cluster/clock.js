// @ts-check
'use strict';

/** @returns {number} µs of a clock that all processes of the machine share. */
const monotonic = () => Number(process.hrtime.bigint() / 1000n);

module.exports = { monotonic };
