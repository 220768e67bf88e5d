// @ts-check
'use strict';

/** The options `history` and `historyBytes`. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const Server = require('../..');
const { delay } = require('../helpers/timing');
const { arrive, received, serve } = require('./support');

/** @param {any} options */
const make = (options) => new Server({ port: 0, ...options });

describe('the options of history', () => {
  it('are refused when they are not valid, by name', () => {
    const rule = { size: 1, ttl: 1 };
    /** @type {[any, RegExp][]} */
    const cases = [
      [5, /"options\.history"/],
      ['news', /"options\.history"/],
      [[rule], /"options\.history"/],
      [new Map([['news', rule]]), /"options\.history"/],
      [{ news: 5 }, /"options\.history\["news"\]"/],
      [{ news: null }, /"options\.history\["news"\]"/],
      [{ news: [] }, /"options\.history\["news"\]"/],
      [{ news: {} }, /"options\.history\["news"\]\.size"/],
      [{ news: { size: 1 } }, /"options\.history\["news"\]\.ttl"/],
      [{ news: { ...rule, size: 0 } }, /\.size"/],
      [{ news: { ...rule, size: 1.5 } }, /\.size"/],
      [{ news: { ...rule, size: '5' } }, /\.size"/],
      [{ news: { ...rule, ttl: 0 } }, /\.ttl"/],
      [{ news: { ...rule, ttl: Infinity } }, /\.ttl"/],
      [{ news: { ...rule, maxReplay: 0 } }, /\.maxReplay"/],
      [{ news: { ...rule, maxReplay: -1 } }, /\.maxReplay"/],
      [{ news: { ...rule, whenDown: 'never' } }, /\.whenDown"/],
      [{ news: { ...rule, maxreplay: 5 } }, /maxReplay/],
      [{ 'a*b': rule }, /"options\.history\["a\*b"\]"/],
      [{ '**': rule }, /"options\.history\["\*\*"\]"/],
    ];
    for (const [history, message] of cases) {
      assert.throws(() => make({ history }), { code: 'sInvalidOptions', message }, JSON.stringify(history));
    }
    for (const historyBytes of [0, -1, 1.5, '5', Infinity]) {
      assert.throws(() => make({ historyBytes }), { code: 'sInvalidOptions', message: /"options\.historyBytes"/ });
    }
  });

  it('are taken when they are', () => {
    for (const history of [
      undefined,
      null,
      {},
      { news: { size: 1, ttl: 1 } },
      { '*': { size: 1, ttl: 1, maxReplay: null, whenDown: 'wait' }, 'a*': { size: 1, ttl: 1, whenDown: 'local' } },
    ]) {
      make({ history, historyBytes: 5 });
    }
  });

  it('hold for the longest match', async (t) => {
    const history = { 'chat:*': { size: 1, ttl: 60_000 }, 'chat:long:*': { size: 3, ttl: 60_000 }, 'chat:long:short': { size: 2, ttl: 60_000 } };
    const { server, port } = await serve(t, { history });
    const speaker = await arrive(t, port);
    for (const [room, size] of Object.entries({ 'chat:1': 1, 'chat:long:1': 3, 'chat:long:short': 2, chat: 0 })) {
      await speaker.request('join', { room });
      for (let number = 1; number <= 5; number += 1) server.getRoom(room).broadcast('said', number);
      const late = await arrive(t, port, {});
      assert.equal((await late.request('join', { room, rewind: 9 })).message.p.replayed, size, room);
    }
  });

  it('bound a replay', async (t) => {
    const { server, port } = await serve(t, { history: { news: { size: 50, ttl: 60_000, maxReplay: 3 } } });
    const first = await arrive(t, port, {});
    const { position } = (await first.request('join', { room: 'news' })).message.p;
    const recovered = async () => {
      const back = await arrive(t, port, { news: position });
      const { recovered: isWhole, replayed } = (await back.request('join', { room: 'news' })).message.p;
      return [isWhole, replayed];
    };
    for (let number = 1; number <= 3; number += 1) server.getRoom('news').broadcast('said', number);
    assert.deepEqual(await recovered(), [true, 3]);
    server.getRoom('news').broadcast('said', 4);
    assert.deepEqual(await recovered(), [false, 0]);
  });

  it('bound a replay to 1 MiB', async (t) => {
    const { server, port } = await serve(t);
    const first = await arrive(t, port, {});
    const { position } = (await first.request('join', { room: 'news' })).message.p;
    for (let number = 1; number <= 5; number += 1) server.getRoom('news').broadcast('said', 'x'.repeat(256 * 1024));
    const back = await arrive(t, port, { news: position });
    assert.equal((await back.request('join', { room: 'news' })).message.p.recovered, false);
    const texts = (await received(first)).slice(1);
    const later = await arrive(t, port, { news: JSON.parse(texts[1]).o });
    assert.deepEqual((await later.request('join', { room: 'news' })).message.p.replayed, 3);
  });

  it('bound how long a message is kept', async (t) => {
    const { server, port } = await serve(t, { history: { news: { size: 50, ttl: 300 } } });
    const first = await arrive(t, port, {});
    const { position } = (await first.request('join', { room: 'news' })).message.p;
    server.getRoom('news').broadcast('said', 1);
    const [, said] = await received(first);
    await delay(400);
    const late = await arrive(t, port, { news: position });
    assert.equal((await late.request('join', { room: 'news', rewind: 5 })).message.p.replayed, 0);
    // Nothing was said since then, which can still be shown.
    const idle = await arrive(t, port, { news: JSON.parse(said).o });
    assert.equal((await idle.request('join', { room: 'news' })).message.p.recovered, true);
  });

  it('bound the memory of all rooms, and share it', async (t) => {
    const { server, port } = await serve(t, { history: { '*': { size: 1000, ttl: 60_000 } }, historyBytes: 20_000 });
    const client = await arrive(t, port);
    for (const room of ['loud', 'quiet']) await client.request('join', { room });
    for (let number = 1; number <= 5; number += 1) server.getRoom('quiet').broadcast('said', number);
    for (let number = 1; number <= 500; number += 1) server.getRoom('loud').broadcast('said', 'x'.repeat(100));
    const late = await arrive(t, port, {});
    assert.equal((await late.request('join', { room: 'quiet', rewind: 300 })).message.p.replayed, 5);
    const { replayed } = (await late.request('join', { room: 'loud', rewind: 300 })).message.p;
    assert.ok(replayed > 50 && replayed < 150, `${replayed}`);
    // It is live.
    server.options.historyBytes = 1;
    server.getRoom('loud').broadcast('said', 1);
    const none = await arrive(t, port, {});
    assert.equal((await none.request('join', { room: 'quiet', rewind: 300 })).message.p.replayed, 0);
  });
});
