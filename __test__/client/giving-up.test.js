// @ts-check
'use strict';

/** The client for Node gives up servers that do not answer, with whichever WebSocket this Node has: the process can end. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const crypto = require('node:crypto');
const net = require('node:net');
const path = require('node:path');
const { promisify } = require('node:util');
const zlib = require('node:zlib');
const Client = require('../../client/node.js');
const { journal } = require('../helpers/client-contract');
const { until } = require('../helpers/timing');

const CHILD = path.join(__dirname, 'children/given-up.js');

/** Longest that the process may take, in ms: what it does takes less than a second, on a busy machine more. */
const BOUND = 15_000;

/** @param {string} text @returns {Buffer} An unmasked frame. */
const frame = (text) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

/**
 * How far a server comes before it hangs.
 * @type {Record<string, (socket: net.Socket) => void>}
 */
const HANGS = {
  'accepts the connection and says nothing': () => {},
  'answers to another key': (socket) => socket.once('data', () => socket.write(accepting('x'))),
  'accepts the WebSocket and says nothing': (socket) => upgrade(socket, () => {}),
  'answers the handshake and nothing more': (socket) => upgrade(socket, () => socket.write(WELCOME)),
  'answers the handshake and reads no more': (socket) => upgrade(socket, () => {
    socket.write(WELCOME);
    socket.pause();
  }),
  'goes on sending, and never closes': (socket) => upgrade(socket, () => {
    socket.write(WELCOME);
    const timer = setInterval(() => socket.write(frame('{"n":"x"}')), 5);
    socket.on('close', () => clearInterval(timer));
  }),
  'answers the close frame, and keeps the connection': (socket) => upgrade(socket, () => {
    socket.write(WELCOME);
    socket.once('data', () => socket.write(Buffer.from([0x88, 2, 0x03, 0xe8])));
  }),
};

const WELCOME = frame('{"n":"_r","p":{"id":"c1"},"i":"1","e":null}');

/** @param {string} accept @param {string} [more] Header lines. @returns {string} */
const accepting = (accept, more = '') => `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;

/** @param {string} text @returns {Buffer} An unmasked frame, compressed (RFC 7692). */
function deflated(text) {
  const bytes = zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
  return Buffer.concat([Buffer.from([0xc1, bytes.length]), bytes]);
}

/** @param {net.Socket} socket @param {() => void} then Called once the first message has come. @param {string} [more] Header lines. */
function upgrade(socket, then, more) {
  socket.once('data', (request) => {
    const key = /sec-websocket-key: (.*)\r/i.exec(String(request))?.[1];
    const accept = crypto.createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(accepting(accept, more));
    socket.once('data', then);
  });
}

/**
 * @template T
 * @param {(socket: net.Socket) => void} hang
 * @param {(port: number, sockets: Set<net.Socket>) => Promise<T>} body `sockets`: those that are open.
 */
async function withServer(hang, body) {
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    hang(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  try {
    return await body(/** @type {net.AddressInfo} */ (server.address()).port, sockets);
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
}

describe('a server that hangs', () => {
  for (const [what, hang] of Object.entries(HANGS)) {
    it(`${what}: a disposed client lets its process end`, async () => {
      await withServer(hang, async (port) => {
        const run = (/** @type {string} */ how) => promisify(execFile)(process.execPath, [CHILD, `ws://127.0.0.1:${port}`, how], { timeout: BOUND });
        const results = await Promise.all(['dispose', 'disconnect', 'reconnect'].map(run));
        for (const { stdout } of results) assert.match(stdout, /_disconnected/);
      });
    });
  }

  it('over TLS: the same', async () => {
    await withServer(() => {}, async (port) => {
      await promisify(execFile)(process.execPath, [CHILD, `wss://127.0.0.1:${port}`, 'dispose'], { timeout: BOUND + 10_000 });
    });
  });

  it('is given up without effect on connections beside it', async () => {
    await withServer(HANGS['answers the handshake and nothing more'], async (port, sockets) => {
      const clients = Array.from({ length: 6 }, () => new Client(`ws://127.0.0.1:${port}`, { reconnect: false, disconnectTimeout: 50 }));
      await Promise.all(clients.map((client) => client.connectAsync()));
      const [first, ...others] = clients;
      await first.disconnectAsync();
      await until(() => sockets.size === 5 || [...sockets].some((socket) => socket.readableEnded), 'its socket gone');
      assert.deepEqual(others.map(({ state, ws_: ws }) => [state, ws.readyState]), Array(5).fill(['connected', 1]));
      await Promise.all(others.map((client) => client.dispose()));
      await until(() => [...sockets].every((socket) => socket.readableEnded), 'all gone');
    });
  });
});

describe('a connection that is not made in time', () => {
  it('is one _connecting_error, and no _error besides', async () => {
    await withServer(HANGS['accepts the connection and says nothing'], async (port) => {
      const client = new Client(`ws://127.0.0.1:${port}`, { reconnect: false, handshake: { timeout: 30 }, disconnectTimeout: 200 });
      const events = journal(client);
      client.connect();
      await until(() => client.state === 'disconnected', 'disconnected');
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual(events.map(([name]) => name), ['_connecting', '_connecting_error', '_disconnecting', '_disconnected']);
      await client.dispose();
    });
  });

  it('is one _error at most when the application gives it up', async () => {
    await withServer(HANGS['accepts the connection and says nothing'], async (port) => {
      const client = new Client(`ws://127.0.0.1:${port}`, { reconnect: false, disconnectTimeout: 200 });
      const events = journal(client);
      client.connect();
      await client.disconnectAsync();
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.ok(events.filter(([name]) => name === '_error').length <= 1, JSON.stringify(events));
      await client.dispose();
    });
  });
});

describe('a server that begins to close, and keeps the connection', () => {
  const CLOSE = Buffer.from([0x88, 2, 0x03, 0xe9]);
  const COMPRESSED = deflated('{"n":"x"}');
  const sockets = [undefined, require('ws').WebSocket].filter((each) => each || 'WebSocket' in globalThis);
  for (const webSocket of sockets) {
    for (const [what, bytes] of Object.entries({ 'at once': CLOSE, 'behind a compressed message': Buffer.concat([COMPRESSED, CLOSE]) })) {
      it(`${what} (${webSocket ? 'ws' : "Node's own WebSocket"}): the client waits no longer than disconnectTimeout`, async () => {
        const close = (/** @type {net.Socket} */ socket) => upgrade(socket, () => {
          socket.write(WELCOME);
          socket.once('data', () => socket.write(bytes));
        }, 'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n');
        await withServer(close, async (port, open) => {
          const client = new Client(`ws://127.0.0.1:${port}`, { webSocket, reconnect: false, disconnectTimeout: 100, pingInterval: 0 });
          const events = journal(client);
          await client.connectAsync();
          await client.sendWithoutResponse('y');
          await until(() => client.state === 'disconnected', 'disconnected');
          assert.deepEqual(events.map(([name]) => name).filter((name) => name !== 'x'), ['_connecting', '_connected', '_disconnected']);
          await until(() => [...open].every((socket) => socket.readableEnded), 'its socket gone');
          await client.dispose();
        });
      });
    }
  }
});

describe('a message without end', () => {
  it('ends the connection beyond maxPayload', async () => {
    let sent = 0;
    const endless = (/** @type {net.Socket} */ socket) => upgrade(socket, () => {
      socket.write(WELCOME);
      const fragment = Buffer.concat([Buffer.from([0, 126, 0xff, 0xff]), Buffer.alloc(0xffff, 'x')]);
      const write = () => {
        if (socket.destroyed || sent > 200e6) return;
        sent += fragment.length;
        // At a bounded rate, or a fast machine would have sent all before the client may end the connection.
        const next = () => setTimeout(write, 1);
        if (socket.write(fragment)) next();
        else socket.once('drain', next);
      };
      socket.write(Buffer.from([0x01, 1, 0x22]));
      write();
    });
    await withServer(endless, async (port) => {
      const client = new Client(`ws://127.0.0.1:${port}`, { reconnect: false, maxPayload: 100_000, disconnectTimeout: 200 });
      const events = journal(client);
      await client.connectAsync();
      await until(() => client.state === 'disconnected', 'disconnected');
      assert.deepEqual(events.slice(0, 3).map(([name]) => name), ['_connecting', '_connected', '_error']);
      assert.equal(events.at(-1)?.[0], '_disconnected');
      assert.ok(sent < 200e6, String(sent));
      await client.dispose();
    });
  });
});

describe('a connection that ends while its handshake is pending', () => {
  /** @type {Record<string, (socket: net.Socket) => void>} */
  const ENDS = {
    'by a reset': (socket) => upgrade(socket, () => socket.resetAndDestroy()),
    'by the end of its stream': (socket) => upgrade(socket, () => socket.end()),
    'by a frame that is not valid': (socket) => upgrade(socket, () => socket.end(Buffer.from([0xff, 0xff, 1, 2, 3]))),
    'by a close frame': (socket) => upgrade(socket, () => socket.end(Buffer.from([0x88, 2, 0x0f, 0xa0]))),
  };
  const sockets = [undefined, require('ws').WebSocket].filter((each) => each || 'WebSocket' in globalThis);
  for (const [how, end] of Object.entries(ENDS)) {
    for (const webSocket of sockets) {
      it(`${how} (${webSocket ? 'ws' : "Node's own WebSocket"}): one _connecting_error, also where another attempt begins at once`, async () => {
        await withServer(end, async (port) => {
          const client = new Client(`ws://127.0.0.1:${port}`, { webSocket, reconnect: false, disconnectTimeout: 500 });
          const events = journal(client);
          client.connect();
          await until(() => client.state === 'disconnected', 'disconnected');
          await new Promise((resolve) => setTimeout(resolve, 30));
          assert.deepEqual(events.map(([name]) => name).sort(), ['_connecting', '_connecting_error', '_disconnected']);
          /** @type {Promise<any> | undefined} */
          let again;
          client.once('_disconnected', () => {
            client.url = 'ws://127.0.0.1:1';
            again = client.connectAsync().catch((error) => error);
          });
          client.connect();
          await until(() => again, 'another attempt');
          // Of that attempt, and not of the one before.
          assert.equal((await again).code, 'cWebsocketError');
          await client.dispose();
        });
      });
    }
  }
});
