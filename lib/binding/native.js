// @ts-check
'use strict';

/** The native addon, loaded once, and its log; `binary.js` finds it. */

const { loadBinary } = require('./binary.js');

/** @typedef {import('./addon.d.ts')} Native */

/**
 * Whom a function is about, as its first argument: names of rooms, or undefined for everyone; slots of
 * connections to leave out, ids of others, names of rooms to leave out.
 * @typedef {[rooms: readonly string[] | undefined, except: number[] | undefined, exceptIds: string[] | undefined,
 *   exceptRooms: readonly string[] | undefined]} TargetWords
 */

/**
 * The native side of one server: what runs seldom is in `core`, all else is called for messages and connections.
 * @typedef {import('./addon.d.ts').DataPath & {core: import('./addon.d.ts').ServerCore}} NativeServer
 */

/**
 * Turns the log of the Rust core on, once for the process, when the environment asks for it.
 * @param {Pick<Native, 'startLog'>} addon
 * @param {string | undefined} filter What `RUST_LOG` is set to.
 */
function startCoreLog(addon, filter) {
  if (filter === undefined || filter === '') return;
  const problem = addon.startLog(filter);
  // Another program's filter may have been meant: it is no reason not to serve.
  if (problem !== null) process.emitWarning(`RUST_LOG is ignored: ${problem}`, { code: 'LINE_RUST_LOG' });
}

/** @type {Native} */
const native = loadBinary();
startCoreLog(native, process.env.RUST_LOG);

/** @returns {NativeServer} A server that does not listen yet. */
function createServer() {
  const core = new native.ServerCore();
  return Object.assign(core.dataPath(), { core });
}

module.exports = { createServer, readFacts: native.ServerCore.readFacts };
