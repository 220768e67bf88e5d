// @ts-check
'use strict';

/** What loads the files that clients bring into use. @type {(() => unknown)[]} */
const usedByClients = [];

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

/**
 * As {@link later}, at the latest when a server starts: for what a client brings into use, who may have taken the last descriptor.
 * @template T
 * @param {() => T} load
 * @returns {() => T}
 */
function atStart(load) {
  const use = later(load);
  usedByClients.push(use);
  return use;
}

/** Loads what clients of a server bring into use. */
function loadForClients() {
  for (const use of usedByClients) use();
}

module.exports = { atStart, later, loadForClients };
