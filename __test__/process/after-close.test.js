// @ts-check
'use strict';

/**
 * Once the application has closed a connection, rejected its handshake or stopped the server, nothing that
 * the client sends reaches a handler: neither what comes until the client answers the close frame, nor what
 * had come before and waits in a batch.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { Opcode, encodeFrame } = require('../helpers/frames');
const { delay, until, within } = require('../helpers/timing');
const { withScene } = require('./support/scene');

/** One of everything that a handler may be told of, as texts. */
const EVERYTHING = [
  '{"n":"ask","p":1,"i":"1"}',
  '{"n":"news","p":1}',
  `{"n":"ask","p":"${'x'.repeat(5000)}","i":"2"}`,
  `{"n":"news","p":"${'é'.repeat(5000)}"}`,
  `{"n":"ask","p":"${'x'.repeat(5000)}`,
  '{"n":"unheard","i":"3"}',
  '{"n":"_h","p":2,"i":"4"}',
  '{"n":"_p","i":"5"}',
  '{"n":"_r","p":1,"i":"1"}',
  '{"n":5}',
  'no JSON',
];

const FLOOD = Buffer.concat([
  ...EVERYTHING.map((payload) => encodeFrame({ payload })),
  encodeFrame({ opcode: Opcode.BINARY, payload: Buffer.from('{"n":"ask","i":"6"}') }),
  encodeFrame({ opcode: Opcode.PING, payload: 'ping' }),
]);

/**
 * Notes every event of a connection, whatever its name.
 * @param {any} connection
 * @returns {string[]}
 */
function watch(connection) {
  /** @type {string[]} */
  const log = [];
  for (const name of ['ask', 'news', '_error', '_drain']) connection.on(name, () => {});
  const { emit } = connection;
  connection.emit = (/** @type {any[]} */ ...args) => {
    log.push(String(args[0]));
    return emit.apply(connection, args);
  };
  return log;
}

/** What may be done with a connection, each of it its end. @type {[string, (connection: any, server: any) => void][]} */
const ENDS = [
  ['close()', (connection) => void connection.close(4000, 'done')],
  ['socket.close()', (connection) => void connection.socket.close(4000, 'done')],
  ['socket.terminate()', (connection) => connection.socket.terminate()],
  ['a failed ping()', (connection) => {
    connection.send_ = () => Promise.reject(new Error('no answer'));
    connection.ping().catch(() => {});
  }],
  ['stop()', (_, server) => void server.stop()],
];

describe('after', () => {
  for (const [name, end] of ENDS) {
    it(`${name} from a handler nothing of the same batch reaches one`, withScene(async (scene) => {
      const { server, client, connection } = await scene.pair({ closeTimeout: 300 });
      client.answersClose = false;
      const log = watch(connection);
      const ended = new Promise((resolve) => connection.on('_disconnected', resolve));
      connection.on('end', () => {
        log.length = 0;
        end(connection, server);
      });
      // A failed ping has failed by the end of the turn only.
      const wait = name === 'a failed ping()' ? [] : [FLOOD, FLOOD];
      client.send(Buffer.concat([encodeFrame({ payload: '{"n":"end"}' }), ...wait]));
      await delay(20);
      client.send(FLOOD);
      await within(ended, 'end');
      assert.deepEqual(log.filter((event) => event !== '_disconnected'), []);
    }));
  }

  it('close() what comes until the client answers the close frame reaches no handler', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    client.answersClose = false;
    const log = watch(connection);
    connection.close(4001);
    for (let i = 0; i < 20; i++) {
      client.send(FLOOD);
      await delay(2);
    }
    const sent = client.frames.length;
    client.close(4001);
    await until(() => connection.state === 'disconnected', 'disconnected');
    assert.deepEqual(log, ['_disconnected']);
    await client.closed();
    assert.equal(client.frames[client.frames.length - 1].opcode, Opcode.CLOSE);
    assert.equal(client.frames.length, sent);
  }));

  it('close() with a delay the client is served until the delay is over', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    client.answersClose = false;
    const log = watch(connection);
    connection.close(4001, 'later', 100);
    client.json({ n: 'news' });
    await until(() => log.includes('news'), 'served');
    await client.closeFrame();
    log.length = 0;
    client.send(FLOOD);
    client.close(4001);
    await until(() => connection.state === 'disconnected', 'disconnected');
    assert.deepEqual(log, ['_disconnected']);
  }));

  it('close() answers to what was sent still count, also to what was sent right after', withScene(async (scene) => {
    const { client, connection } = await scene.pair();
    client.answersClose = false;
    const before = connection.send('before');
    connection.close(4001);
    const after = connection.send('after');
    const unanswered = assert.rejects(connection.send('unanswered'), { code: 'scDisconnected' });
    const ids = [(await client.message()).message.i, (await client.message()).message.i];
    await client.closeFrame();
    client.json({ n: '_r', i: ids[0], p: 1, e: null });
    assert.equal(await within(before, 'answer'), 1);
    client.json({ n: '_r', i: ids[1], e: 'no' });
    await assert.rejects(within(after, 'answer'), { code: 'scMessageRejected' });
    client.close(4001);
    await unanswered;
  }));

  it('a rejected handshake nothing reaches a handler, before the close frame or after it', withScene(async (scene) => {
    /** @type {string[]} */
    const log = [];
    const { port } = await scene.listen({}, (server) => {
      server.on('connection', () => log.push('connection'));
      server.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        log.push('handshake');
        connection.emit = (/** @type {any[]} */ ...args) => log.push(String(args[0]));
        handshake.reject(new Error('no'));
      });
    });
    const client = await scene.open(port);
    client.answersClose = false;
    client.send(Buffer.concat([encodeFrame({ payload: '{"n":"_h","i":"h"}' }), FLOOD]));
    await until(() => log.length, 'handshake');
    client.send(FLOOD);
    await client.closeFrame();
    client.send(FLOOD);
    await delay(50);
    client.close(4203);
    await until(() => log.includes('_disconnected'), 'disconnected');
    assert.deepEqual(log, ['handshake', '_disconnected']);
    // The core has refused the second handshake message before the first was rejected.
    const answers = client.texts.map((text) => JSON.parse(text)).filter(({ i }) => i !== '4');
    assert.deepEqual(answers.map(({ i, e }) => [i, e.message]), [['h', 'no']]);
  }));

  it('close() in the handshake handler there is no connection, though it is resolved', withScene(async (scene) => {
    /** @type {string[]} */
    const log = [];
    const { server, port } = await scene.listen({}, (created) => {
      created.on('connection', () => log.push('connection'));
      created.on('handshake', (/** @type {any} */ connection, /** @type {any} */ handshake) => {
        connection.on('_disconnected', () => log.push('_disconnected'));
        if (handshake.payload === 'before') connection.close(4001);
        handshake.resolve();
        if (handshake.payload === 'after') connection.close(4001);
        if (handshake.payload === 'terminate') connection.socket.terminate();
      });
    });
    for (const payload of ['before', 'after', 'terminate']) {
      const client = await scene.open(port);
      client.send(Buffer.concat([encodeFrame({ payload: JSON.stringify({ n: '_h', i: '1', p: payload }) }), FLOOD]));
      await client.closed();
      await until(() => log.length, 'disconnected');
      assert.deepEqual(log.splice(0), ['_disconnected'], payload);
      assert.deepEqual(Object.keys(server.getConnections()), []);
    }
  }));

  it('stop() no handshake that had come before reaches a handler', withScene(async (scene) => {
    /** @type {any[]} */
    const log = [];
    const { server, port } = await scene.listen({}, (created) => {
      created.on('handshake', (/** @type {any} */ _, /** @type {any} */ handshake) => {
        log.push('handshake');
        created.stop();
        handshake.resolve();
      });
      created.on('connection', () => log.push('connection'));
    });
    const clients = await Promise.all(Array.from({ length: 20 }, () => scene.open(port)));
    for (const client of clients) client.json({ n: '_h', i: '1' });
    await Promise.all(clients.map((client) => client.closed()));
    await until(() => server.getStats().connections === 0, 'ended');
    assert.deepEqual(log, ['handshake']);
    // And then it serves again.
    server.removeAllListeners('handshake');
    await server.start();
    await scene.connect({ server, port: server.address().port });
    assert.deepEqual(log, ['handshake', 'connection']);
  }));
});
