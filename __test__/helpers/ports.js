// @ts-check
'use strict';

/**
 * Ports for servers that must be told their port before they start: examples, the original (whose `start()` resolves
 * with port 0 before it listens, and which does not report its port), and servers that start again on the same port.
 * All other servers listen on port 0.
 *
 * A port that was free a moment ago may be taken by then: the system gives it to the next socket that asks for any.
 * So these ports are outside the range that the system chooses from, and each process reserves a block of them for as
 * long as it lives. The reservation is a UDP socket bound to the first number of the block, because UDP and TCP ports
 * are independent: no other test process can bind it, and the system removes it when the process ends.
 */

const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');

/** The first port, and the first that is no longer used, at most: systems choose from higher ones. */
const FIRST = 10240;
const END = 32768;

/** Ports in a block. */
const SIZE = 32;

const HOST = '127.0.0.1';

/** @returns {number} The lowest port that the system chooses by itself, where it can be read, else one that is lower than all usual ones. */
function lowestOfSystem() {
  try {
    return Number.parseInt(fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return END;
  }
}

/**
 * Binds a UDP socket until this process ends.
 * @param {number} port
 * @returns {Promise<boolean>} False when another process has it.
 */
function bindForLife(port) {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    // `exclusive`: workers of a cluster would share the socket.
    socket.bind({ address: HOST, port, exclusive: true }, () => resolve(true));
    // It does not keep the process alive.
    socket.unref();
  });
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} Whether a server can listen there: programs that know nothing of reservations may do so.
 */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** Ports of the block that are left. @type {number[]} */
let left = [];

/** A block being reserved, for callers at the same time. @type {Promise<void> | undefined} */
let reserving;

/** Reserves a block, beginning the search anywhere, so that processes do not try the same ones. */
async function reserveBlock() {
  const blocks = Math.floor((Math.min(lowestOfSystem(), END) - FIRST) / SIZE);
  const begin = Math.floor(Math.random() * blocks);
  for (let tried = 0; tried < blocks; tried += 1) {
    const first = FIRST + ((begin + tried) % blocks) * SIZE;
    if (await bindForLife(first)) {
      left = Array.from({ length: SIZE }, (_, index) => first + index);
      return;
    }
  }
  throw new Error(`no block of ${SIZE} ports from ${FIRST} on can be reserved: other tests have reserved all of them`);
}

/**
 * A port of 127.0.0.1 on which nobody listens, and which no other test is given while this process lives.
 * @returns {Promise<number>}
 */
async function reservePort() {
  for (;;) {
    while (left.length === 0) {
      reserving ??= reserveBlock().finally(() => (reserving = undefined));
      await reserving;
    }
    const port = /** @type {number} */ (left.shift());
    if (await isFree(port)) return port;
  }
}

module.exports = { reservePort };
