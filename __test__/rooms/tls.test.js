// @ts-check
'use strict';

/** Rooms over TLS, compressed and not: recovery after a cut, a question to all, and an id that is taken over. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const WebSocket = require('ws');
const { Network, person } = require('./history-support');
const { serve } = require('./support');
const { until, within } = require('../helpers/timing');
const { TRUST, identity } = require('../helpers/tls');

class Secure extends WebSocket {
  /** @param {string} url */
  constructor(url) {
    super(url, { ...TRUST, perMessageDeflate: true });
  }
}

/** @param {import('node:test').TestContext} t @param {Record<string, unknown>} options */
async function secured(t, options) {
  const served = await serve(t, { tls: identity('server'), ...options });
  const network = await Network.open(t, served.port);
  const url = network.url.replace('ws:', 'wss:');
  return { ...served, network, url };
}

for (const [name, options] of /** @type {[string, Record<string, unknown>][]} */ ([
  ['plain', {}],
  ['compressed', { perMessageDeflate: { threshold: 0 } }],
  ['compressed without contexts', { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true } }],
])) {
  describe(`rooms over TLS, ${name}`, () => {
    it('lose nothing when the network is cut', async (t) => {
      const { server, network, url } = await secured(t, options);
      const people = [1, 2, 3].map(() => person(t, url, ['news'], { options: { webSocket: Secure } }));
      await until(() => people.every(({ client }) => client.positions.news !== undefined), 'in the room');
      network.down();
      for (let number = 1; number <= 40; number += 1) server.room('news').broadcast('said', number);
      network.up();
      await until(() => people.every(({ recoveries }) => recoveries.length === 1), 'back');
      server.room('news').broadcast('said', 41);
      for (const { said, recoveries } of people) {
        await until(() => said.length >= 41, 'all');
        assert.deepEqual(said, Array.from({ length: 41 }, (_, index) => index + 1));
        assert.deepEqual(recoveries, [{ room: 'news', recovered: true, replayed: 40 }]);
      }
    });

    it('are asked, and closed', async (t) => {
      const { server, url } = await secured(t, options);
      const people = [1, 2, 3].map(() => person(t, url, ['news'], { options: { webSocket: Secure } }));
      const ended = /** @type {string[]} */ ([]);
      for (const [index, { client }] of people.entries()) {
        client.on('vote', (/** @type {any} */ message) => message.resolve(index));
        client.on('_taken_over', () => ended.push('taken over'));
      }
      await until(() => people.every(({ client }) => client.positions.news !== undefined), 'in the room');
      const { responses, silent } = await within(server.room('news').send('vote', 'x'.repeat(5000)), 'answers');
      assert.deepEqual([[...responses.values()].sort(), silent], [[0, 1, 2], []]);
      assert.equal((await server.room('news').close(4208, 'Taken over')).closed, 3);
      await until(() => ended.length === 3, 'end');
    });
  });
}
