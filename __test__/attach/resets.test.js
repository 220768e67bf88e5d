// @ts-check
'use strict';

/**
 * A client that resets its connection, at whatever moment, ends no process: each way to refuse an upgrade is
 * tried in a process of its own, whose other clients are served on.
 */

const { after, describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const net = require('node:net');
const tls = require('node:tls');
const { reset: resetTcp } = require('../helpers/raw-client');
const { upgradeRequest } = require('../helpers/raw-http');
const { TRUST } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');
const { WAYS, Wrapped, open } = require('./support');

const REFUSING = path.join(__dirname, 'children/refusing.js');

const SCENARIOS = [
  'not started',
  'stopped',
  'draining',
  'no such path',
  'nobody takes it',
  'refused by hand',
  'verifyClient says no later',
];

/** How many clients try each moment. */
const AT_ONCE = 4;

/** @typedef {import('node:net').Socket} Socket */

/** What sends and receives under each TLS socket. @type {WeakMap<Socket, Socket>} */
const underneath = new WeakMap();

/**
 * @param {import('./support').Way} way
 * @param {number} port
 * @returns {Promise<Socket>}
 */
async function connect(way, port) {
  const raw = net.connect({ port, host: '127.0.0.1', noDelay: true });
  raw.on('error', () => {});
  if (!way.encrypted) {
    await within(new Promise((resolve) => raw.once('connect', resolve)), 'connected');
    return raw;
  }
  // Resetting a socket that TLS has taken over leaves Node 20 spinning when it ends.
  const socket = tls.connect({ socket: new Wrapped(raw), servername: 'localhost', ...TRUST });
  socket.on('error', () => {});
  underneath.set(socket, raw);
  await within(new Promise((resolve) => socket.once('secureConnect', resolve)), 'connected');
  return socket;
}

/** Ends a connection with RST. @param {Socket} socket */
function reset(socket) {
  resetTcp(underneath.get(socket) ?? socket);
}

/** @param {Socket} socket @param {string} text */
function write(socket, text) {
  return within(new Promise((resolve) => socket.write(text, resolve)), 'written');
}

/** @param {Socket} socket */
function answered(socket) {
  return within(new Promise((resolve) => socket.once('data', resolve)), 'answer');
}

/**
 * What clients do.
 * @type {Record<string, (socket: Socket) => Promise<void>>}
 */
const CLIENTS = {
  'resets at once': async (socket) => {
    await write(socket, upgradeRequest());
    reset(socket);
  },
  'resets while the server is busy with its request': async (socket) => {
    await write(socket, upgradeRequest({ path: '/busy' }));
    await delay(5);
    reset(socket);
  },
  'resets when it has the answer': async (socket) => {
    const answer = answered(socket);
    await write(socket, upgradeRequest());
    await answer;
    reset(socket);
  },
  'sends more after the answer, and resets': async (socket) => {
    const answer = answered(socket);
    await write(socket, upgradeRequest());
    await answer;
    await write(socket, 'x'.repeat(100000));
    reset(socket);
  },
  'ends its side, and resets': async (socket) => {
    socket.end(upgradeRequest());
    await delay(10);
    reset(socket);
  },
  'has a request before it that is answered later, and resets': async (socket) => {
    await write(socket, `GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest()}`);
    await delay(5);
    reset(socket);
  },
  'has a request before it that is answered later, and stays': async (socket) => {
    await write(socket, `GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest()}`);
    await delay(50);
    socket.destroy();
  },
};

/**
 * Ends this process at once when all is reported. Node 20 else waits for ever, now and then, for writes of TLS
 * over a stream that was reset: `Environment::CleanupHandles` goes round in a loop.
 */
function leaveWithoutCleanup() {
  process.on('exit', (code) => /** @type {any} */ (process).reallyExit(process.exitCode ?? code));
}

after(leaveWithoutCleanup);

WAYS.forEach((way, index) => {
  describe(`upgrades that are refused: ${way.name}`, { concurrency: true }, () => {
    /** Asks how many sockets there are. @param {number} port */
    async function socketsOf(port) {
      const socket = way.connect(port);
      let text = '';
      socket.on('data', (data) => (text += data));
      socket.on('error', () => {});
      socket.write('GET /sockets HTTP/1.1\r\nHost: x\r\n\r\n');
      await within(new Promise((resolve) => socket.once('close', resolve)), 'answer to /sockets');
      return Number(text.slice(text.indexOf('\r\n\r\n') + 4));
    }

    for (const scenario of SCENARIOS) {
      it(`${scenario}: the process lives, and nothing is left`, withScene(async (scene) => {
        const child = scene.run(REFUSING, [scenario, index]);
        const port = await child.report();
        if (scenario === 'draining') {
          const waiting = await open(scene, way, port);
          await waiting.handshake();
          waiting.json({ n: 'drain', i: '1' });
        }
        for (const [what, run] of Object.entries(CLIENTS)) {
          const clients = Array.from({ length: AT_ONCE }, async () => {
            const socket = await connect(way, port);
            scene.defer(() => socket.destroy());
            await run(socket);
          });
          await Promise.all(clients).catch((error) => assert.fail(`a client that ${what}: ${error.message}`));
          assert.ok(child.isRunning, `ended by a client that ${what}`);
        }
        const expected = scenario === 'draining' && way.transport === 'piped' ? 2 : 1;
        await until(async () => (await socketsOf(port)) === expected, 'all sockets closed');
      }));
    }
  });
});
