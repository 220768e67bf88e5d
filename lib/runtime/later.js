// @ts-check
'use strict';

/**
 * Puts off the loading of a file until it is first used: most servers do without it, and start sooner. Not for what a stop
 * uses first: an installation of another version may have replaced the files by then.
 * @template T
 * @param {() => T} load Requires the file.
 * @returns {() => T} What the file exports.
 */
function later(load) {
  /** @type {T | undefined} */
  let loaded;
  return () => (loaded ??= load());
}

module.exports = { later };
