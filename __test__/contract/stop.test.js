// @ts-check
'use strict';

/** Contract section 3, `start()` and `stop()`. */

const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { contract, ABSENT } = require('../helpers/contract');
const { describeError, outcome } = require('../helpers/observe');
const { reservePort } = require('../helpers/ports');
const { PATIENCE, delay, until, within } = require('../helpers/timing');

/** @typedef {import('../helpers/context').Context} Context */

/** Whether a listener can be bound. @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Rejection of `promise`, with the system error reduced to its code. @param {Promise<unknown>} promise */
async function systemRejection(promise) {
  const { rejected } = /** @type {any} */ (await outcome(within(promise, 'start')));
  return rejected && [rejected.code, rejected.payload && rejected.payload.code];
}

const ALREADY_STARTED = { rejected: { code: 'sInvalidAction' } };
const NOT_STARTED = {
  rejected: { code: 'sInvalidAction' }
};

/** @type {import('../helpers/contract').Case[]} */
const cases = [
  {
    name: 'start resolves undefined, again rejects sInvalidAction',
    run: async (context) => {
      const server = context.track(new context.Server({ port: await reservePort(), host: '127.0.0.1' }));
      return [await outcome(server.start()), await outcome(server.start())];
    },
    expected: [{ resolved: undefined }, ALREADY_STARTED]
  },
  {
    name: 'stop before start and stop twice reject sInvalidAction',
    run: async (context) => {
      const server = new context.Server({ port: await reservePort(), host: '127.0.0.1' });
      const before = await outcome(server.stop());
      await server.start();
      return [before, await outcome(server.stop()), await outcome(server.stop())];
    },
    expected: [NOT_STARTED, { resolved: undefined }, NOT_STARTED]
  },
  {
    name: 'started again it serves again, on the same port',
    run: async (context) => {
      const target = await context.serve();
      const first = await context.connect(target);
      await target.server.stop();
      await first.client.closed();
      await target.server.start();
      const second = await context.connect(target);
      return [second.response.message.e, Object.keys(target.server.getConnections()).length];
    },
    expected: [null, 1]
  },
  {
    name: 'stop disconnects every client and fires every _disconnected',
    run: async (context) => {
      const target = await context.serve();
      /** @type {any[]} */
      const log = [];
      const pairs = [await context.connect(target), await context.connect(target), await context.connect(target)];
      for (const { connection } of pairs) {
        connection.joinRoom('red');
        connection.on('_disconnected', (/** @type {number} */ code) => log.push([typeof code, connection.state]));
      }
      await target.server.stop();
      const fired = log.length;
      await Promise.all(pairs.map(({ client }) => client.closed()));
      return { fired, log, left: Object.keys(target.server.getConnections()) };
    },
    expected: { fired: 3, log: Array(3).fill(['number', 'disconnected']), left: [] }
  },
  {
    name: 'stop disconnects clients that never completed the handshake',
    run: async (context) => {
      const { server, port } = await context.serve();
      const client = await context.open(port);
      await client.fence();
      await server.stop();
      await client.closed();
      return client.texts.length;
    },
    expected: 1
  },
  {
    name: 'the port is free when stop resolves, with clients connected',
    run: async (context) => {
      const { server, port } = await context.pair();
      const busy = await isFree(port);
      await server.stop();
      return [busy, await isFree(port)];
    },
    expected: [false, true]
  },
  {
    name: 'after stop nobody gets in',
    run: async (context) => {
      const { server, port } = await context.serve();
      await server.stop();
      return outcome(context.open(port).then(() => 'upgraded', () => 'refused'));
    },
    expected: { resolved: 'refused' }
  },
  {
    name: 'broadcasting after stop does nothing',
    run: async (context) => {
      const { server, client } = await context.pair();
      await server.stop();
      server.broadcast('late');
      await client.closed();
      return client.texts.length;
    },
    expected: 1
  },
  {
    name: 'start on a taken port rejects sWebsocketError with the system error',
    run: async (context) => {
      const { port } = await context.serve();
      return systemRejection(new context.Server({ port, host: '127.0.0.1' }).start());
    },
    original: ABSENT,
    ours: ['sWebsocketError', 'EADDRINUSE']
  },
  {
    name: 'start on a host that is not ours rejects sWebsocketError with the system error',
    run: async (context) =>
      systemRejection(new context.Server({ port: await reservePort(), host: '203.0.113.1' }).start()),
    original: ABSENT,
    ours: ['sWebsocketError', 'EADDRNOTAVAIL']
  },
  {
    name: 'after a failed start the server can be started',
    run: async (context) => {
      const first = await context.serve();
      const server = context.track(new context.Server({ port: first.port, host: '127.0.0.1' }));
      const failed = await systemRejection(server.start());
      await first.server.stop();
      await within(server.start(), 'second start');
      const { response } = await context.connect({ server, port: first.port });
      return [failed, response.message.e];
    },
    original: ABSENT,
    ours: [['sWebsocketError', 'EADDRINUSE'], null]
  },
  {
    name: 'start without port, server or noServer rejects sWebsocketError',
    run: async (context) => {
      const error = await new context.Server().start().catch((/** @type {any} */ reason) => reason);
      return [error.code, error.payload instanceof TypeError];
    },
    expected: ['sWebsocketError', true]
  },
  {
    name: 'a given http server is neither started nor closed by us, but its clients are disconnected',
    run: async (context) => {
      const web = http.createServer((_, response) => response.end('web'));
      context.defer(() => new Promise((resolve) => web.close(resolve)));
      const server = context.track(new context.Server({ server: web }));
      await server.start();
      const before = web.listening;
      await new Promise((resolve) => web.listen(0, '127.0.0.1', () => resolve(undefined)));
      const { port } = /** @type {net.AddressInfo} */ (web.address());
      const { client, connection } = await context.connect({ server, port });
      await server.stop();
      await client.closed();
      return [before, connection.state, web.listening];
    },
    expected: [false, 'disconnected', true]
  },
  ...['idle', 'connected'].map((kind) => ({
    name: `the process ends by itself after stop, ${kind}`,
    run: async (/** @type {Context} */ context) => {
      const script = path.join(__dirname, '../helpers/stop-and-exit.js');
      const port = String(await reservePort());
      return within(
        new Promise((resolve) => {
          execFile(process.execPath, [script, context.name, port, kind], { timeout: PATIENCE - 500 }, (error, stdout) => {
            resolve(error ? describeError(error) : stdout.trim());
          });
        }),
        'end of the process'
      );
    },
    expected: 'stopped'
  })),
  {
    name: 'many starts and stops in a row',
    run: async (context) => {
      const port = await reservePort();
      const server = new context.Server({ port, host: '127.0.0.1' });
      for (let i = 0; i < 10; i++) {
        await within(server.start(), 'start');
        const { client } = await context.connect({ server, port });
        await within(server.stop(), 'stop');
        await client.closed();
      }
      return isFree(port);
    },
    expected: true
  },
  {
    name: 'requests answered after stop are reported, not thrown',
    run: async (context) => {
      const { server, client, connection } = await context.pair();
      /** @type {any} */
      let waiting;
      /** @type {any[]} */
      const log = [];
      connection.on('ask', (/** @type {any} */ message) => (waiting = message));
      connection.on('_error', (/** @type {any} */ error) => log.push(error.code));
      client.json({ n: 'ask', i: '1' });
      await until(() => waiting, 'delivered');
      await server.stop();
      waiting.resolve('late');
      await delay(10);
      return log;
    },
    expected: ['cMessageNotResponded']
  }
];

contract('start and stop', cases);
