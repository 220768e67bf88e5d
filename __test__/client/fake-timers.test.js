// @ts-check
'use strict';

/** Fake timers of tests: a client works while globals are replaced, and afterwards. */

const { describe, it, mock } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');
const FakeTimers = require('@sinonjs/fake-timers');
const { WebSocket: webSocket } = require('ws');
const { withClients } = require('./support');
const { ClientContext, welcome } = require('../helpers/client-contract');
const { loadNative } = require('../helpers/implementations');
const { outcome } = require('../helpers/observe');
const { within, until, delay } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');

/**
 * What the timers of Jest replace, but for what the network itself needs. Node's own WebSocket cannot connect
 * without `queueMicrotask`: what connects meanwhile does it with `ws`.
 * @type {any[]}
 */
const REPLACED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'queueMicrotask', 'performance', 'hrtime'];

/**
 * Runs a body under fake timers.
 * @template T
 * @param {(clock: FakeTimers.InstalledClock) => Promise<T>} body
 */
async function faked(body) {
  // A closing socket of `ws` clears a real timer, which would keep the process alive for 30 s.
  const clock = FakeTimers.install({ toFake: REPLACED, now: 5, shouldClearNativeTimers: true });
  try {
    return await body(clock);
  } finally {
    clock.uninstall();
  }
}

/**
 * Waits by the real time, which `setImmediate` still goes by.
 * @param {() => unknown} condition
 */
async function eventually(condition) {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 1e6, 'does not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** @param {Promise<any>} promise Must settle without timers. */
async function settled(promise) {
  let hasSettled = false;
  const mark = () => (hasSettled = true);
  promise.then(mark, mark);
  await eventually(() => hasSettled);
  return promise;
}

withClients('fake timers', ({ test }) => {
  /**
   * A connected client whose server answers pings and `q`; it is not ours, which has tests of its own.
   * @param {import('../helpers/client-contract').ClientContext} context
   */
  async function connected(context) {
    const port = await context.script((socket) => welcome(socket, ({ n, p, i }) => {
      if (n === '_p') socket.send(JSON.stringify({ n: '_r', p: 'pong', i, e: null }));
      if (n === 'q' && i) socket.send(JSON.stringify({ n: '_r', p, i, e: null }));
    }));
    const client = context.client(port);
    await client.connectAsync();
    return client;
  }

  test('send, ping and sendWithoutResponse settle', async (context) => {
    const client = await connected(context);
    await faked(async () => {
      assert.equal(await settled(client.send('q', 1)), 1);
      assert.equal(await settled(client.ping()), 'pong');
      await settled(client.sendWithoutResponse('q'));
    });
    assert.equal(await client.send('q', 2), 2);
  });

  test('what began under them goes on after them', async (context) => {
    const client = await connected(context);
    /** @type {Promise<any>[]} */
    const sent = [];
    await faked(async () => sent.push(client.send('q', 1), client.send('silent', 1, 20)));
    const results = await within(Promise.all(sent.map((each) => outcome(each))), 'both');
    assert.deepEqual(results, [{ resolved: 1 }, { rejected: { code: 'cMessageTimeout' } }]);
    assert.equal(await client.send('q', 2), 2);
  });

  test('a timeout of send is of the real time', async (context) => {
    const client = await connected(context);
    await faked(async () => {
      await assert.rejects(settled(client.send('silent', 1, 20)), { code: 'cMessageTimeout' });
    });
  });

  test('connecting, disconnecting and reconnecting go on', async (context) => {
    const port = await context.script((socket) => welcome(socket));
    await faked(async () => {
      const client = context.client(port, { webSocket, reconnectOptions: { initialDelay: 5, maxDelay: 5 } });
      await settled(client.connectAsync());
      client.disconnect(4000, 'x', true);
      await eventually(() => client.state === 'disconnected');
      await eventually(() => client.state === 'connected');
      await settled(client.disconnectAsync());
    });
  });

  test('dispose() resolves, of a server that hangs too', async (context) => {
    const client = await connected(context);
    await faked(() => settled(client.dispose()));
    assert.equal(client.state, 'disconnected');
    const silent = context.client('ws://x', { disconnectTimeout: 20, reconnect: false, webSocket: class { close() {} } });
    await faked(async () => {
      silent.connect();
      await settled(silent.dispose());
    });
  });

  test('that begin and end between connecting and the first message leave the heartbeat working', async (context) => {
    let pings = 0;
    const port = await context.script((socket) => {
      welcome(socket, ({ n, i }) => {
        if (n !== '_p') return;
        pings++;
        socket.send(`{"n":"_r","i":"${i}","p":"pong","e":null}`);
      });
    });
    const client = context.client(port, { webSocket, pingInterval: 20 });
    await faked(async () => settled(client.connectAsync()));
    await until(() => pings >= 2, 'pings');
    await delay(5);
    assert.equal(client.state, 'connected');
    await client.disconnectAsync();
  });

  test('what a handler throws still reaches the top', async (context) => {
    /** @type {any} */
    let socket;
    const port = await context.script((each) => welcome((socket = each)));
    const client = context.client(port);
    await client.connectAsync();
    client.on('bad', () => {
      throw new Error('of the handler');
    });
    const { fatal } = await faked(() => collectFatal(async () => {
      socket.send('{"n":"bad"}');
      for (let turns = 0; turns < 2000; turns++) await new Promise((resolve) => setImmediate(resolve));
    }));
    assert.deepEqual(fatal.map(({ message }) => message), ['of the handler']);
  });
});

/** Longest that a process may take, in ms: what it does takes less than a second, on a busy machine more. */
const BOUND = 15_000;

describe('a client for Node that is loaded under them', () => {
  for (const kind of ['sinon', 'legacy', ...('timers' in mock ? ['node:test'] : [])]) {
    for (const then of ['kept', 'restored']) {
      it(`${kind}, ${then}: sends time out, pings and reconnections go on, and the process ends`, async () => {
        const context = new ClientContext(loadNative(), require('../../client/node.js'));
        try {
          let pings = 0;
          const port = await context.script((socket) => welcome(socket, ({ n, p, i }) => {
            if (n === '_p') pings++;
            if (n !== 'silent') socket.send(JSON.stringify({ n: '_r', p: n === 'pings' ? pings : p, i, e: null }));
          }));
          const child = path.join(__dirname, 'children/faked.js');
          const { NODE_TEST_CONTEXT: _, ...env } = process.env;
          const { stdout } = await promisify(execFile)(process.execPath, [child, `ws://127.0.0.1:${port}`, kind, then], { timeout: BOUND, env });
          assert.deepEqual(JSON.parse(stdout), ['cMessageTimeout', 1, 'again']);
        } finally {
          await context.dispose();
        }
      });
    }
  }
});

describe('the time of a client that is loaded under them', () => {
  it('is the real time', async () => {
    const file = require.resolve('../../client/timers.js');
    const { [file]: loaded } = require.cache;
    delete require.cache[file];
    const clock = FakeTimers.install({ toFake: REPLACED, now: 5 });
    try {
      const { after, now, throwLater } = require(file);
      assert.ok(now() > 1e12);
      after(() => assert.fail('was ended'), 1)();
      let hasRun = false;
      after(() => (hasRun = true), 1);
      await eventually(() => hasRun);
      const { fatal } = await collectFatal(async () => {
        throwLater(new Error('later'));
        await eventually(() => true);
      });
      assert.deepEqual(fatal.map(({ message }) => message), ['later']);
    } finally {
      clock.uninstall();
      require.cache[file] = loaded;
    }
  });
});
