// @ts-check
'use strict';

/** Which WebSocket class the client uses, and what it makes of those that do not behave alike. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { withClients } = require('./support');
const { journal } = require('../helpers/client-contract');
const { attempt } = require('../helpers/observe');
const { delay, until } = require('../helpers/timing');

const ONCE = { reconnect: false, disconnectTimeout: 200 };

/** A WebSocket that does nothing by itself. */
class FakeSocket {
  /** @type {FakeSocket[]} */
  static made = [];
  readyState = 0;
  /** @type {any[]} */
  sent = [];
  /** @type {any} */
  onopen = undefined;
  /** @type {any} */
  onerror = undefined;
  /** @type {any} */
  onclose = undefined;
  /** @type {any} */
  onmessage = undefined;

  /** @param {string} url */
  constructor(url) {
    this.url = url;
    FakeSocket.made.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }

  close() {}

  /** Opens, and resolves the handshake. */
  welcome() {
    this.readyState = 1;
    this.onopen({});
    const { i } = JSON.parse(this.sent[0]);
    this.onmessage({ data: JSON.stringify({ n: '_r', p: { id: 'c1' }, i, e: null }) });
  }
}

/** The WebSocket of Node 22: no close event when it could not connect. */
class WithoutClose extends FakeSocket {
  /** @param {string} url */
  constructor(url) {
    super(url);
    setTimeout(() => this.onerror({ type: 'error' }), 1);
  }
}

/** That of Node 24, and of ws 2: all events while `close` runs. */
class Hasty extends FakeSocket {
  close() {
    this.readyState = 3;
    this.onerror({ type: 'error' });
    this.onclose({ code: 1006, reason: '' });
  }
}

/** One that takes no messages. */
class Throwing extends FakeSocket {
  send() {
    throw new Error('no sending');
  }
}

withClients('WebSockets', ({ test, testFull }) => {
  test('the option webSocket is the class to use', async (context) => {
    const client = context.client('ws://somewhere/x', { ...ONCE, webSocket: FakeSocket });
    client.connect();
    const [socket] = FakeSocket.made.slice(-1);
    assert.equal(socket.url, 'ws://somewhere/x');
    socket.welcome();
    assert.equal(client.state, 'connected');
    socket.onclose({ code: 1001, reason: 'end' });
    await until(() => client.state === 'disconnected', 'disconnected');
  });

  test('anything but a class is refused', async ({ Client }) => {
    for (const webSocket of [5, 'ws', {}, true]) {
      assert.deepEqual(attempt(() => new Client('ws://x', { webSocket })), { thrown: { code: 'cInvalidOptions' } });
    }
  });

  testFull('one that tells of no close when it cannot connect: the client tries again', async (context) => {
    const client = context.client('ws://x', { webSocket: WithoutClose, reconnectOptions: { initialDelay: 5, maxDelay: 5 } });
    const events = journal(client);
    client.connect();
    await until(() => events.length >= 4, 'another try');
    assert.deepEqual(events.slice(0, 4).map(([name, code]) => [name, code?.code ?? code]), [
      ['_connecting', undefined],
      ['_connecting_error', 'cWebsocketError'],
      ['_disconnected', 1006],
      ['_connecting', undefined]
    ]);
  });

  test('one that closes while close() runs', async (context) => {
    const client = context.client('ws://x', { ...ONCE, webSocket: Hasty });
    const events = journal(client);
    client.connect();
    assert.equal(client.disconnect(), true);
    await until(() => client.state === 'disconnected', 'disconnected');
    await delay(5);
    assert.deepEqual(events.map(([name]) => name), ['_connecting', '_disconnecting', '_error', '_disconnected']);
  });

  test('one that takes no messages', async (context) => {
    const client = context.client('ws://x', { ...ONCE, webSocket: Throwing });
    const events = journal(client);
    client.connect();
    const [socket] = FakeSocket.made.slice(-1);
    socket.readyState = 1;
    socket.onopen({});
    await delay(5);
    assert.deepEqual(events[1], ['_connecting_error', { code: 'cHandshakeError', payload: { name: 'Error', message: 'no sending' } }]);
    socket.onclose({ code: 1006, reason: '' });
    await until(() => client.state === 'disconnected', 'disconnected');
  });

  test('events of a WebSocket that was given up are nobody\'s', async (context) => {
    const client = context.client('ws://x', { reconnect: false, disconnectTimeout: 10, webSocket: FakeSocket });
    client.connect();
    const [socket] = FakeSocket.made.slice(-1);
    socket.welcome();
    client.disconnect();
    await until(() => client.state === 'disconnected', 'given up');
    const events = journal(client);
    client.on('late', () => assert.fail('a listener was called'));
    socket.onopen({});
    socket.onmessage({ data: '{"n":"late"}' });
    socket.onerror({});
    socket.onclose({ code: 1000, reason: '' });
    await delay(5);
    assert.deepEqual([events, client.state, socket.sent.length], [[], 'disconnected', 1]);
  });
});

describe('the client for Node', () => {
  /**
   * What connecting gives in a Node that has what a script leaves it.
   *
   * @param {string} script
   */
  function inNode(script) {
    const program = `
      const Module = require('node:module');
      const load = Module._load;
      ${script}
      const Client = require(${JSON.stringify(path.join(__dirname, '../../client/node.js'))});
      const client = new Client('ws://localhost:1', { reconnect: false });
      try {
        client.connect();
        console.log(client.ws_.constructor.name);
      } catch (error) {
        console.log(error.code, error.message);
      }
      process.exit();
    `;
    return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim();
  }

  const withoutOwn = 'delete globalThis.WebSocket;';
  const failing = (/** @type {string} */ error) => `
    Module._load = (name, ...rest) => {
      if (name === 'ws') throw ${error};
      return load(name, ...rest);
    };
  `;

  it("uses Node's own WebSocket where there is one", () => {
    assert.equal(inNode('globalThis.WebSocket = class Own {};'), 'Own');
  });

  it('uses ws where there is none', () => assert.equal(inNode(withoutOwn), 'WebSocket'));

  it('says what to do without both', () => {
    const missing = failing("Object.assign(new Error('x'), { code: 'MODULE_NOT_FOUND' })");
    assert.match(inNode(withoutOwn + missing), /^cWebsocketError .*Node 22.*npm install ws/);
  });

  it('tells of what is wrong with ws', () => {
    assert.match(inNode(withoutOwn + failing("new Error('broken')")), /^cWebsocketError .*broken/);
  });
});
