// @ts-check
'use strict';

/** The package inside a `vm` context, as in Jest: what Node or the application gives it is of another realm. */

const { describe, it, beforeEach, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { Context } = require('../helpers/context');
const { makeRealm } = require('../helpers/vm-context');
const { fixture, TRUST } = require('../helpers/tls');
const { RawClient } = require('../helpers/raw-client');
const { collectFatal } = require('../helpers/uncaught');
const { delay } = require('../helpers/timing');

const ROOT = path.join(__dirname, '../..');
const realm = makeRealm();
const Server = realm.load(path.join(ROOT, 'lib/index.js'));
const Clients = {
  node: realm.load(path.join(ROOT, 'client/node.js')),
  web: realm.load(path.join(ROOT, 'dist/client-web.js'))
};
const ws = require('ws');

/** Errors of this realm, and of a third. @type {Record<string, () => any>} */
const ERRORS = {
  'of the file system': () => {
    try {
      return fs.readFileSync('/none');
    } catch (error) {
      return error;
    }
  },
  'a class of the application': () => new (class Mine extends Error {
    name = 'Mine';
    code = 7;
  })('m'),
  'with a tag of its own': () => new (class Tagged extends Error {
    get [Symbol.toStringTag]() {
      return 'Tagged';
    }
  })('m'),
  'made by inheritance alone': () => Object.assign(Object.create(Error.prototype), { message: 'm', code: 7 }),
  'a DOMException': () => AbortSignal.abort().reason,
  'an AggregateError': () => new AggregateError([], 'm'),
  'of a third realm': () => vm.runInNewContext("Object.assign(new TypeError('m'), { code: 7 })")
};

/** What an error is on the wire. @param {any} error */
const onTheWire = (error) => JSON.parse(JSON.stringify({ name: error.name, message: error.message, ...error }));

describe('inside a vm context', () => {
  /** @type {Context} */
  let context;
  beforeEach(() => {
    context = new Context({ name: 'native', Server });
  });
  afterEach(() => context.dispose());

  it('is of another realm', () => {
    assert.ok(!(new Server.LineError('x') instanceof Error));
  });

  for (const [what, make] of Object.entries(ERRORS)) {
    it(`a server rejects with an error ${what}: name, message and properties travel`, async () => {
      const { client, connection } = await context.pair();
      connection.on('ask', (/** @type {any} */ message) => message.reject(make()));
      assert.deepEqual((await client.request('ask')).message.e, onTheWire(make()));
    });

    for (const [name, Client] of Object.entries(Clients)) {
      it(`a client rejects with an error ${what} (client ${name})`, async () => {
        const { server, port } = await context.serve();
        const client = new Client(`ws://127.0.0.1:${port}`, { reconnect: false, webSocket: ws });
        context.defer(() => client.dispose());
        const connected = new Promise((resolve) => server.once('connection', resolve));
        await client.connectAsync();
        client.on('ask', (/** @type {any} */ message) => message.reject(make()));
        const connection = /** @type {any} */ (await connected);
        const { payload } = await connection.send('ask').catch((/** @type {any} */ error) => error);
        assert.deepEqual({ ...payload }, onTheWire(make()));
        assert.ok(payload instanceof realm.run('Error'));
      });
    }
  }

  it('plain objects travel as they are', async () => {
    const { client, connection } = await context.pair();
    const values = [{ message: 'm', name: 'n' }, { constructor: { name: 'Error' }, toString: 1 }, Object.create(null), [1]];
    connection.on('ask', (/** @type {any} */ message) => message.reject(values[message.payload]));
    for (const [index, value] of values.entries()) {
      assert.equal(JSON.stringify((await client.request('ask', index)).message.e), JSON.stringify(value));
    }
  });

  for (const id of ['', ',"i":"1"']) {
    it(`async handlers of this realm: a failed answer is reported (id ${id || 'absent'})`, async () => {
      const { fatal } = await collectFatal(async () => {
        const { client, connection } = await context.pair();
        /** @type {string[]} */
        const codes = [];
        connection.on('_error', (/** @type {any} */ error) => codes.push(error.code));
        connection.on('ask', async (/** @type {any} */ message) => {
          await delay(1);
          message.resolve(id ? 1n : 1);
        });
        connection.on('now', async (/** @type {any} */ message) => message.resolve(id ? 1n : 1));
        client.text(`{"n":"now"${id}}`);
        client.text(`{"n":"ask"${id}}`);
        await client.fence();
        await delay(20);
        assert.deepEqual(codes, Array(2).fill(id ? 'mInvalidJson' : 'mMissingId'));
      });
      assert.deepEqual(fatal, []);
    });
  }

  for (const [what, convert] of Object.entries({
    Buffer: (/** @type {string} */ text) => Buffer.from(text),
    Uint8Array: (/** @type {string} */ text) => new Uint8Array(Buffer.from(text)),
    'Uint8Array of the context': (/** @type {string} */ text) => realm.run('(bytes) => new Uint8Array(bytes)')([...Buffer.from(text)]),
    DataView: (/** @type {string} */ text) => new DataView(new Uint8Array(Buffer.from(text)).buffer)
  })) {
    it(`the option tls takes a ${what}`, async () => {
      const { port, server } = await context.serve({
        tls: { key: convert(fixture('server.key')), cert: [convert(fixture('server.pem'))], ca: convert(fixture('ca.pem')) }
      });
      server.setSecureContext({ key: convert(fixture('server.key')) });
      const client = await RawClient.open({ port, tls: { ...TRUST, servername: 'localhost' } });
      assert.equal((await client.handshake()).message.e, null);
      client.destroy();
    });
  }

  it('patterns of this realm listen', async () => {
    const { client, connection } = await context.pair();
    connection.on(/^as/, (/** @type {any} */ message) => message.resolve('heard'));
    assert.equal((await client.request('ask')).message.p, 'heard');
    for (const Client of Object.values(Clients)) {
      const emitter = new Client('ws://127.0.0.1');
      let calls = 0;
      const count = () => (calls += 1);
      emitter.on(/^as/, count);
      emitter.emit('ask');
      emitter.removeListener(/^as/, count);
      assert.equal(calls, 1);
    }
  });
});
