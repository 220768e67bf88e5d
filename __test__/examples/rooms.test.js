// @ts-check
'use strict';

/** The programs of `examples/rooms`, with clients as people use them. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const LineClient = require('../../client-node.js');
const { reservePort } = require('../helpers/ports');
const { until, within } = require('../helpers/timing');
const { withScene } = require('../process/support/scene');

/** @typedef {import('../process/support/scene').Scene} Scene */

const FOLDER = path.join(__dirname, '../../examples/rooms');

/** Delays of clients that come back, in ms. */
const SOON = { initialDelay: 20, maxDelay: 20 };

/** @param {Scene} scene @param {string} name */
async function start(scene, name) {
  const port = await reservePort();
  const child = scene.run(path.join(FOLDER, `${name}.js`), [], { env: { PORT: String(port) } });
  assert.match(await child.line(), /^Listening on /);
  return port;
}

/**
 * A connected client, and the messages that it gets.
 * @param {Scene} scene
 * @param {number} port
 * @param {unknown} [payload] Of its handshake.
 */
async function connect(scene, port, payload = {}) {
  const client = new LineClient(`ws://127.0.0.1:${port}`, { handshake: { payload }, reconnectOptions: SOON });
  scene.defer(() => client.dispose());
  /** @type {[string, any][]} */
  const got = [];
  client.on(/^/, (/** @type {any} */ message) => {
    if (message instanceof LineClient.Message) got.push([message.name, message.payload]);
  });
  await within(client.connectAsync(), 'connected');
  return { client, got };
}

/** @param {string} user */
const token = (user) => ({ token: `token-of-${user}` });

/** @param {{got: [string, any][]}} one @param {[string, any][]} expected All that it has got, in this order. */
async function gets({ got }, expected) {
  await until(() => got.length >= expected.length, `${JSON.stringify(expected)}; got ${JSON.stringify(got)}`);
  assert.deepEqual(got, expected);
}

describe('examples/rooms', { skip: process.env.LINE_IMPL === 'original' }, () => {
  it('who-is-here: a list, and who comes and goes', withScene(async (scene) => {
    const port = await start(scene, 'who-is-here');
    const ada = await connect(scene, port, { name: 'Ada' });
    await until(() => ada.got.length >= 1, 'list');
    const bob = await connect(scene, port, { name: 'Bob' });
    await until(() => bob.got.some(([name, names]) => name === 'here' && names.length === 2), 'both');
    await until(() => ada.got.some(([name, who]) => name === 'came' && who === 'Bob'), 'came');
    const nobody = new LineClient(`ws://127.0.0.1:${port}`, { reconnect: false });
    await assert.rejects(nobody.connectAsync(), { code: 'cHandshakeRejected' });
    await bob.client.disconnectAsync();
    await until(() => ada.got.some(([name, who]) => name === 'left' && who === 'Bob'), 'left');
  }));

  it('typing: the others are told once, and again after a message', withScene(async (scene) => {
    const port = await start(scene, 'typing');
    const [ada, bob] = [await connect(scene, port), await connect(scene, port)];
    const { id } = ada.client;
    for (let times = 0; times < 3; times += 1) await ada.client.sendWithoutResponse('typing');
    await ada.client.sendWithoutResponse('say', 'hi');
    await ada.client.sendWithoutResponse('typing');
    await gets(bob, [['typing', id], ['said', { by: id, text: 'hi' }], ['typing', id]]);
    await gets(ada, [['said', { by: id, text: 'hi' }]]);
  }));

  it('tabs: all of one user, and none of another', withScene(async (scene) => {
    const port = await start(scene, 'tabs');
    const [one, two, other] = [await connect(scene, port, token('ada')), await connect(scene, port, token('ada')), await connect(scene, port, token('bob'))];
    await one.client.sendWithoutResponse('read', 'mail-1');
    await gets(two, [['read', 'mail-1']]);
    await other.client.ping();
    await one.client.ping();
    assert.deepEqual([one.got, other.got], [[], []]);
  }));

  it('single-session: the later one stays, the earlier one stays away', withScene(async (scene) => {
    const port = await start(scene, 'single-session');
    const first = await connect(scene, port, token('ada'));
    const events = /** @type {unknown[]} */ ([]);
    first.client.on('_disconnected', ({ code }) => events.push(code));
    first.client.on('_taken_over', () => events.push('taken over'));
    first.client.on('_connecting', () => events.push('again'));
    const second = await connect(scene, port, token('ada'));
    const other = await connect(scene, port, token('bob'));
    await until(() => events.length >= 2, 'end');
    for (let times = 0; times < 5; times += 1) await second.client.ping();
    assert.deepEqual(events, [4208, 'taken over']);
    assert.deepEqual([second.client.state, other.client.state], ['connected', 'connected']);
    // The user wants it here.
    await first.client.connectAsync();
    await until(() => second.client.state === 'disconnected', 'taken back');
  }));

  it('all-but-me: everybody but the sender', withScene(async (scene) => {
    const port = await start(scene, 'all-but-me');
    const people = [await connect(scene, port), await connect(scene, port), await connect(scene, port)];
    const [ada, bob, eve] = people;
    await ada.client.sendWithoutResponse('move', { x: 1, y: 2 });
    for (const each of [bob, eve]) await gets(each, [['moved', { by: ada.client.id, x: 1, y: 2 }]]);
    await ada.client.ping();
    assert.deepEqual(ada.got, []);
  }));

  it('vote: answers are counted', withScene(async (scene) => {
    const port = await start(scene, 'vote');
    const people = [await connect(scene, port), await connect(scene, port), await connect(scene, port)];
    people[0].client.on('vote', (message) => message.resolve(true));
    people[1].client.on('vote', (message) => message.resolve(false));
    people[2].client.on('vote', (message) => message.reject(new Error('no')));
    assert.deepEqual(await people[0].client.send('call', 'Tea?'), { yes: 1, no: 1, abstained: 1 });
    await assert.rejects(people[0].client.send('call', 5), { code: 'cMessageRejected' });
  }));

  it('join: only who may be in a room is let in', withScene(async (scene) => {
    const port = await start(scene, 'join');
    const [ada, bob] = [await connect(scene, port, token('ada')), await connect(scene, port, token('bob'))];
    for (const project of ['apollo', 'gemini']) await ada.client.send('join', project);
    await bob.client.send('join', 'apollo');
    for (const project of ['gemini', 'nothing', '__proto__', 5]) {
      await assert.rejects(bob.client.send('join', project), (/** @type {any} */ { payload }) => payload.code === 'noSuchProject');
    }
    await bob.client.sendWithoutResponse('say', { project: 'gemini', text: 'let me in' });
    await ada.client.sendWithoutResponse('say', { project: 'gemini', text: 'secret' });
    await ada.client.sendWithoutResponse('say', { project: 'apollo', text: 'hi' });
    await gets(bob, [['said', { by: 'ada', project: 'apollo', text: 'hi' }]]);
    await bob.client.send('leave', 'apollo');
    await ada.client.sendWithoutResponse('say', { project: 'apollo', text: 'alone' });
    await until(() => ada.got.length === 3, 'all three');
    assert.equal(bob.got.length, 1);
  }));

  it('catching-up: what was said meanwhile comes later, and those who are new get the last messages', withScene(async (scene) => {
    const port = await start(scene, 'catching-up');
    const [ada, bob] = [await connect(scene, port), await connect(scene, port)];
    await bob.client.sendWithoutResponse('say', 'one');
    await gets(ada, [['said', 'one']]);
    const recovered = new Promise((resolve) => ada.client.once('_recovered', resolve));
    await ada.client.disconnectAsync();
    for (const text of ['two', 'three']) await bob.client.sendWithoutResponse('say', text);
    await gets(bob, [['said', 'one'], ['said', 'two'], ['said', 'three']]);
    await ada.client.connectAsync();
    assert.deepEqual(await within(recovered, 'recovered'), { room: 'lobby', recovered: true, replayed: 2 });
    await gets(ada, bob.got);
    await gets(await connect(scene, port), bob.got);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    assert.match(await page.text(), /page\.mjs/);
  }));

  it('client: talks with any of them', withScene(async (scene) => {
    const port = await start(scene, 'join');
    const client = scene.run(path.join(FOLDER, 'client.js'), [JSON.stringify(token('ada'))], { env: { PORT: String(port) } });
    assert.equal(await client.line(), 'connected "ada"');
    client.tell('?join "apollo"');
    assert.equal(await client.line(), 'answer null');
    client.tell('say {"project":"apollo","text":"Hello"}');
    assert.equal(await client.line(), 'got ["said",{"by":"ada","project":"apollo","text":"Hello"}]');
    client.tell('?join "mars"');
    assert.equal(await client.line(), 'failed "There is no such project, or you are not in it"');
    client.tell('?join {');
    assert.match(await client.line(), /^failed ".*JSON/);
  }));
});
