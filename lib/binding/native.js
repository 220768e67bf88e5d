// @ts-check
'use strict';

/** The native addon, loaded once, and its log; `binary.js` finds it. */

const { Answers } = require('./answers.js');
const { loadBinary } = require('./binary.js');

/** @typedef {import('./addon.d.ts')} Native */

/**
 * The connections that a function acts on, as its first argument: names of rooms, or undefined for all connections;
 * slots of connections to leave out, ids of connections to leave out, names of rooms to leave out; whether only
 * connections of this server are meant; ids of the connections that are meant, in place of rooms.
 * @typedef {[rooms: readonly string[] | undefined, except: number[] | undefined, exceptIds?: string[] | undefined,
 *   exceptRooms?: readonly string[] | undefined, local?: boolean | undefined, ids?: readonly string[]]} TargetWords
 */

/**
 * The native side of one server. `core` has what runs seldom; the other functions run for messages and connections.
 * `answers` has answers that are still to be queued.
 * @typedef {import('./addon.d.ts').DataPath & {core: import('./addon.d.ts').ServerCore, answers: Answers}} NativeServer
 */

/** Functions that do not queue anything, nor tell what is queued. */
const UNORDERED = new Set(['take', 'strings', 'receiveAgain', 'intern', 'keepFacts', 'respondAll', 'flush']);

/**
 * Turns the log of the Rust core on, once for the process, when the environment asks for it.
 * @param {Pick<Native, 'startLog'>} addon
 * @param {string | undefined} filter What `RUST_LOG` is set to.
 */
function startCoreLog(addon, filter) {
  if (filter === undefined || filter === '') return;
  const problem = addon.startLog(filter);
  // The filter may be meant for another program: the server runs all the same.
  if (problem !== null) process.emitWarning(`RUST_LOG is ignored: ${problem}`, { code: 'LINE_RUST_LOG' });
}

/** @type {Native} */
const native = loadBinary();
startCoreLog(native, process.env.RUST_LOG);

/** @returns {NativeServer} A server that does not listen yet. */
function createServer() {
  const core = new native.ServerCore();
  const server = Object.assign(core.dataPath(), { core, answers: /** @type {any} */ (undefined) });
  server.answers = new Answers(server);
  orderCalls(server, Object.keys(server), server.answers);
  orderCalls(core, Object.getOwnPropertyNames(native.ServerCore.prototype), server.answers);
  return server;
}

/**
 * Has functions called after what was gathered before: another message of the same connection must not overtake an
 * answer, and all that is said about a connection counts its answers.
 * @param {any} object
 * @param {string[]} names
 * @param {Answers} answers
 */
function orderCalls(object, names, answers) {
  for (const name of names) {
    const call = object[name];
    if (typeof call !== 'function' || name === 'constructor' || UNORDERED.has(name)) continue;
    // No function has more than three arguments: `scripts/declarations.js` checks it.
    object[name] = (/** @type {any} */ a, /** @type {any} */ b, /** @type {any} */ c) => {
      answers.submit();
      return call.call(object, a, b, c);
    };
  }
}

const { readFacts, checkRedis, wantsTls } = native.ServerCore;

module.exports = { createServer, checkRedis, readFacts, wantsTls };
