// @ts-check
'use strict';

const net = require('node:net');
const os = require('node:os');
const util = require('node:util');
const { ServerEvent } = require('../enums.js');
const { serverLog } = require('../runtime/debug.js');
const { CAN_SHARE, isShared, listenByNode, needsPrimary } = require('./cluster.js');
const OPTIONS = require('../options/table.js');

/** @typedef {import('../binding/native.js').NativeServer} NativeServer */

/** Whether JavaScript's thread can wait for sockets itself: by Node's libuv, with the system's epoll. */
const CAN_LEND = process.platform === 'linux' && !process.versions.bun && !process.versions.deno;

/** Link-local addresses of IPv6, which are complete only with an interface. */
const LINK_LOCAL = /^fe[89ab]/i;

/** libuv's names of Windows' error numbers that listening can fail with. @type {{[number: number]: string}} */
const WINDOWS_ERRORS = {
  22: 'EINVAL',
  10013: 'EACCES',
  10014: 'EFAULT',
  10022: 'EINVAL',
  10024: 'EMFILE',
  10043: 'EPROTONOSUPPORT',
  10045: 'ENOTSUP',
  10047: 'EAFNOSUPPORT',
  10048: 'EADDRINUSE',
  10049: 'EADDRNOTAVAIL',
  10050: 'ENETDOWN',
  10051: 'ENETUNREACH',
  10055: 'ENOBUFS',
};

/**
 * Where a server listens.
 * @typedef {object} Listening
 * @property {number} thread The io thread's number.
 * @property {{address: string, family: string, port: number} | string | null} address As Node's
 *   `server.address()`: the path for a Unix domain socket. Null without a listener.
 */

/**
 * Whether a server listens by itself.
 * @param {any} options
 */
function hasAddress({ port, listen: place }) {
  return (port !== undefined && port !== null) || Boolean(place);
}

/**
 * @param {any} options The server's options.
 * @throws {TypeError} When they give nothing to serve.
 */
function checkPlace(options) {
  const listens = hasAddress(options);
  if (!listens && !options.server && !options.noServer) {
    throw new TypeError('There is nothing to serve: give "options.port", "options.listen", "options.server" or "options.noServer"');
  }
  if (!listens && options.tls) {
    throw new TypeError('"options.tls" needs "options.port"; with "options.server", have that HTTP server encrypt');
  }
}

/**
 * Starts the io threads: with a listener, or for the sockets of an HTTP server.
 * @param {any} options The server's options.
 * @param {NativeServer} native
 * @param {() => void} onWake
 * @returns {Promise<{listening: Listening, own: import('node:http').Server | undefined}>} `own`: the HTTP
 *   server that listens for the line server alone. Rejects with the system's error.
 */
async function begin(options, native, onWake) {
  const listens = hasAddress(options);
  const own = listens && needsPrimary(options) ? await listenByNode(options) : undefined;
  try {
    const listening = await (listens && !own ? listen : run)(options, native, onWake);
    if (CAN_LEND) native.core.lend(listening.thread, onWake);
    return { listening, own };
  } catch (error) {
    own?.close();
    throw error;
  }
}

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
  // The core has none there, and would listen on a port of every address.
  if (socketPath && process.platform === 'win32') throw systemError(numberOf('ENOTSUP'), 'listen', socketPath, -1);
  const host = socketPath ? undefined : await resolveHost(options.host);
  const reusePort = !socketPath && (options.reusePort ?? isShared(port));
  if (reusePort && !CAN_SHARE) throw systemError(numberOf('ENOTSUP'), 'listen', options.host || '::', port);
  const { error, thread, address: bound, port: boundPort } = native.core.start({
    host,
    port,
    backlog: options.backlog ?? OPTIONS.backlog.initial,
    socketPath,
    mode: options.listen?.mode,
    ipv6Only: options.ipv6Only ?? false,
    reusePort,
    threads: options.ioThreads ?? OPTIONS.ioThreads.initial,
  }, onWake);
  // Node's own servers report -1 as the port of a Unix domain socket.
  if (error) throw systemError(error, 'listen', socketPath ?? (options.host || '::'), socketPath ? -1 : port);
  const address = LINK_LOCAL.test(bound) ? `${bound}%${interfaceName(host)}` : bound;
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
 * @throws {Error} The system's error, when it has no thread to give.
 */
function run(options, native, onWake) {
  const { error, thread } = native.core.run(options.ioThreads ?? OPTIONS.ioThreads.initial, onWake);
  if (error) throw systemError(error, 'run');
  return { thread, address: null };
}

/**
 * The address Node would listen on.
 * @param {string | null | undefined} host
 * @returns {Promise<string | undefined>} Undefined to listen on every address. The interface of an IPv6 address (`%eth0`)
 *   is given by its number.
 */
async function resolveHost(host) {
  if (!host) return undefined;
  const address = net.isIP(host) ? host : (await require('node:dns').promises.lookup(host)).address;
  const [ip, zone] = address.split('%');
  return zone === undefined ? ip : `${ip}%${interfaceNumber(zone)}`;
}

/**
 * The number of an interface, as in libuv: 0 when it is unknown. Only link-local addresses need one, and every
 * interface that is up has such an address.
 * @param {string} zone Name of an interface, or its number.
 */
function interfaceNumber(zone) {
  const number = scopesOf(zone).find((scope) => scope > 0);
  if (number !== undefined) return number;
  const given = /^\d+$/.test(zone) ? Number(zone) : 0;
  return given <= 0xffffffff ? given : 0;
}

/**
 * @param {string | undefined} host Result of {@link resolveHost}.
 * @returns {string} Name of its interface, else the number.
 */
function interfaceName(host = '') {
  const number = host.slice(host.indexOf('%') + 1);
  // On Windows libuv names interfaces by their numbers.
  if (process.platform === 'win32') return number;
  return Object.keys(os.networkInterfaces()).find((name) => scopesOf(name).includes(Number(number))) ?? number;
}

/**
 * Numbers of an interface: the scopes of its addresses.
 * @param {string} name
 * @returns {number[]}
 */
function scopesOf(name) {
  const interfaces = os.networkInterfaces();
  const addresses = Object.hasOwn(interfaces, name) ? interfaces[name] : undefined;
  return (addresses ?? []).map((address) => /** @type {any} */ (address).scopeid ?? 0);
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
 * libuv's number of an error.
 * @param {number} number The system's.
 * @param {string} [platform]
 */
function uvNumber(number, platform = process.platform) {
  return platform === 'win32' && Object.hasOwn(WINDOWS_ERRORS, number) ? numberOf(WINDOWS_ERRORS[number]) : number;
}

/**
 * An error as Node makes them for failed system calls.
 * @param {number} system The system's error number, positive.
 * @param {string} syscall
 * @param {string} [address]
 * @param {number} [port]
 * @returns {Error}
 */
function systemError(system, syscall, address, port) {
  const number = uvNumber(system);
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

/**
 * Reports that a connection could not be accepted.
 * @param {import('./server.js').Server} server
 * @param {number} number The system's error number.
 */
function onAcceptFailed(server, number) {
  const error = systemError(number, 'accept');
  serverLog('a connection could not be accepted: %s', error);
  server.emit(ServerEvent.ERROR, error);
}

module.exports = { begin, checkPlace, onAcceptFailed, systemError, uvNumber };
