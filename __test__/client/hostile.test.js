// @ts-check
'use strict';

/** A client survives whatever a server sends: nothing is thrown, and nothing of the server's fires its events. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const net = require('node:net');
const { clients } = require('../helpers/clients');
const { ClientContext, journal, welcome } = require('../helpers/client-contract');
const { loadNative } = require('../helpers/implementations');
const { delay, until } = require('../helpers/timing');
const { collectFatal } = require('../helpers/uncaught');

/** Ours only: the original ends the process on many of these. */
const OURS = clients().filter(({ name }) => name !== 'original');

/** Texts that are no message. */
const NO_MESSAGES = [
  '', ' ', '{', 'x', 'undefined', '{"n":"x"', '{"n":"x"}}', "{'n':'x'}", '\u0000',
  'null', 'true', '5', '"x"', '[]', '[{"n":"x"}]', '{}', '{"p":1}', '{"N":"x"}',
  '{"n":null}', '{"n":5}', '{"n":true}', '{"n":{}}', '{"n":["x"]}',
  '{"n":"x","i":null}', '{"n":"x","i":true}', '{"n":"x","i":{}}', '{"n":"x","i":["1"]}',
  '{"n":"_r","i":{}}', '{"n":"_p","i":[]}', '{"__proto__":{"n":"x"}}'
];

/** Names of which no listener may hear. */
const RESERVED = [
  '_', '_connecting', '_connecting_error', '_connected', '_disconnecting', '_disconnected', '_error', '_h', '_x', '__x'
];

/** Names that are ordinary ones. */
const ORDINARY = [
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__', 'newListener', 'removeListener', '',
  'resolved', 'then', '\u0000', '\ud800', 'x'.repeat(10_000)
];

/** Responses to nobody. */
const RESPONSES = [
  '{"n":"_r"}', '{"n":"_r","i":""}', '{"n":"_r","i":0}', '{"n":"_r","i":"__proto__","p":1}',
  '{"n":"_r","i":"constructor","e":1}', '{"n":"_r","i":"toString"}', '{"n":"_r","i":1,"p":{"id":"taken"},"e":null}'
];

/**
 * A connected client, its scripted server, and what both see.
 *
 * @param {ClientContext} context
 */
async function connected(context) {
  /** @type {any[]} */
  const answers = [];
  /** @type {any} */
  let socket;
  const port = await context.script((each) => welcome((socket = each), (message) => answers.push(message)));
  const client = context.client(port, { reconnect: false });
  await client.connectAsync();
  const events = journal(client);
  /** Sends what is given, and waits until it has been handled. */
  const tell = async (/** @type {(string | Buffer)[]} */ ...texts) => {
    for (const text of texts) socket.send(text);
    socket.send('{"n":"_p","i":"fence"}');
    await until(() => answers.some(({ i }) => i === 'fence'), 'answered', 10_000);
    await delay(5);
    return answers.splice(0).filter(({ i }) => i !== 'fence');
  };
  return { client, events, tell, socket };
}

/**
 * @param {any} Client
 * @param {(context: ClientContext) => Promise<void>} body
 */
const surviving = (Client, body) => async () => {
  const context = new ClientContext(loadNative(), Client);
  const { error, fatal } = await collectFatal(() => body(context));
  const end = await collectFatal(() => context.dispose());
  const problem = [...fatal, ...end.fatal, error, end.error].find((each) => each !== undefined);
  if (problem) throw problem;
};

for (const { name, Client } of OURS) {
  describe(`a hostile server (client ${name})`, () => {
    it('sends what is no message: _error with cInvalidJSON and the text', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      client.on(/x/, () => assert.fail('a listener was called'));
      await tell(...NO_MESSAGES);
      assert.deepEqual(events, NO_MESSAGES.map((payload) => ['_error', { code: 'cInvalidJSON', payload }]));
      assert.equal(client.state, 'connected');
    }));

    it('sends bytes that are no UTF-8', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      await tell(Buffer.from([0x7b, 0xff, 0x7d]), Buffer.alloc(0));
      assert.deepEqual(events.map(([event, { code }]) => [event, code]), Array(2).fill(['_error', 'cInvalidJSON']));
      assert.equal(client.state, 'connected');
    }));

    it('sends reserved names: refused, and no event of the client is fired', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      client.on(/^_/, (/** @type {any} */ message) => assert.fail(`a listener got ${message}`));
      const texts = RESERVED.flatMap((n) => [JSON.stringify({ n, p: 1 }), JSON.stringify({ n, p: 1, i: `${n}-id` })]);
      const answers = await tell(...texts);
      assert.deepEqual(answers.map(({ n, i, e }) => [n, i, e.name]), RESERVED.map((n) => ['_r', `${n}-id`, 'Error']));
      assert.deepEqual(events, []);
    }));

    it('sends names of Object.prototype: they reach their own listeners and no others', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      /** @type {string[]} */
      const seen = [];
      await tell(...ORDINARY.map((n) => JSON.stringify({ n })));
      for (const n of ORDINARY.filter((each) => each !== '')) {
        client.on(n, (/** @type {any} */ message) => message instanceof Client.Message && seen.push(message.name));
      }
      await tell(...ORDINARY.map((n) => JSON.stringify({ n })));
      assert.deepEqual(seen, ORDINARY.filter((n) => n !== ''));
      assert.deepEqual(events, []);
    }));

    it('sends responses to nobody', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      await tell(...RESPONSES);
      assert.deepEqual([events, client.state, client.id], [[], 'connected', 'c1']);
    }));

    it('sends __proto__ in payloads and errors: prototypes stay what they are', surviving(Client, async (context) => {
      const { client, tell } = await connected(context);
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ message) => seen.push(message));
      await tell(
        '{"n":"x","p":{"__proto__":{"polluted":1}},"e":{"__proto__":{"polluted":1}}}',
        '{"n":"x","e":{"name":"Bad","message":"m","__proto__":{"polluted":1}}}'
      );
      assert.equal(/** @type {any} */ ({}).polluted, undefined);
      assert.equal(seen[0].payload.polluted, undefined);
      assert.ok(seen[1].err instanceof Error);
      assert.equal(seen[1].err.polluted, undefined);
    }));

    it('sends rooms, positions and ids that are none: they are not kept', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      const odd = ['{"toString":0}', '["a"]', '5', 'true', JSON.stringify('x'.repeat(20_000))];
      await tell(...odd.flatMap((value) => [
        `{"n":"x","r":${value},"o":"a:1:b"}`, `{"n":"x","r":"odd","o":${value}}`, `{"n":"x","d":${value}}`, `{"n":"_o","r":${value},"o":"a:1:b","p":{}}`,
      ]));
      assert.deepEqual([client.positions, events], [{}, []]);
      await tell('{"n":"x","r":"one","o":"a:1:b"}', '{"n":"_o","r":"one","o":"a:2:b","p":5}', '{"n":"_o","r":"two","o":null,"p":5}');
      assert.deepEqual(client.positions, { one: 'a:2:b' });
    }));

    it('sends positions of more rooms than a client may be in: the latest are kept', surviving(Client, async (context) => {
      const { client, tell } = await connected(context);
      await tell(...Array.from({ length: 1500 }, (_, i) => `{"n":"x","r":"room ${i}","o":"a:1:b"}`));
      const rooms = Object.keys(client.positions);
      assert.deepEqual([rooms.length, rooms[0], rooms.at(-1)], [1000, 'room 500', 'room 1499']);
    }));

    it('sends a message of 8 MB', surviving(Client, async (context) => {
      const { client, tell } = await connected(context);
      /** @type {any[]} */
      const seen = [];
      client.on('x', (/** @type {any} */ { payload }) => seen.push(payload));
      await tell(JSON.stringify({ n: 'x', p: 'y'.repeat(8e6) }));
      assert.deepEqual(seen.map(({ length }) => length), [8e6]);
    }));

    it('floods', surviving(Client, async (context) => {
      const { client, events, tell } = await connected(context);
      let count = 0;
      client.on('x', () => count++);
      await tell(...Array(20_000).fill('{"n":"x"}'));
      assert.deepEqual([count, events], [20_000, []]);
    }));

    it('floods an iteration: it throws instead of keeping more than max', surviving(Client, async (context) => {
      const { client, tell } = await connected(context);
      const iteration = client.messages('x', { max: 10 });
      await tell(...Array(50).fill('{"n":"x"}'));
      let read = 0;
      await assert.rejects(async () => {
        for await (const _ of iteration) read++;
      }, { code: 'cQueueFull' });
      assert.deepEqual([read, client.listenerCount('x')], [10, 0]);
    }));

    it('answers a handshake twice, and again later', surviving(Client, async (context) => {
      const port = await context.script((socket) => {
        socket.on('message', (data) => {
          const { n, i } = JSON.parse(String(data));
          if (n === '_h') for (const id of ['a', 'b']) socket.send(`{"n":"_r","i":"${i}","p":{"id":"${id}"},"e":null}`);
        });
      });
      const client = context.client(port);
      const events = journal(client);
      await client.connectAsync();
      await delay(20);
      assert.deepEqual([events, client.id], [[['_connecting'], ['_connected']], 'a']);
    }));

    it('closes with every code it may send', surviving(Client, async (context) => {
      for (const code of [1000, 1001, 1011, 3000, 4203, 4999]) {
        const port = await context.script((socket) => welcome(socket, () => socket.close(code, 'r')));
        const client = context.client(port, { reconnect: false });
        await client.connectAsync();
        const events = journal(client);
        client.sendWithoutResponse('x');
        await until(() => client.state === 'disconnected', 'disconnected');
        assert.deepEqual(events, [['_disconnected', code, 'r']]);
      }
    }));

    for (const [what, bytes] of Object.entries({
      'a frame of 2^62 bytes that never come': [0x81, 127, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x7b],
      'a masked frame': [0x81, 0x82, 1, 2, 3, 4, 5, 6],
      'reserved bits': [0xf1, 1, 0x30],
      'an unknown opcode': [0x83, 0],
      'a fragmented ping': [0x09, 0],
      'a continuation of nothing': [0x80, 1, 0x30],
      'a close frame of one byte': [0x88, 1, 3],
      'text that is no UTF-8': [0x81, 1, 0xff],
      'an HTTP answer in the middle': [...Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]
    })) {
      it(`sends ${what}: disconnected, and no more`, surviving(Client, async (context) => {
        const server = net.createServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', (request) => {
            const key = /sec-websocket-key: (.*)\r/i.exec(String(request))?.[1];
            const accept = crypto.createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
            socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
            setTimeout(() => socket.write(Buffer.from(bytes)), 10);
          });
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
        context.defer(() => server.close());
        const { port } = /** @type {net.AddressInfo} */ (server.address());
        const client = context.client(port, { reconnect: false, handshake: { timeout: 200 }, disconnectTimeout: 100 });
        await assert.rejects(client.connectAsync());
        await until(() => client.state === 'disconnected', 'disconnected');
      }));
    }

    it('accepts the connection and says nothing: given up after handshake.timeout', surviving(Client, async (context) => {
      /** @type {net.Socket[]} */
      const sockets = [];
      const server = net.createServer((socket) => sockets.push(socket.on('error', () => {})));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
      context.defer(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const client = context.client(/** @type {net.AddressInfo} */ (server.address()).port, {
        handshake: { timeout: 40 },
        reconnectOptions: { initialDelay: 5, maxDelay: 5 }
      });
      await assert.rejects(client.connectAsync(), { code: 'cHandshakeError' });
      await until(() => sockets.length > 1, 'another try');
    }));

    it('answers the upgrade with anything but 101', surviving(Client, async (context) => {
      for (const answer of ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'SSH-2.0-x\r\n', '\0\0\0\0', '']) {
        const server = net.createServer((socket) => {
          socket.on('error', () => {});
          socket.end(answer);
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
        context.defer(() => server.close());
        const client = context.client(/** @type {net.AddressInfo} */ (server.address()).port, { reconnect: false });
        await assert.rejects(client.connectAsync());
        await until(() => client.state === 'disconnected', 'disconnected');
      }
    }));
  });
}
