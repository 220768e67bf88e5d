// @ts-check
'use strict';

/** Longest delay of a timer, in ms; a longer one would fire at once. */
const LONGEST = 0x7fffffff;

/**
 * Calls a function later.
 * @param {() => void} callback
 * @param {number} ms
 * @returns {any} For `clearTimeout`.
 */
const after = (callback, ms) => setTimeout(callback, Math.min(ms, LONGEST));

module.exports = { after };
