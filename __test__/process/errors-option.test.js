// @ts-check
'use strict';

/** The option `errors`: what a client learns of an error that a handler rejects with. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { Context } = require('../helpers/context');
const { loadNative } = require('../helpers/implementations');

const { Server } = loadNative();
const { LineError } = Server;

/** With a drive on Windows. */
const SECRET = path.resolve('/srv/secret');
/** As it stands in JSON. */
const SECRET_JSON = JSON.stringify(SECRET).slice(1, -1);

/** An error of Node's that names a file. @returns {any} */
function fileError() {
  try {
    return fs.readFileSync(SECRET);
  } catch (error) {
    return error;
  }
}

class Shown extends Error {
  name = 'Shown';
  get [LineError.PUBLIC]() {
    return true;
  }
}
class Special extends LineError {}

/**
 * A class as before ES2015: it does not call the constructor of `Error`, and its stack is an enumerable property.
 * @this {any}
 * @param {string} message
 */
function Old(message) {
  Object.assign(this, { name: 'Old', message, code: 7 });
  this.stack = new Error(message).stack;
}
Old.prototype = Object.create(Error.prototype, { constructor: { value: Old } });

/** @param {object} [properties] @returns {any} */
const old = (properties) => Object.assign(Reflect.construct(Old, ['m']), properties);

const INTERNAL = { name: 'Error', message: 'internal' };

/** Errors of which a client learns that there was one. @type {Record<string, () => any>} */
const HIDDEN = {
  'the file system': fileError,
  'a class': () => Object.assign(new TypeError(SECRET), { path: SECRET }),
  'a class with toJSON': () => new (class extends Error {
    path = SECRET;
    toJSON() {
      return { path: this.path };
    }
  })(SECRET),
  'what is circular': () => {
    const error = /** @type {any} */ (new Error(SECRET));
    return (error.self = error);
  },
  'another realm': () => vm.runInNewContext(`Object.assign(new Error(${JSON.stringify(SECRET)}), { path: 1 })`),
  'a mark that is not true': () => Object.assign(new Error(SECRET), { [LineError.PUBLIC]: 'no' }),
  'a string for a mark': () => Object.assign(new Error(SECRET), { 'line-socket-native.public': true, PUBLIC: true }),
  'a LineError that was unmarked': () => Object.assign(new LineError('c', SECRET), { [LineError.PUBLIC]: false })
};

/** Errors that travel whole, and what they are on the wire. @type {Record<string, [() => any, unknown]>} */
const SHOWN = {
  'a LineError': [() => new LineError('c', 'm', { a: 1 }), { name: 'LineError', message: 'm', code: 'c', payload: { a: 1 } }],
  'a subclass of it': [() => new Special('c', 'm'), { name: 'LineError', message: 'm', code: 'c' }],
  'a marked error': [() => Object.assign(new RangeError('m'), { most: 10, [LineError.PUBLIC]: true }), { name: 'RangeError', message: 'm', most: 10 }],
  'a marked class': [() => new Shown('m'), { name: 'Shown', message: 'm' }],
  'a marked error whose stack is enumerable': [() => old({ [LineError.PUBLIC]: true }), { name: 'Old', message: 'm', code: 7 }],
  'a marked error whose stack is enumerable inside another': [
    () => new LineError('c', 'm', old({ [LineError.PUBLIC]: true })),
    { name: 'LineError', message: 'm', code: 'c', payload: { name: 'Old', message: 'm', code: 7 } }
  ],
  'text': [() => 'text', 'text'],
  'a plain object': [() => ({ name: 'n', message: 'm' }), { name: 'n', message: 'm' }],
  'null': [() => null, null],
  'a LineError with an error of the file system inside': [
    () => new LineError('c', 'm', { list: [fileError()], inner: new LineError('d', 'n', fileError()) }),
    {
      name: 'LineError',
      message: 'm',
      code: 'c',
      payload: { list: [INTERNAL], inner: { name: 'LineError', message: 'n', code: 'd', payload: INTERNAL } }
    }
  ],
  'a plain object with an error inside': [() => ({ cause: fileError(), all: [new Shown('m')] }), { cause: INTERNAL, all: [{ name: 'Shown' }] }],
  'an error inside with a toJSON': [
    () => new LineError('c', 'm', Object.assign(new Error('x'), { toJSON: () => ({ path: SECRET }) })),
    { name: 'LineError', message: 'm', code: 'c', payload: INTERNAL }
  ],
  'a value whose toJSON gives an error': [() => new LineError('c', 'm', { toJSON: fileError }), { name: 'LineError', message: 'm', code: 'c', payload: INTERNAL }]
};

/**
 * What a client gets as the error of a message, and of a handshake, that is rejected.
 *
 * @param {() => any} make
 * @param {Record<string, unknown>} options
 */
async function rejected(make, options) {
  const context = new Context({ name: 'native', Server });
  try {
    const { client, connection, server, port } = await context.pair(options);
    connection.on('ask', (/** @type {any} */ message) => message.reject(make()));
    const text = (await client.request('ask')).text;
    server.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => handshake.reject(make()));
    const other = await context.open(port);
    assert.deepEqual((await other.handshake()).message.e, JSON.parse(text).e);
    return { text, error: JSON.parse(text).e };
  } finally {
    await context.dispose();
  }
}

describe("errors: 'public'", () => {
  for (const [what, make] of Object.entries(HIDDEN)) {
    it(`hides an error of ${what}`, async () => {
      const { text, error } = await rejected(make, { errors: 'public' });
      assert.deepEqual(error, INTERNAL);
      assert.ok(!text.includes(SECRET_JSON));
    });
  }

  for (const [what, [make, expected]] of Object.entries(SHOWN)) {
    it(`shows ${what}`, async () => {
      const { text, error } = await rejected(make, { errors: 'public' });
      assert.deepEqual(error, expected);
      assert.ok(!text.includes(SECRET_JSON));
    });
  }

  it('leaves the answers of the server itself', async () => {
    const context = new Context({ name: 'native', Server });
    const { port } = await context.serve({ errors: 'public' }, (server) => server.on('handshake', () => {}));
    const client = await context.open(port);
    assert.match((await client.request('x')).message.e.message, /^Handshake/);
    await context.dispose();
  });

  it('hides what a client has sent, however it is named', async () => {
    const context = new Context({ name: 'native', Server });
    const { client, connection } = await context.pair({ errors: 'public' });
    connection.on('ask', (/** @type {any} */ message) => message.reject(message.err));
    const key = 'Symbol(line-socket-native.public)';
    client.json({ n: 'ask', i: '1', e: { name: 'LineError', message: SECRET, code: 'c', [key]: true } });
    assert.deepEqual((await client.message()).message.e, INTERNAL);
    await context.dispose();
  });

  it('tells the application the error itself', async () => {
    const context = new Context({ name: 'native', Server });
    const { client, connection } = await context.pair({ errors: 'public' });
    const error = fileError();
    /** @type {unknown} */
    let seen;
    connection.on('ask', (/** @type {any} */ message) => {
      message.once('rejected', (/** @type {unknown} */ each) => (seen = each));
      message.reject(error);
    });
    await client.request('ask');
    assert.equal(seen, error);
    await context.dispose();
  });
});

describe("errors: 'full'", () => {
  for (const options of [{}, { errors: 'full' }, { errors: undefined }, { errors: null }]) {
    it(`sends message and properties of every error (${JSON.stringify(options)})`, async () => {
      const thrown = fileError();
      const { error } = await rejected(fileError, options);
      assert.equal(error.path, SECRET);
      assert.deepEqual(error, { name: 'Error', message: thrown.message, ...thrown });
      assert.ok(!JSON.stringify(error).includes('at '), 'the stack');
    });
  }

  it('sends no stack, though it is an enumerable property', async () => {
    assert.deepEqual((await rejected(old)).error, { name: 'Old', message: 'm', code: 7 });
  });

  it('may be changed while the server runs', async () => {
    const context = new Context({ name: 'native', Server });
    const { client, connection, server } = await context.pair();
    connection.on('ask', (/** @type {any} */ message) => message.reject(fileError()));
    assert.equal((await client.request('ask')).message.e.path, SECRET);
    server.options.errors = 'public';
    assert.deepEqual((await client.request('ask')).message.e, INTERNAL);
    assert.throws(() => (server.options.errors = 'none'), { code: 'sInvalidOptions' });
    await context.dispose();
  });

  it('is refused when it is something else', () => {
    for (const errors of [true, 'Public', '', 1, {}]) {
      assert.throws(() => new Server({ port: 0, errors }), { code: 'sInvalidOptions', message: /errors/ });
    }
  });
});
