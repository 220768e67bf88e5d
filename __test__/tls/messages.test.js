// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { VERSIONS, secureContext } = require('../helpers/tls');
const { delay, until, within } = require('../helpers/timing');

const MEBIBYTE = 1024 * 1024;

/** @param {any} connection */
function ending(connection) {
  const ended = new Promise((resolve) => {
    connection.once('_disconnected', (/** @type {any[]} */ ...values) => resolve(values));
  });
  return within(/** @type {Promise<[number, string]>} */ (ended), 'end of the connection');
}

describe('messages over TLS', () => {
  for (const version of VERSIONS) {
    it(`1,000 messages each way keep their order, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const { client, connection } = await connect(await serve(), { maxVersion: version });
      /** @type {number[]} */
      const seen = [];
      connection.on('count', (/** @type {any} */ { payload }) => {
        seen.push(payload);
        connection.sendWithoutResponse('back', payload);
      });
      const numbers = Array.from({ length: 1000 }, (_, index) => index);
      for (const number of numbers) client.json({ n: 'count', p: number });
      for (const number of numbers) {
        const { message } = await client.message(({ n }) => n === 'back');
        assert.equal(message.p, number);
      }
      assert.deepEqual(seen, numbers);
    });

    it(`10 MiB travel both ways, also to a slow reader, ${version}`, async () => {
      const { serve, connect } = secureContext();
      const { client, connection } = await connect(await serve(), { maxVersion: version });
      const text = 'a'.repeat(10 * MEBIBYTE);
      const received = new Promise((resolve) => connection.on('large', (/** @type {any} */ { payload }) => resolve(payload)));
      client.json({ n: 'large', p: text });
      assert.ok((await within(received, 'large message')) === text);
      client.socket.pause();
      let written = false;
      const sent = connection.sendWithoutResponse('large', text).then(() => (written = true));
      await delay(200);
      assert.equal(written, false, 'the kernel cannot have taken all of it');
      const waiting = connection.socket.bufferedAmount;
      assert.ok(waiting > MEBIBYTE && waiting <= text.length + 100, `${waiting} bytes wait`);
      for (let round = 0; round < 5; round += 1) {
        client.socket.resume();
        await delay(5);
        client.socket.pause();
        await delay(5);
      }
      client.socket.resume();
      const { message } = await client.message(({ n }) => n === 'large');
      assert.ok(message.p === text);
      await within(sent, 'written');
      assert.equal(connection.socket.bufferedAmount, 0);
    });
  }

  it('a broadcast reaches all, over TLS and on every io thread', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({}, { ioThreads: 2 });
    const pairs = [];
    for (let index = 0; index < 20; index += 1) pairs.push(await connect(target, { maxVersion: VERSIONS[index % 2] }));
    for (const size of [10, 5000, 100_000]) {
      target.server.broadcast('news', 'n'.repeat(size));
      target.server.broadcast('more', size);
      for (const { client } of pairs) {
        const { message } = await client.message(({ n }) => n === 'news');
        assert.equal(message.p.length, size);
        assert.equal((await client.message(({ n }) => n === 'more')).message.p, size);
      }
    }
  });

  it('a consumer that does not read is ended with 4206, and sees whole frames up to that', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({}, { maxBufferedBytes: MEBIBYTE });
    const { client, connection } = await connect(target);
    const gone = ending(connection);
    client.socket.pause();
    const frame = 'f'.repeat(20_000);
    const failures = [];
    for (let round = 0; connection.state === 'connected' && connection.socket.readyState === 1; round += 1) {
      connection.sendWithoutResponse('flood', frame).catch((/** @type {any} */ error) => failures.push(error.code));
      if (round % 50 === 49) await delay(1);
    }
    client.socket.resume();
    assert.deepEqual(await gone, [4206, 'Slow consumer']);
    const { code } = await client.closed();
    assert.equal(code, 4206);
    for (const text of client.texts) JSON.parse(text);
    assert.ok(failures.length > 0);
  });

  it('with slowConsumer drop the same consumer misses broadcasts and stays', async () => {
    const { serve, connect } = secureContext();
    const target = await serve({}, { maxBufferedBytes: MEBIBYTE, slowConsumer: 'drop' });
    const { client, connection } = await connect(target);
    client.socket.pause();
    for (let round = 0; round < 400; round += 1) {
      target.server.broadcast('news', 'n'.repeat(40_000));
      if (round % 20 === 19) await delay(1);
    }
    client.socket.resume();
    await client.fence();
    assert.equal(connection.state, 'connected');
    const news = client.texts.filter((text) => JSON.parse(text).n === 'news');
    assert.ok(news.length > 10 && news.length < 400, `${news.length} arrived`);
  });

  it('close() ends with the close frame, close_notify and no reset', async () => {
    const { serve, connect } = secureContext();
    const { client, connection } = await connect(await serve());
    const ended = new Promise((resolve) => client.socket.once('end', resolve));
    await connection.close(4321, 'Enough');
    await within(ended, 'end of the stream');
    assert.deepEqual(await client.closed(), { code: 4321, reason: 'Enough', reset: false });
  });

  it('stop() ends connections and half handshakes, and the port is free', async () => {
    const { serve, connect, context } = secureContext();
    const target = await serve();
    const { client, connection } = await connect(target);
    const gone = ending(connection);
    const half = net.connect({ port: target.port, host: '127.0.0.1' });
    half.on('error', () => {});
    const halfClosed = new Promise((resolve) => half.once('close', resolve));
    half.resume();
    half.write(Buffer.from([22, 3, 1]));
    await delay(20);
    await target.server.stop();
    await gone;
    await client.closed();
    await within(halfClosed, 'end of the half handshake');
    await context.serve({ port: target.port });
  });

  it('connections come and go without leaving anything behind', async () => {
    const { serve, connect } = secureContext();
    const target = await serve();
    for (let round = 0; round < 50; round += 1) {
      const { client, connection } = await connect(target);
      await client.fence();
      const gone = ending(connection);
      if (round % 2 === 0) client.destroy();
      else client.close(1000);
      await gone;
    }
    await until(() => Object.keys(target.server.getConnections()).length === 0, 'empty');
  });
});
