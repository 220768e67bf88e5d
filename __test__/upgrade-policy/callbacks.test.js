// @ts-check
'use strict';

/**
 * What `verifyClient`, `handleProtocols` and `headers` listeners may answer with: values and promises. What is wrong
 * refuses the request, is told of by `error`, and ends no process.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { complete, exchange, statusOf, upgradeRequest } = require('../helpers/raw-http');
const { collectFatal } = require('../helpers/uncaught');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** @typedef {import('../process/support/scene').Scene} Scene */

/** Who waits for `upgradeTimeout` instead of being refused at once would wait longer than this, in ms. */
const AT_ONCE = 2000;

/**
 * The answer to a request, and the errors that the server told of.
 * @param {Scene} scene
 * @param {Record<string, unknown>} options
 * @param {string} [offered] Subprotocols.
 * @param {(server: any) => void} [prepare]
 */
async function ask(scene, options, offered, prepare = () => {}) {
  /** @type {any[]} */
  const errors = [];
  const { port } = await scene.listen(options, (server) => {
    server.on('error', (/** @type {any} */ error) => errors.push(error));
    prepare(server);
  });
  const request = upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': offered ?? null } });
  const answer = await exchange(port, request, { done: complete, patience: AT_ONCE });
  const protocol = /\r\nsec-websocket-protocol: *(.*?)\r\n/i.exec(answer)?.[1];
  return { answer, status: statusOf(answer), protocol, errors };
}

/** @param {unknown[]} args @returns {Record<string, unknown>} */
const callingBack = (...args) => ({ verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => callback(...args) });

/** @param {unknown[]} args @returns {Record<string, unknown>} */
const callingBackLater = (...args) => ({
  verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => setTimeout(callback, 5, ...args),
});

/**
 * Asks a server with a callback that throws: the exception is uncaught as those of other handlers, and the answer is 500 at once.
 * @param {number} port
 * @param {Error} thrown
 */
async function refusesAndThrows(port, thrown) {
  /** @type {Promise<string> | undefined} */
  let answer;
  const { fatal } = await collectFatal(async () => {
    answer = exchange(port, upgradeRequest(), { done: complete, patience: AT_ONCE });
    await answer;
    await delay(20);
  });
  assert.deepEqual(fatal, [thrown]);
  assert.equal(statusOf(await /** @type {Promise<string>} */ (answer)), 500);
}

const resolving = async (/** @type {unknown} */ value) => {
  await delay(5);
  return value;
};

const rejecting = async () => {
  await delay(5);
  throw new Error('the sessions are out of reach');
};

describe('promises of callbacks', () => {
  /** @type {[name: string, options: Record<string, unknown>, status: number, protocol?: string][]} */
  const CASES = [
    ['verifyClient, of true', { verifyClient: (/** @type {any} */ _) => resolving(true) }, 101, 'a'],
    ['verifyClient, of false', { verifyClient: (/** @type {any} */ _) => resolving(false) }, 401],
    ['verifyClient, of nothing', { verifyClient: async () => {} }, 401],
    ['verifyClient, of another kind', { verifyClient: () => ({ then: (/** @type {any} */ done) => done(false) }) }, 401],
    ['the verdict of a callback, of true', callingBack(resolving(true)), 101, 'a'],
    ['the verdict of a callback, of false', callingBack(resolving(false), 403), 403],
    ['handleProtocols, of a name', { handleProtocols: () => resolving('b') }, 101, 'b'],
    ['handleProtocols, of nothing', { handleProtocols: () => resolving(undefined) }, 101],
    ['handleProtocols, of false', { handleProtocols: () => resolving(false) }, 401],
    ['both', { handleProtocols: () => resolving('b'), verifyClient: () => resolving(true) }, 101, 'b'],
  ];
  for (const [name, options, status, protocol] of CASES) {
    it(`${name}: ${status}`, withScene(async (scene) => {
      const result = await ask(scene, options, 'a, b');
      assert.deepEqual([result.status, result.protocol, result.errors], [status, protocol, []]);
    }));
  }

  for (const [name, options] of /** @type {[string, Record<string, unknown>][]} */ ([
    ['verifyClient', { verifyClient: rejecting }],
    ['verifyClient', { verifyClient: (/** @type {any} */ _info, /** @type {any} */ _callback) => rejecting() }],
    ['verifyClient', { verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => callback(rejecting()) }],
    ['handleProtocols', { handleProtocols: rejecting }],
  ])) {
    it(`one of ${name} that rejects: 500 at once, and an error`, withScene(async (scene) => {
      const { value, fatal } = await collectFatal(() => ask(scene, options));
      assert.deepEqual(fatal, []);
      assert.equal(value?.status, 500);
      const [error] = /** @type {any} */ (value).errors;
      assert.equal(error.code, 'sWebsocketError');
      assert.match(error.message, new RegExp(`"options.${name}" was rejected.*: the sessions are out of reach`));
      assert.equal(error.payload.message, 'the sessions are out of reach');
    }));
  }

  /** Values that throw when they are asked whether they are a promise or an error. @type {[string, () => unknown][]} */
  const UNTOLD = [
    ['an object whose `then` throws', () => ({ get then() { throw new Error('no then'); } })],
    ['a revoked proxy', () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }],
    ['a proxy that hides its prototype', () => new Proxy({}, { getPrototypeOf() { throw new Error('no prototype'); } })],
  ];
  for (const [name, make] of UNTOLD) {
    for (const [option, options] of /** @type {[string, Record<string, unknown>][]} */ ([
      ['verifyClient', { verifyClient: make }],
      ['verifyClient', { verifyClient: (/** @type {any} */ _info, /** @type {any} */ callback) => callback(make()) }],
      ['verifyClient', { verifyClient: () => ({ then: (/** @type {any} */ done) => done(make()) }) }],
      ['handleProtocols', { handleProtocols: make }],
    ])) {
      it(`${name}, from ${option}: 500 at once, and an error`, withScene(async (scene) => {
        const { value, fatal } = await collectFatal(() => ask(scene, options));
        assert.deepEqual(fatal, []);
        assert.equal(value?.status, 500);
        assert.equal(value?.errors.length, 1);
        assert.match(value?.errors[0].message, new RegExp(`"options.${option}"`));
      }));
    }
  }

  it('one that is never settled: 503 after upgradeTimeout', withScene(async (scene) => {
    const { status } = await ask(scene, { verifyClient: () => new Promise(() => {}), upgradeTimeout: 50 });
    assert.equal(status, 503);
  }));

  it('one that is settled when the client has gone, or the server was stopped, changes nothing', withScene(async (scene) => {
    /** @type {(() => void)[]} */
    const settle = [];
    const verifyClient = () => new Promise((resolve) => settle.push(() => resolve(true)));
    const { server, port } = await scene.listen({ verifyClient });
    const first = scene.open(port).catch(() => {});
    await until(() => settle.length === 1, 'asked');
    const { fatal } = await collectFatal(async () => {
      await within(server.stop(), 'stop');
      settle[0]();
      await first;
    });
    assert.deepEqual(fatal, []);
  }));

  it('without a listener of `error` there is one warning', withScene(async (scene) => {
    /** @type {any[]} */
    const warnings = [];
    const onWarning = (/** @type {any} */ warning) => warnings.push(warning);
    process.on('warning', onWarning);
    scene.defer(() => void process.off('warning', onWarning));
    const { port } = await scene.listen({ verifyClient: rejecting });
    for (let i = 0; i < 3; i++) assert.equal(statusOf(await exchange(port, upgradeRequest(), { done: complete })), 500);
    const ours = warnings.filter(({ code }) => code === 'LINE_UPGRADE');
    assert.equal(ours.length, 1);
    assert.match(ours[0].message, /the sessions are out of reach.*Listen for "error"/);
  }));
});

describe('what callbacks give that is wrong', () => {
  const circular = /** @type {any} */ ({ toString: 0, valueOf: 0 });
  circular.self = circular;
  const broken = Object.assign(new Error('no'), { stack: circular });

  /** @type {[name: string, options: Record<string, unknown>, said: RegExp][]} */
  const WRONG = [
    ...[1, 0, true, {}, ['a'], Symbol('a'), 5n, circular, () => 'a', broken].map(
      (value) => /** @type {any} */ ([`handleProtocols: ${typeof value}`, { handleProtocols: () => value }, /"options.handleProtocols" must return .*; got/]),
    ),
    ...['a b', 'a,b', 'a\r\nX: 1', 'a\0', 'ä', ' '].map(
      (value) => /** @type {any} */ ([`handleProtocols: ${JSON.stringify(value)}`, { handleProtocols: () => value }, /"options.handleProtocols" must return .*; got/]),
    ),
    ['handleProtocols: a promise of a number', { handleProtocols: () => resolving(7) }, /got 7/],
    ...[99, 101, 200, 600, 1000, 4401, -1, 403.5, Infinity, '4xx', ' 403', '099', {}, [], true, 403n, Symbol('s'), circular, () => 403].map(
      (code) => /** @type {any} */ ([`code: ${typeof code} ${String(typeof code === 'object' ? '' : code)}`, callingBack(false, code), /"options.verifyClient" refused a request, but the status must be an integer from 300 to 599; got/]),
    ),
    ...[{}, [], 5, true, Symbol('s'), new Error('x'), circular].map(
      (message) => /** @type {any} */ ([`message: ${typeof message}`, callingBack(false, 403, message), /"options.verifyClient" refused a request, but the message must be a string; got/]),
    ),
    ['a code that comes later', callingBackLater(false, {}), /got \{\}/],
    ['an error instead of a verdict', callingBack(new Error('no such user')), /must say with true or false whether a client may connect; got Error: no such user/],
    ['an error that is returned', { verifyClient: () => new Error('no such user') }, /got Error: no such user/],
    ["a callback of Node's kind", callingBack(null, { user: 'ada' }), /got \{ user: 'ada' \}/],
  ];
  for (const [name, options, said] of WRONG) {
    it(`${name}: 500, and an error that says so`, withScene(async (scene) => {
      const { value, fatal } = await collectFatal(() => ask(scene, options, 'a'));
      assert.deepEqual(fatal, []);
      assert.equal(value?.status, 500);
      const [error, ...others] = /** @type {any} */ (value).errors;
      assert.deepEqual(others, []);
      assert.equal(error.code, 'sInvalidAction');
      assert.match(error.message, said);
      assert.match(error.message, /The request was refused with status 500$/);
    }));
  }

  it('a code of three digits may be a string, as with the original', withScene(async (scene) => {
    const { answer, errors } = await ask(scene, callingBack(false, '403'));
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nForbidden$/);
    assert.deepEqual(errors, []);
  }));

  it('line breaks of a message are in the body', withScene(async (scene) => {
    const { answer } = await ask(scene, callingBack(false, 403, 'no\r\nX-Y: z\r\n\r\nHTTP/1.1 101'));
    const [head] = answer.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert.doesNotMatch(head, /X-Y/);
    assert.match(head, /\r\nContent-Length: 26$/);
  }));

  it('what the client has offered and is no name is the client’s fault', withScene(async (scene) => {
    const { status, errors } = await ask(scene, { handleProtocols: (/** @type {string[]} */ list) => list[0] }, 'a(b');
    assert.deepEqual([status, errors], [400, []]);
  }));

  it('a second verdict does not count, nor does it emit `headers` again', withScene(async (scene) => {
    let events = 0;
    const verifyClient = (/** @type {any} */ _info, /** @type {any} */ callback) => [true, true, false].forEach((ok) => callback(ok, {}));
    const { status, errors } = await ask(scene, { verifyClient }, undefined, (server) => server.on('headers', () => events++));
    assert.deepEqual([status, errors, events], [101, [], 1]);
  }));
});

describe('listeners of headers', () => {
  /** @type {[name: string, change: (lines: any[]) => void, said: RegExp][]} */
  const WRONG = [
    ['CR LF', (lines) => lines.push('X: 1\r\nSet-Cookie: a=b'), /control character/],
    ['LF', (lines) => lines.push('X: 1\nY: 2'), /control character/],
    ['CR', (lines) => lines.push('X: 1\rY: 2'), /control character/],
    ['NUL', (lines) => lines.push('X: \0'), /control character/],
    ['another control character', (lines) => lines.push('X: \u001b[31m'), /control character/],
    ['an empty line', (lines) => lines.push(''), /"Name: value"/],
    ['a line without a colon', (lines) => lines.push('X'), /"Name: value"/],
    ['a line that goes on with the one before', (lines) => lines.push(' X: 1'), /"Name: value"/],
    ['a space before the colon', (lines) => lines.push('X : 1'), /"Name: value"/],
    ['a name that is no token', (lines) => lines.push('X(1): 1'), /"Name: value"/],
    ['a name with letters of other alphabets', (lines) => lines.push('Käse: 1'), /"Name: value"/],
    ['no name', (lines) => lines.push(': 1'), /"Name: value"/],
    ['a number', (lines) => lines.push(5), /must be a string/],
    ['an object', (lines) => lines.push({ toString: 0 }), /must be a string/],
    ['a hole', (lines) => (lines[lines.length + 1] = 'X: 1'), /must be a string/],
    ['a body', (lines) => lines.push('Content-Length: 5'), /cannot have the header "content-length"/],
    ['a coding', (lines) => lines.push('transfer-encoding: chunked'), /cannot have the header "transfer-encoding"/],
    ['a second accept', (lines) => lines.push('Sec-WebSocket-Accept: x'), /only one header "sec-websocket-accept"/],
    ['another accept', (lines) => (lines[3] = 'Sec-WebSocket-Accept: x'), /"sec-websocket-accept" must stay/],
    ['an extension', (lines) => lines.push('Sec-WebSocket-Extensions: permessage-deflate'), /"sec-websocket-extensions" must stay/],
    ['no Upgrade', (lines) => lines.splice(1, 1), /'Upgrade: websocket' is missing/],
    ['two subprotocols', (lines) => lines.push('Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b'), /only one header "sec-websocket-protocol"/],
    ['a subprotocol that is none', (lines) => lines.push('Sec-WebSocket-Protocol: a, b'), /must be one name/],
    ['another status', (lines) => (lines[0] = 'HTTP/1.1 200 OK'), /begin with "HTTP\/1\.1 101 Switching Protocols"/],
    ['a broken status line', (lines) => (lines[0] += '\r\nX: 1'), /begin with "HTTP\/1\.1 101 Switching Protocols"/],
    ['nothing', (lines) => (lines.length = 0), /begin with/],
  ];
  for (const [name, change, said] of WRONG) {
    for (const options of [{}, { verifyClient: () => resolving(true) }]) {
      it(`${name}, ${options.verifyClient ? 'later' : 'at once'}: 500, and an error that says so`, withScene(async (scene) => {
        const prepare = (/** @type {any} */ server) => server.on('headers', change);
        const { value, fatal } = await collectFatal(() => ask(scene, options, undefined, prepare));
        assert.deepEqual(fatal, []);
        assert.match(String(value?.answer), /^HTTP\/1\.1 500 Internal Server Error\r\nConnection: close\r\n/);
        const [error] = /** @type {any} */ (value).errors;
        assert.equal(error.code, 'sInvalidAction');
        assert.match(error.message, /^A listener of "headers" has made an answer that cannot be sent: /);
        assert.match(error.message, said);
      }));
    }
  }

  it('lines that are good go out, and a subprotocol is what connection.socket says', withScene(async (scene) => {
    const { server, port } = await scene.listen({}, (starting) =>
      starting.on('headers', (/** @type {string[]} */ lines) => {
        lines[0] = 'HTTP/1.1 101 Here you are';
        lines.push('Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-Empty:', 'X-Tab:\ta\tb', 'X-Umlaut: käse', 'Sec-WebSocket-Protocol: chat');
      }),
    );
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const client = await scene.open(port);
    assert.match(client.head, /^HTTP\/1\.1 101 Here you are\r\n[^]*\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nX-Tab:\ta\tb\r\n/);
    await client.handshake();
    assert.equal((await within(connected, 'connection')).socket.protocol, 'chat');
  }));

  for (const [name, options] of /** @type {[string, Record<string, unknown>][]} */ ([
    ['at once', {}],
    ['after a callback', callingBackLater(true)],
    ['after a promise', { verifyClient: () => resolving(true) }],
    ['after a promise of handleProtocols', { handleProtocols: () => resolving('a') }],
  ])) {
    it(`one that throws, ${name}: 500 at once, and the exception is uncaught as those of other handlers`, withScene(async (scene) => {
      const thrown = new Error('of the listener');
      const { port } = await scene.listen(options, (server) => server.on('headers', () => {
        throw thrown;
      }));
      await refusesAndThrows(port, thrown);
    }));
  }

  it('a second function that throws after a promise: 500 at once', withScene(async (scene) => {
    const thrown = new Error('of verifyClient');
    const { port } = await scene.listen({
      handleProtocols: () => resolving('a'),
      verifyClient: () => {
        throw thrown;
      },
    });
    await refusesAndThrows(port, thrown);
  }));
});
