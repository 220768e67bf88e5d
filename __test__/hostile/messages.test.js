// @ts-check
'use strict';

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { hostile, PHASES } = require('./arena');
const { MESSAGES, FATES } = require('./messages');
const { delay, until } = require('../helpers/timing');

/**
 * What was answered, in one word.
 *
 * @param {any} input the message sent
 * @param {string[]} texts received after it, without the fence
 */
function answered(input, texts) {
  if (texts.length === 0) return 'nothing';
  assert.equal(texts.length, 1, `one answer at most, got ${texts}`);
  const [response] = texts.map((text) => JSON.parse(text));
  assert.equal(response.n, '_r');
  assert.deepEqual(response.i, input.i, 'the id of the answer');
  if (response.e) {
    assert.equal(typeof response.e.message, 'string');
    assert.equal(JSON.stringify(response.e).includes('at '), false, 'an error leaks a stack');
    return 'an error';
  }
  assert.equal(response.e, null);
  return response.p === 'pong' ? 'pong' : 'a value';
}

hostile('messages', (arena) => {
  for (const entry of MESSAGES) {
    it(`${entry.name}: ${PHASES.map((phase) => entry[phase]).join(', ')}`, () =>
      arena.survive(async () => {
        const input = JSON.parse(entry.text);
        for (const phase of PHASES) {
          const fate = entry[phase];
          const { client, log, texts } = await arena.reach(phase);
          client.text(entry.text);
          await client.fence();
          const calls = fate === 'delivered' || fate === 'echoed' ? [[input.n]] : [];
          assert.deepEqual(log, calls, `${phase}: listeners called`);
          const answer = answered(input, texts().filter((text) => !text.includes('"fence')));
          assert.ok(FATES[fate].includes(answer), `${phase}: ${fate} allows no ${answer}`);
          client.destroy();
        }
      }));
  }

  it('the echo of a __proto__ payload pollutes nothing', () =>
    arena.survive(async () => {
      const { client } = await arena.reach('connected');
      client.text('{"n":"echo","i":"1","p":{"__proto__":{"polluted":1}}}');
      assert.equal((await client.message()).text, '{"n":"_r","p":{"__proto__":{"polluted":1}},"i":"1","e":null}');
      assert.equal(/** @type {any} */ ({}).polluted, undefined);
    }));

  /** Handlers that answer whatever comes, without asking whether an answer is expected. */
  const CARELESS = {
    'at once': (/** @type {any} */ message) => message.resolve(1),
    'in a timer': (/** @type {any} */ message) => setTimeout(() => message.resolve(1), 1),
    'in a microtask': (/** @type {any} */ message) => void Promise.resolve().then(() => message.resolve(1)),
    'in an async function': async (/** @type {any} */ message) => message.resolve(1),
    'after an await': async (/** @type {any} */ message) => {
      await delay(1);
      message.resolve(1);
    },
    'with a rejection at once': (/** @type {any} */ message) => message.reject(new Error('no')),
    'with a rejection after an await': async (/** @type {any} */ message) => {
      await delay(1);
      message.reject(new Error('no'));
    }
  };

  for (const [how, handler] of Object.entries(CARELESS)) {
    it(`a message without id that is answered ${how}: mMissingId is reported, not thrown`, () =>
      arena.survive(async () => {
        const connected = new Promise((resolve) => arena.server.once('connection', resolve));
        const { client, log } = await arena.reach('connected');
        (await connected).on('careless', handler);
        client.json({ n: 'careless' });
        await until(() => log.length, 'reported');
        await delay(5);
        assert.deepEqual(log.map((call) => call.slice(0, 2)), [['_error', 'mMissingId']]);
        assert.equal((await client.request('echo', 'still there')).message.p, 'still there');
      }));
  }

  it('two thousand requests of a client that leaves at once', () =>
    arena.survive(async () => {
      const { client, log } = await arena.reach('connected');
      for (let i = 0; i < 2000; i++) client.json({ n: 'echo', i: String(i), p: i });
      client.end();
      await until(() => log.some(([name]) => name === '_disconnected'), 'disconnected');
    }));

  it('connections that come and go without a word', () =>
    arena.survive(async () => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => arena.context.open(arena.port)));
      clients.forEach((client, index) => (index % 2 ? client.reset() : client.end()));
      await Promise.all(clients.map((client) => client.closed()));
    }));
});
