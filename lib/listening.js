// @ts-check
'use strict';

const dns = require('node:dns');
const net = require('node:net');
const util = require('node:util');
const { CAN_SHARE, isShared } = require('./cluster.js');

/** @typedef {import('./native.js').NativeServer} NativeServer */

/** Node's own default. */
const BACKLOG = 511;

/**
 * Where a server listens.
 * @typedef {object} Listening
 * @property {number} thread The io thread's number.
 * @property {{address: string, family: string, port: number} | string | null} address As Node's
 *   `server.address()`: the path for a Unix domain socket. Null without a listener.
 */

/**
 * Starts to listen.
 * @param {any} options The server's options.
 * @param {NativeServer} native
 * @param {() => void} onWake
 * @returns {Promise<Listening>} Rejects with the system's error, as Node's own servers report it.
 */
async function listen(options, native, onWake) {
  const port = Number(options.port ?? 0);
  const socketPath = options.listen?.path;
  const host = socketPath ? undefined : await resolveHost(options.host);
  const reusePort = !socketPath && (options.reusePort ?? isShared(port));
  if (reusePort && !CAN_SHARE) throw systemError(numberOf('ENOTSUP'), 'listen', options.host || '::', port);
  const result = native.start(
    host,
    port,
    options.backlog ?? BACKLOG,
    socketPath,
    onWake,
    options.ioThreads ?? 1,
    options.ipv6Only ?? false,
    reusePort,
    options.listen?.mode,
  );
  if (typeof result === 'number') {
    // As Node's own servers report it: with -1 for the port of a Unix domain socket.
    throw systemError(result, 'listen', socketPath ?? (options.host || '::'), socketPath ? -1 : port);
  }
  const [thread, address, boundPort] = result;
  if (socketPath) return { thread, address: socketPath };
  const family = net.isIPv6(address) ? 'IPv6' : 'IPv4';
  return { thread, address: { address, family, port: boundPort } };
}

/**
 * Starts the io threads alone, for sockets that others have accepted.
 * @param {any} options The server's options.
 * @param {NativeServer} native
 * @param {() => void} onWake
 * @returns {Listening}
 * @throws {Error} The system's, when there can be no thread.
 */
function run(options, native, onWake) {
  const result = native.run(onWake, options.ioThreads ?? 1);
  if (result < 0) throw systemError(-result, 'run');
  return { thread: result, address: null };
}

/**
 * The address Node would listen on.
 * @param {string | null | undefined} host
 * @returns {Promise<string | undefined>} Undefined for every address.
 */
async function resolveHost(host) {
  if (!host) return undefined;
  if (net.isIP(host)) return host;
  const { address } = await dns.promises.lookup(host);
  return address;
}

/**
 * The system's number of an error.
 * @param {string} code
 */
function numberOf(code) {
  const found = [...util.getSystemErrorMap()].find(([, [name]]) => name === code);
  return found ? -found[0] : 0;
}

/**
 * An error as Node makes them for failed system calls.
 * @param {number} number The system's error number, positive.
 * @param {string} syscall
 * @param {string} [address]
 * @param {number} [port]
 * @returns {Error}
 */
function systemError(number, syscall, address, port) {
  const code = util.getSystemErrorName(-number);
  const description = util.getSystemErrorMap().get(-number)?.[1] ?? 'unknown error';
  const where = address === undefined ? '' : ` ${address}${port === undefined || port < 0 ? '' : `:${port}`}`;
  const error = new Error(`${syscall} ${code}: ${description}${where}`);
  return Object.assign(error, {
    errno: -number,
    code,
    syscall,
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  });
}

module.exports = { listen, run, systemError };
