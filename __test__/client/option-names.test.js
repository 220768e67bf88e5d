// @ts-check
'use strict';

/** Names of options that there are none of: those that resemble one are refused, others are warned of. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { withClients } = require('./support');

/** Options as they may be misspelt, and what was meant. @type {[any, string][]} */
const MISSPELT = [
  [{ reconnekt: true }, 'reconnect'],
  [{ Reconnect: true }, 'reconnect'],
  [{ reconect: undefined }, 'reconnect'],
  [{ recconectOptions: {} }, 'reconnectOptions'],
  [{ reconnectOption: {} }, 'reconnectOptions'],
  [{ responseTimeOut: 5 }, 'responseTimeout'],
  [{ response_timeout: 5 }, 'responseTimeout'],
  [{ reponseTimeout: 5 }, 'responseTimeout'],
  [{ pingIntervall: 5 }, 'pingInterval'],
  [{ maxPayLoad: 5 }, 'maxPayload'],
  [{ handshakes: {} }, 'handshake'],
  [{ handshakeTimeout: 5 }, 'handshake.timeout'],
  [{ timeout: 5 }, 'handshake.timeout'],
  [{ payload: {} }, 'handshake.payload'],
  [{ maxDelay: 5 }, 'reconnectOptions.maxDelay'],
  [{ followRedirects: true }, 'followRedirections'],
  [{ websocket: class {} }, 'webSocket'],
  [{ queu: {} }, 'queue'],
  [{ handshake: { timout: 5 } }, 'handshake.timeout'],
  [{ handshake: { payLoad: 5 } }, 'handshake.payload'],
  [{ reconnectOptions: { maxDealy: 5 } }, 'reconnectOptions.maxDelay'],
  [{ reconnectOptions: { fulljitter: true } }, 'reconnectOptions.fullJitter'],
  [{ uptimeOptions: { intervall: 5 } }, 'uptimeOptions.interval'],
  [{ queue: { maximum: 5, tll: 5 } }, 'queue.ttl'],
];

withClients('misspelt options', ({ test, testFull }) => {
  for (const [options, meant] of MISSPELT) {
    testFull(`${JSON.stringify(options)} is refused, ${meant} suggested`, async ({ Client }) => {
      assert.throws(() => new Client('ws://x', options), (/** @type {any} */ { code, message }) => {
        return code === 'cInvalidOptions' && message.endsWith(`did you mean "${meant}"?`);
      });
    });
  }

  test('are none that there are', async ({ Client }) => {
    const { options } = new Client('ws://x', { queue: {}, redirectOrigins: [], webSocket: class {} });
    assert.doesNotThrow(() => new Client('ws://x', options));
  });
});

/** Options of a call that there are none of, or of another kind. @type {[any, RegExp][]} */
const WRONG_IN_CALLS = [
  [{ signl: undefined }, /did you mean "signal"/],
  [{ signal: 'x' }, /"signal" must be an AbortSignal/],
  [{ signal: {} }, /"signal" must be an AbortSignal/],
  [{ signal: new AbortController() }, /"signal" must be an AbortSignal/],
];

withClients('options of calls', ({ test, testFull }) => {
  for (const [options, problem] of [...WRONG_IN_CALLS, [{ timout: 5 }, /did you mean "timeout"/]]) {
    testFull(`send: ${problem.source}`, async (context) => {
      const { client } = await context.clientPair();
      await assert.rejects(client.send('x', 1, options), { code: 'cInvalidOptions', message: problem });
    });
  }

  for (const [options, problem] of [
    ...WRONG_IN_CALLS,
    [{ mx: 5 }, /did you mean "max"/],
    [{ max: 0 }, /"max" must be a number, 1 or more/],
    [{ max: '5' }, /"max" must be a number, 1 or more/],
    [{ max: NaN }, /"max" must be a number, 1 or more/],
    [null, /"options" must be an object/],
  ]) {
    testFull(`messages: ${problem}, and nothing is left behind`, async (context) => {
      const { client } = await context.clientPair();
      assert.throws(() => client.messages('x', options), { code: 'cInvalidOptions', message: problem });
      assert.equal(client.listenerCount('x'), 0);
      await client.dispose();
    });
  }

  test('may be without a limit, and without a signal', async (context) => {
    const { client } = await context.clientPair();
    await client.messages('x', { max: Infinity, signal: undefined }).return();
    assert.equal(await client.ping(), 'pong');
  });
});

describe('options that resemble none', () => {
  it('and those that applications of the original pass are kept, and warned of once', () => {
    const program = `
      const Client = require(${JSON.stringify(path.join(__dirname, '../../client/node.js'))});
      console.warn = (text) => console.log(text);
      for (let i = 0; i < 3; i++) {
        const client = new Client('ws://x', { handshakePayload: { authToken: 42 }, colour: 'red', transports: [] });
        if (client.options.colour !== 'red') throw new Error('not kept');
      }`;
    const lines = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(lines.map((line) => /"(.*?)"/.exec(line)?.[1]), ['handshakePayload', 'colour', 'transports']);
  });

  it('and those of other clients are warned of with the name they have here', () => {
    const program = `
      const Client = require(${JSON.stringify(path.join(__dirname, '../../client/node.js'))});
      console.warn = (text) => console.log(text);
      new Client('ws://x', { auth: {}, reconnectionDelay: 5, constructor: 5, handshake: { token: 5, colour: 5 } });`;
    assert.deepEqual(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim().split('\n'), [
      'LineClient: "auth" is no option, and has no effect; did you mean "handshake.payload"?',
      'LineClient: "reconnectionDelay" is no option, and has no effect; did you mean "reconnectOptions.initialDelay"?',
      'LineClient: "constructor" is no option, and has no effect',
      'LineClient: "handshake.token" is no option, and has no effect; did you mean "handshake.payload.token"?',
      'LineClient: "handshake.colour" is no option, and has no effect',
    ]);
  });

  it('need no console', () => {
    const program = `
      const Client = require(${JSON.stringify(path.join(__dirname, '../../client/node.js'))});
      for (const console of [undefined, {}]) {
        Object.defineProperty(globalThis, 'console', { value: console, configurable: true });
        new Client('ws://x', { ['colour' + typeof console]: 'red' });
      }`;
    execFileSync(process.execPath, ['-e', program]);
  });
});
