// @ts-check
'use strict';

const { it } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { hostile } = require('./arena');
const { REQUESTS } = require('./requests');
const { exchange, statusOf, upgradeRequest } = require('../helpers/raw-http');
const { delay } = require('../helpers/timing');

hostile('requests', (arena) => {
  for (const { name, bytes, statuses, end } of REQUESTS) {
    it(`${name}: ${statuses.join(' or ')}`, () =>
      arena.survive(async () => {
        const answer = await exchange(arena.port, bytes, { end });
        const status = statusOf(answer);
        assert.ok(statuses.includes(status), `answered ${status}: ${answer.slice(0, 300)}`);
        // A plain text, so that nothing the peer sent comes back to a browser as a page of ours.
        assert.equal(/[<>]/.test(answer), false, 'the answer contains markup');
      }));
  }

  it('a request that is reset at any byte', () =>
    arena.survive(async () => {
      const request = upgradeRequest();
      for (let length = 0; length <= request.length; length += 7) {
        const socket = net.connect({ port: arena.port, host: '127.0.0.1' });
        await new Promise((resolve) => socket.once('connect', resolve));
        socket.on('error', () => {});
        socket.write(request.slice(0, length));
        await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
      }
      await delay(10);
    }));

  it('a request that comes byte by byte is served', () =>
    arena.survive(async () => {
      const socket = net.connect({ port: arena.port, host: '127.0.0.1', noDelay: true });
      const answer = new Promise((resolve) => socket.once('data', (data) => resolve(data.toString('latin1'))));
      for (const byte of Buffer.from(upgradeRequest())) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(statusOf(await answer), 101);
      socket.destroy();
    }));

  it('a hundred open connections that send nothing do not keep others out', () =>
    arena.survive(async () => {
      const idle = Array.from({ length: 100 }, () => net.connect({ port: arena.port, host: '127.0.0.1' }));
      await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
      await arena.newcomer();
      for (const socket of idle) socket.destroy();
    }));
});
