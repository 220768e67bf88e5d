// @ts-check
'use strict';

/** The native addon, loaded once, and its log; `binary.js` finds it. */

const { loadBinary } = require('./binary.js');

/**
 * The functions of one server on the native side; their meaning is documented where they are
 * written, in `src/`.
 * @typedef {object} NativeServer
 * @property {(name: string, value: number) => void} configure
 * @property {(words: Int32Array | undefined) => void} compression
 * @property {(path: string | undefined, allowedOrigins: string | undefined, requireOrigin: boolean,
 *   protocols: string, hops: number, proxies: string, proxyHeaders: string) => [string, string] | undefined} setPolicy
 * @property {(host: string | undefined, port: number, backlog: number, socketPath: string | undefined, onWake: () => void, threads: number,
 *   ipv6Only: boolean, reusePort: boolean, mode: number | undefined) => [number, string, number] | number} start
 * @property {(identities: string | undefined, ca: string | undefined, clients: number, tls13: boolean,
 *   alpn: string) => string | undefined} encrypt
 * @property {() => number[]} stats
 * @property {(onWake: () => void, threads: number) => number} run
 * @property {(thread: number, cut: boolean) => void} stop
 * @property {(thread: number) => void} join
 * @property {(name: string) => number} intern
 * @property {(slot: number) => void} trust
 * @property {(slot: number) => void} admit
 * @property {(slot: number) => boolean} dismiss
 * @property {(slot: number) => void} release
 * @property {(slot: number, id: string) => boolean} setId
 * @property {(id: string) => number} find
 * @property {(slot: number, room: string) => void} joinRoom
 * @property {(slot: number, room: string) => boolean} leaveRoom
 * @property {(slot: number) => void} leaveAll
 * @property {(slot: number) => string[]} roomsOf
 * @property {(room: string) => boolean} hasRoom
 * @property {(room: string | undefined) => number[]} members
 * @property {(room: string | undefined) => number} memberCount
 * @property {(room: string | undefined, slot: number) => boolean} isMember
 * @property {(slot: number, code: number, reason: string) => boolean} close
 * @property {(code: number, reason: string) => void} closeUnknown
 * @property {(slot: number) => void} terminate
 * @property {(slot: number) => void} giveUp
 * @property {(slot: number, some: boolean) => void} heedResponses
 * @property {(slot: number) => boolean} isOpen
 * @property {(slot: number) => number} buffered
 * @property {(slot: number) => string | undefined} facts
 * @property {(asking: boolean) => void} ask
 * @property {(key: number) => string | undefined} upgradeFacts
 * @property {(key: number, head: string, protocol: string | undefined) => boolean} accept
 * @property {(key: number, status: number, message: string | undefined) => boolean} refuse
 * @property {(key: number, descriptor: number, head: string, early: Uint8Array, address: string | undefined,
 *   port: number, encrypted: boolean, held: boolean) => boolean} handOver
 * @property {(target: string, path: string) => boolean} isFor
 * @property {(key: number) => number} handoverOf
 * @property {(slot: number) => void} serve
 * @property {(alive: boolean) => void} keepAlive
 * @property {(key: number, bytes: Uint8Array) => boolean} pushPiped
 * @property {(key: number, failed: boolean) => void} endPiped
 * @property {(key: number) => Buffer | null | undefined} takePiped
 * @property {(key: number, bytes: number) => void} writtenPiped
 * @property {(key: number) => void} forgetPiped
 * @property {(words: Int32Array, lane: number) => string | undefined} take
 * @property {() => string[]} strings
 * @property {(slot: number, text: string, words: Int32Array) => string} receiveAgain
 * @property {(slot: number, text: string) => number} send
 * @property {(slot: number, payload: string | undefined, id: string) => number} respond
 * @property {(lane: number, microseconds: number) => void} flush
 * @property {() => boolean} fence
 * @property {() => number} passed
 * @property {(slot: number) => number} queued
 * @property {(slot: number) => number} watch
 * @property {(slot: number) => boolean} isAbove
 * @property {(slot: number) => void} wantDrained
 * @property {(room: string | undefined, text: string) => number} broadcast
 */

/**
 * The addon.
 * @typedef {object} Native
 * @property {() => NativeServer} createServer
 * @property {(filter: string) => string | null} startLog
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

module.exports = native;
