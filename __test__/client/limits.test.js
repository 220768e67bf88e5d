// @ts-check
'use strict';

/** What bounds a server: nesting and size of its messages, and how often it can have the client reconnect. */

const assert = require('node:assert/strict');
const { withClients } = require('./support');
const { journal, welcome } = require('../helpers/client-contract');
const { attempt } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');

/** @typedef {import('../helpers/client-contract').ClientContext} ClientContext */

/** @param {number} levels @param {string} [open] @param {string} [close] */
const nested = (levels, open = '[', close = ']') => `${open.repeat(levels)}0${close.repeat(levels)}`;

/**
 * A connected client whose listener of `x` echoes, and what tells it something and gives the answers.
 * @param {ClientContext} context
 * @param {Record<string, unknown>} [options]
 */
async function echoing(context, options) {
  /** @type {any[]} */
  const answers = [];
  /** @type {any} */
  let socket;
  const port = await context.script((each) => welcome((socket = each), (message) => answers.push(message)));
  const client = context.client(port, { reconnect: false, ...options });
  client.on('x', (/** @type {any} */ message) => message.resolve(message.payload));
  await client.connectAsync();
  const events = journal(client);
  const tell = async (/** @type {string | Buffer} */ text) => {
    socket.send(text, { binary: typeof text !== 'string' });
    socket.send('{"n":"_p","i":"fence"}');
    await until(() => answers.some(({ i }) => i === 'fence') || client.state !== 'connected', 'handled');
    return answers.splice(0).filter(({ i }) => i !== 'fence');
  };
  return { client, events, tell };
}

withClients('nesting', ({ test }) => {
  test('of more than 1000 levels is no message, whatever carries it', async (context) => {
    const { client, events, tell } = await echoing(context);
    client.on('y', () => assert.fail('a listener was called'));
    const texts = [
      `{"n":"x","i":"1","p":${nested(1000)}}`,
      `{"n":"x","i":"1","p":${nested(8000)}}`,
      `{"n":"x","i":"1","p":${nested(8000, '{"a":', '}')}}`,
      `{"n":"x","i":"1","p":${nested(500, '[{"a":', '}]')}}`,
      `{"n":"y","e":${nested(100_000)}}`,
      `{"n":"y","other":${nested(5000)}}`,
      `{"n":"x","i":"1","p":["\\"",${nested(2000)}]}`,
      nested(300_000),
      `{"n":"y","p":${'['.repeat(300_000)}`
    ];
    for (const text of texts) assert.deepEqual(await tell(text), []);
    assert.deepEqual(events, texts.map((payload) => ['_error', { code: 'cInvalidJSON', payload }]));
    assert.equal(client.state, 'connected');
  });

  test('in binary frames counts as well', async (context) => {
    const { events, tell } = await echoing(context);
    await tell(Buffer.from(`{"n":"x","i":"1","p":${nested(8000)}}`));
    assert.deepEqual(events.map(([event, { code }]) => [event, code]), [['_error', 'cInvalidJSON']]);
  });

  test('of 999 levels in the payload is a message; brackets in strings and beside each other do not count', async (context) => {
    const { events, tell } = await echoing(context);
    for (const payload of [
      JSON.parse(nested(999)),
      '[{'.repeat(5000),
      `"\\${'['.repeat(5000)}`,
      { '\\"[[': '{"'.repeat(3000) },
      Array(3000).fill([[]]),
      Array(3000).fill({ a: {} })
    ]) {
      assert.deepEqual(await tell(JSON.stringify({ n: 'x', i: '1', p: payload })), [{ n: '_r', i: '1', p: payload, e: null }]);
    }
    assert.deepEqual(events, []);
  });

  test('has an option, which is live; 0 is no limit', async (context) => {
    const { client, events, tell } = await echoing(context, { maxDepth: 10 });
    await tell(`{"n":"x","p":${nested(10)}}`);
    assert.equal(events.length, 1);
    assert.equal((await tell(`{"n":"x","i":"1","p":${nested(9)}}`)).length, 1);
    client.options.maxDepth = 0;
    assert.equal((await tell(`{"n":"x","i":"1","p":${nested(2500)}}`)).length, 1);
    assert.equal(events.length, 1);
  });

  test('of an answer to the handshake counts as well', async (context) => {
    const port = await context.script((socket) => {
      socket.on('message', (data) => socket.send(`{"n":"_r","i":"${JSON.parse(String(data)).i}","p":${nested(5000)},"e":null}`));
    });
    const client = context.client(port, { reconnect: false, handshake: { timeout: 50 } });
    await assert.rejects(client.connectAsync(), { code: 'cHandshakeError' });
  });
});

withClients('the size of messages', ({ test }) => {
  /** @param {ClientContext} context @param {string | Buffer} text @param {number} maxPayload */
  async function tooLarge(context, text, maxPayload) {
    const { client, events, tell } = await echoing(context, { maxPayload });
    client.removeAllListeners('x');
    client.on('x', () => assert.fail('a listener was called'));
    await tell(text);
    await until(() => client.state === 'disconnected', 'disconnected');
    assert.deepEqual(events.filter(([event]) => event === '_error').map(([, { code }]) => code), ['cWebsocketError']);
  }

  test('is bounded by maxPayload', async (context) => {
    await tooLarge(context, JSON.stringify({ n: 'x', p: 'y'.repeat(1000) }), 1000);
    await tooLarge(context, Buffer.from(JSON.stringify({ n: 'x', p: 'y'.repeat(1000) })), 1000);
  });

  test('is counted in bytes', async (context) => {
    const text = JSON.stringify({ n: 'x', i: '1', p: 'é€𝄞'.repeat(100) });
    const { tell } = await echoing(context, { maxPayload: Buffer.byteLength(text) });
    assert.equal((await tell(text)).length, 1);
    await tooLarge(context, text, Buffer.byteLength(text) - 1);
  });

  test('has no limit with 0', async (context) => {
    const { tell } = await echoing(context, { maxPayload: 0 });
    assert.equal((await tell(JSON.stringify({ n: 'x', i: '1', p: 'y'.repeat(1e6) }))).length, 1);
  });

  test('has an option that is checked', async ({ Client }) => {
    for (const options of [{ maxPayload: -1 }, { maxPayload: 1.5 }, { maxPayload: '5' }, { maxDepth: -1 }, { maxDepth: NaN }]) {
      assert.deepEqual(attempt(() => new Client('ws://x', options)), { thrown: { code: 'cInvalidOptions' } });
    }
  });
});

withClients('reconnecting', ({ test }) => {
  const QUICK = { initialDelay: 10, multiply: 4, maxDelay: 100_000, randomness: 0 };

  test('slows down when the server ends each connection at once', async (context) => {
    let count = 0;
    const port = await context.script((socket) => {
      count++;
      welcome(socket);
      setTimeout(() => socket.close(1012, 'again'), 1);
    });
    context.client(port, { reconnectOptions: QUICK }).connect();
    await until(() => count >= 2, 'another try');
    await delay(600);
    // 10 ms, 40, 80, 120, …: without it there would be some forty.
    assert.ok(count >= 3 && count <= 7, String(count));
  });

  test('is quick again after a connection that lasted for minUptime', async (context) => {
    let count = 0;
    const port = await context.script((socket) => {
      count++;
      welcome(socket);
      setTimeout(() => socket.terminate(), 30);
    });
    context.client(port, { reconnectOptions: { ...QUICK, multiply: 100, minUptime: 1 } }).connect();
    await until(() => count >= 5, 'five connections');
  });

  test('slows down when messages are too large, and when the server breaks off', async (context) => {
    for (const end of [(/** @type {any} */ socket) => socket.send('"'.padEnd(2000)), (/** @type {any} */ socket) => socket.terminate()]) {
      let count = 0;
      const port = await context.script((socket) => {
        count++;
        welcome(socket);
        setTimeout(() => end(socket), 5);
      });
      context.client(port, { maxPayload: 1000, reconnectOptions: { ...QUICK, multiply: 1000 } }).connect();
      await until(() => count >= 2, 'another try');
      await delay(200);
      assert.ok(count <= 3, String(count));
    }
  });
});

/** A WebSocket whose server reads no answers; `say` gives the client a message of it. */
class Unread {
  readyState = 1;
  bufferedAmount = 0;
  /** @type {number | undefined} */
  closedWith = undefined;

  constructor() {
    setImmediate(() => /** @type {any} */ (this).onopen());
  }

  /** @param {string} text */
  send(text) {
    const { n, i } = JSON.parse(text);
    if (n === '_h') setImmediate(() => this.say(`{"n":"_r","i":"${i}","p":{"id":"1"},"e":null}`));
    else this.bufferedAmount += text.length;
  }

  /** @param {string} data */
  say(data) {
    /** @type {any} */ (this).onmessage({ data });
  }

  /** @param {number} code */
  close(code) {
    this.closedWith = code;
    setImmediate(() => /** @type {any} */ (this).onclose({ code, reason: '' }));
  }
}

withClients('answers that the server does not read', ({ test }) => {
  /** @param {ClientContext} context */
  async function unread(context) {
    const client = context.client('ws://unread', { webSocket: Unread, reconnect: false });
    const text = 'x'.repeat(1024 * 1024);
    client.on('ask', (/** @type {any} */ message) => message.resolve(text));
    await client.connectAsync();
    return { client, events: journal(client), socket: /** @type {Unread} */ (client.ws_) };
  }

  for (const [what, ask, least] of /** @type {[string, string, number][]} */ ([
    ['large', '{"n":"ask","i":"1"}', 250],
    ['short', '{"n":"_p","i":"1"}', 200_000]
  ])) {
    test(`have the client disconnect when they take 256 MiB: ${what} ones`, async (context) => {
      const { client, events, socket } = await unread(context);
      let count = 0;
      for (; client.state === 'connected' && count < 300_000; count += 1) socket.say(ask);
      assert.equal(socket.closedWith, 4206);
      assert.ok(count > least, `${count} answers`);
      assert.deepEqual(events[0], ['_error', { code: 'cWebsocketError', payload: false }]);
    });
  }

  test('count until all is written, and what the application sends does not', async (context) => {
    const { client, socket } = await unread(context);
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < 100; count += 1) socket.say('{"n":"ask","i":"1"}');
      socket.bufferedAmount = 0;
    }
    socket.bufferedAmount = 1e12;
    for (let count = 0; count < 100; count += 1) socket.say('{"n":"ask","i":"1"}');
    assert.equal(client.state, 'connected');
  });
});
