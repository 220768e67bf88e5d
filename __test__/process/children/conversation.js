// @ts-check
'use strict';

/** A short conversation in one process, of good messages and bad ones, for the check of memory. */

const assert = require('node:assert/strict');
const { loadNative } = require('../../helpers/implementations');
const { Context } = require('../../helpers/context');
const { encodeFrame } = require('../../helpers/frames');

async function main() {
  const context = new Context(loadNative());
  const { client, connection, server, port } = await context.pair();
  connection.on('echo', (/** @type {any} */ message) => message.resolve(message.payload));
  connection.joinRoom('room');
  for (const payload of [1, 'x', { a: ['\u{1f600}'] }, 'y'.repeat(5000), 'z'.repeat(500_000)]) {
    assert.deepEqual((await client.request('echo', payload)).message.p, payload);
  }
  server.getRoom('room').broadcast('news', { large: 'x'.repeat(10_000) });
  assert.equal((await client.message()).message.n, 'news');
  client.text('{"n":5}');
  client.text('no JSON');
  await client.fence();
  client.send(encodeFrame({ rsv: 1, payload: 'x' }));
  assert.equal((await client.closed()).code, 1002);

  const leaving = await context.open(port);
  await leaving.handshake();
  leaving.reset();
  await context.dispose();
  process.exitCode = 0;
}

// Until the end is reached.
process.exitCode = 1;
main();
