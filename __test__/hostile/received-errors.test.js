// @ts-check
'use strict';

/** Whatever a peer sends as an error, it can be printed, copied, compared and awaited: its text is data. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { format, inspect, types, isDeepStrictEqual } = require('node:util');
const v8 = require('node:v8');
const { Message } = require('../../lib/connection/message.js');
const { ClientContext, welcome } = require('../helpers/client-contract');
const { clients } = require('../helpers/clients');
const { loadNative } = require('../helpers/implementations');
const { collectFatal } = require('../helpers/uncaught');
const { within } = require('../helpers/timing');

/** Names with a meaning, of members of errors and of what programs look for in a value. */
const NAMES = [
  'stack', 'cause', 'toString', 'valueOf', 'toJSON', 'toLocaleString', 'constructor', '__proto__', 'inspect', 'then',
  'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', '__defineGetter__', '__defineSetter__', '__lookupGetter__',
  '__lookupSetter__', 'asymmetricMatch', 'Symbol(nodejs.util.inspect.custom)', 'nodejs.util.inspect.custom',
  'Symbol(Symbol.toPrimitive)', 'Symbol.toPrimitive', '@@toPrimitive', '@@iterator', 'Symbol(Symbol.toStringTag)'
];

/** Names that are data, however odd what is in them. */
const DATA = ['errors', 'errno', 'code', 'syscall', 'path', 'domain', 'length', 'prototype', 'nodeType', '$$typeof', 'status', '', '0', 'details'];

/** Values that break programs that take them for something else. */
const VALUES = [
  { toString: 0, valueOf: 0 },
  { toString: null, then: 1, inspect: 2, toJSON: 3, constructor: { name: { toString: 0 } } },
  { stack: { toString: 0 }, name: 'N', message: 'M' },
  [{ toString: 0 }], null, false, 5, '', 'text', [], { length: -1 }, { __proto__: null, name: {} }
];

/** What programs do with errors. @type {Record<string, (error: any) => unknown>} */
const USES = {
  'console.error': (error) => new (require('node:console').Console)(new (require('node:stream').PassThrough)()).error(error),
  inspect: (error) => inspect(error, { depth: 10, showHidden: true }) + inspect({ error }) + inspect([error]),
  format: (error) => format('%s %o %O %j %d', error, error, error, error, error),
  template: (error) => `${error}`,
  String: (error) => String(error),
  concatenation: (error) => error + '' + (error > 1),
  JSON: (error) => JSON.stringify(error),
  structuredClone: (error) => structuredClone(error),
  serialize: (error) => v8.deserialize(v8.serialize(error)),
  compare: (error) => isDeepStrictEqual(error, error) && isDeepStrictEqual(error, new Error('x')),
  stack: (error) => error.stack.split('\n'),
  cause: (error) => inspect(new Error('outer', { cause: error })),
  aggregate: (error) => inspect(new AggregateError([error], 'all')),
  members: (error) => [error.name.trim(), error.message.trim(), error.toString(), error.toLocaleString(), error.constructor.name]
};

/** @returns {{name: string, message: string, [key: string]: any}[]} as they come out of JSON */
function hostileErrors() {
  const texts = [];
  for (const name of [...NAMES, ...DATA]) {
    for (const value of VALUES) texts.push(`{"name":"E","message":"m",${JSON.stringify(name)}:${JSON.stringify(value)}}`);
  }
  const all = [...NAMES, ...DATA].map((name) => `${JSON.stringify(name)}:{"toString":0,"valueOf":0}`);
  texts.push(`{${all},"name":"E","message":"m"}`, `{"name":"","message":"",${all}}`);
  for (const text of ['', ' ', '\u001b[31m', '\n    at x (y:1:1)', '%s%o', '$&', '[', 'Error', '\ud800', 'x'.repeat(100_000)]) {
    texts.push(JSON.stringify({ name: text, message: text }), JSON.stringify({ name: `${text}Error`, message: text, stack: text }));
  }
  return texts.map((text) => JSON.parse(text));
}

/** @param {any} error */
function assertHarmless(error, sent = error) {
  assert.ok(types.isNativeError(error));
  assert.equal(Object.getPrototypeOf(error), Error.prototype);
  const label = JSON.stringify(sent).slice(0, 200);
  for (const [use, run] of Object.entries(USES)) assert.doesNotThrow(() => run(error), `${use} of ${label}`);
  for (const name of NAMES) {
    if (name === 'stack') continue;
    assert.equal(error[name], /** @type {any} */ (new Error())[name], `${name} of ${label}`);
    assert.ok(!Object.hasOwn(error, name), name);
  }
  assert.equal(typeof error.stack, 'string');
  assert.ok(!Object.keys(error).includes('stack'));
}

/** What is left of a sent error. @param {any} sent */
const data = (sent) => Object.fromEntries(Object.entries(sent).filter(([key]) => !NAMES.includes(key)));

describe('a received error', () => {
  for (const use of Object.keys(USES)) {
    it(`can be used: ${use}`, () => {
      for (const sent of hostileErrors()) {
        const { err } = Message.parse(JSON.stringify({ n: 'x', e: sent }));
        assert.doesNotThrow(() => USES[use](err), JSON.stringify(sent).slice(0, 200));
      }
    });
  }

  it('has its name, message and data, enumerable, and no member of the peer’s', () => {
    for (const sent of hostileErrors()) {
      const { err } = Message.parse(JSON.stringify({ n: 'x', e: sent }));
      assertHarmless(err, sent);
      assert.deepEqual({ ...err }, data(sent));
      assert.equal(JSON.stringify(err), JSON.stringify(data(sent)));
    }
  });

  it('can be awaited and returned by an async function', async () => {
    const { err } = Message.parse('{"n":"x","e":{"name":"E","message":"m","then":{"toString":0}}}');
    assert.equal(await err, err);
    assert.equal(await (async () => err)(), err);
  });

  it('is a plain value when name or message are no strings', () => {
    for (const e of [{ name: {}, message: 'm' }, { name: 'E', message: { toString: 0 } }, { name: 'E' }, { message: 'm' }, ['E']]) {
      assert.deepEqual(Message.parse(JSON.stringify({ n: 'x', e })).err, e);
    }
  });
});

for (const { name, Client } of clients().filter((each) => each.name !== 'original')) {
  describe(`errors of a hostile peer over the wire (client ${name})`, () => {
    /** @param {(context: ClientContext) => Promise<void>} body */
    const surviving = (body) => async () => {
      const context = new ClientContext(loadNative(), Client);
      const { error, fatal } = await collectFatal(() => body(context));
      await context.dispose();
      const problem = [...fatal, error].find((each) => each !== undefined);
      if (problem) throw problem;
    };

    it('a client answers a send of the server with them', surviving(async (context) => {
      const { client, connection } = await context.pair();
      for (const sent of hostileErrors()) {
        const answer = connection.send('ask').catch((/** @type {any} */ error) => error);
        const { message } = await client.message(({ n }) => n === 'ask');
        client.text(`{"n":"_r","i":${JSON.stringify(message.i)},"e":${JSON.stringify(sent)}}`);
        const error = await within(answer, 'answer');
        assert.equal(error.code, 'scMessageRejected');
        assertHarmless(error.payload, sent);
        for (const use of Object.values(USES)) use(error);
      }
    }));

    it('a client sends them with a message, which the server’s handler sends back', surviving(async (context) => {
      const { client, connection } = await context.pair();
      connection.on('x', (/** @type {any} */ message) => {
        assertHarmless(message.err);
        message.reject(message.err);
      });
      for (const sent of hostileErrors()) {
        client.text(`{"n":"x","i":"1","e":${JSON.stringify(sent)}}`);
        const { message } = await client.message(({ i }) => i === '1');
        assert.deepEqual(message.e, data(sent));
      }
    }));

    it('a server answers a send of the client with them', surviving(async (context) => {
      const errors = hostileErrors();
      let next = 0;
      const port = await context.script((socket) =>
        welcome(socket, ({ n, i }) => {
          if (n === 'ask') socket.send(`{"n":"_r","i":${JSON.stringify(i)},"e":${JSON.stringify(errors[next++])}}`);
        })
      );
      const client = context.client(port, { reconnect: false });
      await client.connectAsync();
      for (const sent of errors) {
        const error = await client.send('ask').catch((/** @type {any} */ each) => each);
        assert.equal(error.code, 'cMessageRejected');
        assertHarmless(error.payload, sent);
        for (const use of Object.values(USES)) use(error);
      }
    }));

    it('a server rejects the handshake with one', surviving(async (context) => {
      const port = await context.script((socket) => {
        socket.on('message', (text) => {
          const { i } = JSON.parse(String(text));
          socket.send(`{"n":"_r","i":"${i}","e":{"name":"E","message":"m","stack":{"toString":0},"toString":0,"cause":0}}`);
        });
      });
      const client = context.client(port, { reconnect: false });
      const error = await client.connectAsync().catch((/** @type {any} */ each) => each);
      assert.equal(error.code, 'cHandshakeRejected');
      assertHarmless(error.payload);
    }));
  });
}
