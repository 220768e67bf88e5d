// @ts-check
'use strict';

/** A room is asked: the answers of its members are gathered, whatever they send or leave undone. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { withScene } = require('../process/support/scene');
const { until, within } = require('../helpers/timing');
const { kNative } = require('../../lib/symbols.js');
const { people, answer } = require('./people');

/**
 * @param {any[]} pairs
 * @param {string} room
 */
function joinAll(pairs, room) {
  for (const { connection } of pairs) connection.joinRoom(room);
}

describe('send of a target', () => {
  it('resolves with what each has answered', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', '__proto__', 'd', 'e']);
    joinAll(pairs.slice(0, 4), 'room');
    const [a, b, c, d] = pairs;
    const asked = server.room('room').send('vote', { on: 'x' }, { except: 'd' });
    const [first, second] = await Promise.all([
      answer(a, 'vote', { p: { yes: true }, e: null }),
      answer(b, 'vote', {}),
      answer(c, 'vote', { e: { name: 'Error', message: 'no', why: 5, stack: 'forged' } }),
    ]);
    assert.deepEqual(first, { n: 'vote', p: { on: 'x' }, i: first.i });
    assert.equal(second.i, first.i, 'one message for all');
    const { responses, errors, silent, missingNodes } = await asked;
    assert.deepEqual([...responses].sort(), [['a', { yes: true }], ['b', undefined]]);
    assert.deepEqual([...errors.keys()], ['__proto__']);
    const error = errors.get('__proto__');
    assert.deepEqual([error.name, error.code], ['LineError', 'scMessageRejected']);
    assert.ok(error.payload instanceof Error);
    assert.deepEqual([error.payload.message, error.payload.why], ['no', 5]);
    assert.notEqual(error.payload.stack, 'forged');
    assert.deepEqual([silent, missingNodes], [[], []]);
    await d.client.fence();
    assert.ok(!d.client.texts.some((text) => text.includes('vote')));
  }));

  it('of nobody resolves at once', withScene(async (scene) => {
    const { server } = await scene.listen();
    const nobody = { responses: new Map(), errors: new Map(), silent: [], missingNodes: [] };
    for (const target of [server.room('nobody'), server.room([]), server.room(['x', 'y']), server.everyone]) {
      assert.deepEqual(await within(target.send('vote', 1, { timeout: 0 }), 'result'), nobody);
    }
  }));

  it('tells who is silent when the time is over, and ignores what comes later', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b']);
    const [a, b] = pairs;
    const asked = server.everyone.send('vote', 1, { timeout: 150 });
    const { i } = await answer(a, 'vote', { p: 'yes' });
    const { responses, silent } = await asked;
    assert.deepEqual([[...responses], silent], [[['a', 'yes']], ['b']]);
    b.client.json({ n: '_r', i, p: 'late' });
    await b.client.fence();
    assert.equal(b.connection.state, 'connected');
  }));

  it('waits for responseTimeout by default', withScene(async (scene) => {
    const { server } = await people(scene, ['a'], { responseTimeout: 100 });
    assert.deepEqual((await server.everyone.send('vote')).silent, ['a']);
  }));

  it('resolves when enough have answered', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c']);
    const asked = server.everyone.send('vote', 1, { timeout: 0, atLeast: 2 });
    await answer(pairs[0], 'vote', { p: 1 });
    await answer(pairs[2], 'vote', { e: 'no' });
    const { responses, errors, silent } = await asked;
    assert.deepEqual([[...responses.keys()], [...errors.keys()], silent], [['a'], ['c'], ['b']]);
    // More than there are is all.
    const again = server.everyone.send('again', 1, { timeout: 0, atLeast: 50 });
    await Promise.all(pairs.map((pair) => answer(pair, 'again', {})));
    assert.equal((await again).responses.size, 3);
  }));

  it('counts those who leave meanwhile as silent, however they do', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['stays', 'closes', 'resets', 'closed', 'terminated', 'leaves']);
    const [stays, closes, resets, closed, terminated, leaves] = pairs;
    joinAll(pairs, 'room');
    const asked = server.room('room').send('vote', 1, { timeout: 0 });
    await Promise.all(pairs.map(({ client }) => client.message(({ n }) => n === 'vote')));
    closes.client.close(1000);
    resets.client.reset();
    closed.connection.close();
    terminated.connection.socket.terminate();
    // Who leaves the room was asked all the same.
    leaves.connection.leaveRoom('room');
    const id = JSON.parse(leaves.client.texts[leaves.client.texts.length - 1]).i;
    leaves.client.json({ n: '_r', i: id, p: 'left' });
    stays.client.json({ n: '_r', i: id, p: 'here' });
    const { responses, silent } = await within(asked, 'result');
    assert.deepEqual([...responses].sort(), [['leaves', 'left'], ['stays', 'here']]);
    assert.deepEqual(silent.sort(), ['closed', 'closes', 'resets', 'terminated']);
  }));

  it('takes the answer of a member that is being closed, as send does', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    a.client.answersClose = false;
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    a.connection.close();
    await a.client.closeFrame();
    await answer(a, 'vote', { p: 'last words' });
    assert.deepEqual([...(await within(asked, 'result')).responses], [['a', 'last words']]);
    a.client.destroy();
  }));

  it('counts the first answer of each, and none of those who were not asked', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'stranger']);
    const [a, b, stranger] = pairs;
    joinAll([a, b], 'room');
    const asked = server.room('room').send('vote', 1, { timeout: 0 });
    const { i } = (await a.client.message(({ n }) => n === 'vote')).message;
    for (const p of ['forged', 'again']) stranger.client.json({ n: '_r', i, p });
    stranger.client.json({ n: '_r', i: 'R9999999', p: 1 });
    stranger.client.json({ n: '_r', i: 'R99999999999999999999', p: 1 });
    stranger.client.json({ n: '_r', i: 'R-1', p: 1 });
    await stranger.client.fence();
    for (const p of ['first', 'second', 'third']) a.client.json({ n: '_r', i, p });
    await a.client.fence();
    await answer(b, 'vote', { p: 'b' });
    assert.deepEqual([...(await asked).responses].sort(), [['a', 'first'], ['b', 'b']]);
  }));

  it('is not harmed by answers that are no JSON, nested deep or too large', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['good', 'invalid', 'deep', 'large'], { maxPayload: 100_000, maxHandshakePayload: 0 });
    const [good, invalid, deep, large] = pairs;
    const problems = /** @type {string[]} */ ([]);
    invalid.connection.on('_error', (/** @type {any} */ { code }) => problems.push(code));
    const asked = server.everyone.send('vote', 1, { timeout: 2000 });
    const { i } = (await good.client.message(({ n }) => n === 'vote')).message;
    invalid.client.text(`{"n":"_r","i":"${i}","p":{`);
    invalid.client.text(`{"n":"_r","i":"${i}","p":01}`);
    deep.client.text(`{"n":"_r","i":"${i}","p":${'['.repeat(40_000)}${']'.repeat(40_000)}}`);
    large.client.json({ n: '_r', i, p: 'x'.repeat(200_000) });
    assert.equal((await large.client.closed()).code, 1009);
    await deep.client.fence();
    invalid.client.json({ n: '_r', i, p: 'now right' });
    await invalid.client.fence();
    good.client.json({ n: '_r', i, p: { __proto__: null, 'constructor': 1 } });
    const { responses, silent } = await asked;
    assert.deepEqual(responses.get('invalid'), 'now right');
    assert.deepEqual(responses.get('good'), { constructor: 1 });
    assert.ok(silent.includes('large'));
    assert.deepEqual(problems, ['scInvalidJson', 'scInvalidJson']);
    assert.equal(responses.has('deep') || silent.includes('deep'), true);
  }));

  it('bounds what is gathered', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b', 'c'], { maxGatheredBytes: 10_000 });
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    await answer(pairs[0], 'vote', { p: 'x'.repeat(6000) });
    await pairs[0].client.fence();
    await answer(pairs[1], 'vote', { p: 'y'.repeat(6000) });
    await pairs[1].client.fence();
    await answer(pairs[2], 'vote', { p: 'z'.repeat(2000) });
    const { responses, errors, silent } = await asked;
    assert.deepEqual([...responses.keys()], ['a', 'c']);
    assert.equal(errors.get('b').code, 'scResponseTooLarge');
    assert.deepEqual(silent, []);
    // What was gathered is taken: there is room again.
    const again = server.everyone.send('again', 1, { timeout: 0 });
    await Promise.all(pairs.map((pair) => answer(pair, 'again', { p: 'x'.repeat(2000) })));
    assert.equal((await again).responses.size, 3);
    server.options.maxGatheredBytes = 100;
    const waits = server.everyone.send('waits', 1, { timeout: 0 });
    await assert.rejects(server.everyone.send('refused'), { name: 'LineError', code: 'scTooManySends', message: /maxGatheredBytes/ });
    await Promise.all(pairs.map((pair) => answer(pair, 'waits', {})));
    assert.equal((await waits).responses.size, 3);
    await pairs[0].client.fence();
    assert.ok(!pairs[0].client.texts.some((text) => text.includes('refused')));
  }));

  it('gives large results in parts, all of them', withScene(async (scene) => {
    const ids = Array.from({ length: 20 }, (_, at) => `m${at}`);
    const { server, pairs } = await people(scene, ids);
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    await Promise.all(pairs.map((pair, at) => answer(pair, 'vote', { p: `${at}`.padEnd(20_000, 'ü') })));
    const { responses } = await asked;
    assert.equal(responses.size, 20);
    for (const [at, id] of ids.entries()) assert.equal(responses.get(id), `${at}`.padEnd(20_000, 'ü'));
  }));

  it('ends with the server', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b']);
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    await pairs[0].client.message(({ n }) => n === 'vote');
    await server.stop();
    assert.deepEqual((await within(asked, 'result')).silent.sort(), ['a', 'b']);
  }));

  it('is waited for by a drain', withScene(async (scene) => {
    const { server, pairs } = await people(scene, ['a', 'b']);
    const [a, b] = pairs;
    const asked = server.everyone.send('vote', 1, { timeout: 0 });
    await Promise.all(pairs.map(({ client }) => client.message(({ n }) => n === 'vote')));
    const stopped = server.stop({ drain: 5000 });
    const { i } = JSON.parse(a.client.texts[a.client.texts.length - 1]);
    await a.client.fence();
    // Who has answered may be closed at once.
    a.client.json({ n: '_r', i, p: 'a' });
    b.client.json({ n: '_r', i, p: 'b' });
    assert.deepEqual([...(await within(asked, 'result')).responses].sort(), [['a', 'a'], ['b', 'b']]);
    assert.equal((await a.client.closed()).code, 1001);
    await within(stopped, 'stop');
  }));

  it('is no business of single sends', withScene(async (scene) => {
    const { server, pairs: [a] } = await people(scene, ['a']);
    const single = a.connection.send('ask', 1);
    const all = server.everyone.send('vote', 1, { timeout: 0 });
    const ask = (await a.client.message(({ n }) => n === 'ask')).message;
    const vote = (await a.client.message(({ n }) => n === 'vote')).message;
    assert.notEqual(ask.i, vote.i);
    a.client.json({ n: '_r', i: vote.i, p: 'vote' });
    a.client.json({ n: '_r', i: ask.i, p: 'ask' });
    assert.equal(await single, 'ask');
    assert.deepEqual([...(await all).responses], [['a', 'vote']]);
  }));
});

describe('a large room', () => {
  it('costs the JavaScript thread one event for each question', withScene(async (scene) => {
    const COUNT = Number(process.env.LINE_ASKED ?? 1000);
    const { server, port } = await scene.listen();
    server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('room'));
    const clients = [];
    for (let at = 0; at < COUNT; at += 50) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, async () => {
        const client = await scene.open(port);
        await client.handshake();
        return client;
      }))));
    }
    await until(async () => (await server.room('room').count()).count === COUNT, 'all members');
    for (const client of clients) {
      client.message(({ n }) => n === 'vote').then(({ message }) => client.json({ n: '_r', i: message.i, p: 1 }));
    }
    const taken = /** @type {number[]} */ ([]);
    const native = server[kNative];
    const { take } = native;
    native.take = (/** @type {Int32Array} */ words, /** @type {number} */ lane) => {
      const text = take(words, lane);
      if (text !== undefined) taken.push(words[0]);
      return text;
    };
    const { responses, silent } = await within(server.room('room').send('vote', 1, { timeout: 0 }), 'result', 20_000);
    assert.deepEqual([responses.size, silent.length], [COUNT, 0]);
    assert.deepEqual(taken, [1], 'events of which one is the result');
  }));
});
