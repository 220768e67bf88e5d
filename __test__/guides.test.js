// @ts-check
'use strict';

/** The guides are right: every block of code in `docs/guides` runs, and does what its guide says. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const LineClient = require('../client-node.js');
const { token } = require('./examples/guide-token');
const { PORT, applicationFolder, blocks, toJavaScript } = require('./helpers/examples');
const { reservePort } = require('./helpers/ports');
const { withScene } = require('./process/support/scene');

/** @typedef {import('./helpers/raw-client').RawClient} RawClient */
/** @typedef {import('./process/support/child').Child} Child */
/** @typedef {(options?: object) => Promise<RawClient>} Open */

const GUIDES = path.join(__dirname, '../docs/guides');

/** What `open` rejected with. @param {Promise<RawClient>} opened @returns {Promise<number>} */
const refusal = (opened) => opened.then(() => assert.fail('it was opened'), ({ status }) => status);

/**
 * A client that has come in.
 * @param {Open} open
 * @param {object} [options]
 */
async function enter(open, options) {
  const client = await open(options);
  await client.handshake();
  return client;
}

/**
 * What each block must do for clients, by guide and heading.
 * @type {Record<string, (open: Open, child: Child, port: number) => Promise<void>>}
 */
const CHECKS = {
  'switching.md: Switching from line-socket': async (open) => {
    const client = await enter(open);
    assert.equal((await client.request('sum', { a: 1, b: 2 })).message.p, 3);
  },
  'authentication.md: Tokens in the handshake': async (open) => {
    for (const wrong of [undefined, 7, 'ada', 'ada:', token('ada').slice(0, -2), `bob:${token('ada').slice(4)}`]) {
      const stranger = await open();
      assert.equal((await stranger.handshake({ token: wrong })).message.e.code, 'unauthorized');
      assert.equal((await stranger.closed()).code, 4203);
    }
    const ada = await open();
    await ada.handshake({ token: token('ada') });
    assert.equal((await ada.request('who')).message.p, 'ada');
    const [second, bob] = [await open(), await open()];
    await second.handshake({ token: token('ada') });
    await bob.handshake({ token: token('bob') });
    second.json({ n: 'read', p: 7 });
    for (const tab of [ada, second]) assert.equal((await tab.message()).text, '{"n":"read","p":7}');
    assert.equal((await bob.request('who')).message.p, 'bob');
    assert.ok(!bob.texts.some((text) => text.includes('"read"')));
  },
  'authentication.md: Cookies at the upgrade': async (open) => {
    const Origin = 'https://example.org';
    assert.equal(await refusal(open({ headers: { Origin } })), 401);
    assert.equal(await refusal(open({ headers: { Origin, Cookie: 'xsession=5e55104' } })), 401);
    assert.equal(await refusal(open({ headers: { Origin: 'https://other.org', Cookie: 'session=5e55104' } })), 403);
    const ada = await enter(open, { headers: { Origin, Cookie: 'theme=dark; session=5e55104' } });
    assert.equal((await ada.request('who')).message.p, 'ada');
  },
  'rooms.md: Rooms': async (open) => {
    const [ada, bob] = [await enter(open), await enter(open)];
    assert.equal((await ada.request('join', 'secret')).message.e.code, 'noSuchRoom');
    ada.json({ n: 'join', p: 'news', i: 'j' });
    assert.equal((await ada.message(({ n }) => n === 'present')).message.p, 1);
    bob.json({ n: 'say', p: { room: 'news', text: 'from outside' } });
    bob.json({ n: 'join', p: 'news', i: 'j' });
    assert.equal((await ada.message(({ n }) => n !== '_r')).message.p, 2);
    bob.json({ n: 'say', p: { room: 'news', text: 'hi' } });
    assert.deepEqual((await ada.message()).message.p, { room: 'news', text: 'hi' });
    assert.deepEqual((await ada.request('leave', 'news')).message.p, []);
  },
  'rooms.md: All but the sender': async (open) => {
    const [ada, bob, eve] = [await enter(open), await enter(open), await enter(open)];
    ada.json({ n: 'move', p: { x: 1, y: 2 } });
    for (const other of [bob, eve]) assert.equal((await other.message()).text, '{"n":"moved","p":{"x":1,"y":2}}');
    await ada.fence();
    assert.ok(!ada.texts.some((text) => text.includes('"moved"')));
  },
  'deploying.md: Deploying': async (open, child, port) => {
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    assert.equal((await health.json()).connections, 0);
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
    const client = await enter(open, { path: '/line', headers: { 'X-Forwarded-For': '203.0.113.7' } });
    assert.equal((await client.request('address')).message.p, '203.0.113.7');
    child.signal('SIGTERM');
    const { code, reason } = await client.closed();
    assert.deepEqual([code, reason], [1001, 'Restarting']);
    await child.succeeded();
  },
  'scaling.md: Scaling': async (open) => {
    /** @type {Map<number, RawClient>} */
    const byWorker = new Map();
    for (let tries = 0; tries < 50 && byWorker.size < 2; tries += 1) {
      const client = await enter(open);
      byWorker.set((await client.request('who')).message.p, client);
    }
    const [one, other] = byWorker.values();
    one.json({ n: 'publish', p: 'it rains' });
    for (const client of [one, other]) assert.equal((await client.message(({ n }) => n === 'news')).message.p, 'it rains');
  },
  'limits.md: Limits': async (open) => {
    const client = await enter(open);
    assert.equal((await client.request('length', 'x'.repeat(16000))).message.p, 16000);
    client.json({ n: 'length', p: 'x'.repeat(17000), i: 'l' });
    assert.equal((await client.closed()).code, 1009);
  },
  'troubleshooting.md: Troubleshooting': async (open, child) => {
    const client = await enter(open);
    client.text('{');
    assert.equal(await child.line(), 'error scInvalidJson');
    client.close(4000, 'enough');
    assert.equal(await child.line(), 'end 4000 "enough"');
  },
};

/** Blocks after whose check the process has ended. */
const ENDS = new Set(['deploying.md: Deploying']);

describe('guides', () => {
  let folder = '';

  before(() => (folder = applicationFolder()));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  // What that guide shows is not for servers alone: `package/bundling.test.js` runs it.
  const guides = fs.readdirSync(GUIDES).filter((guide) => guide !== 'bundling.md');
  const found = guides.flatMap((guide) => {
    const text = fs.readFileSync(path.join(GUIDES, guide), 'utf8');
    const programs = blocks(text, 'js');
    assert.equal(text.match(/^```\w/gm)?.length ?? 0, programs.length, `${guide} has blocks that are not run`);
    return programs.map(({ heading, code }) => ({ key: `${guide}: ${heading}`, code }));
  });

  it('each block has its check, and each guide a block', () => {
    assert.deepEqual(found.map(({ key }) => key).sort(), Object.keys(CHECKS).sort());
    const covered = new Set(found.map(({ key }) => key.split(':')[0]));
    assert.deepEqual(guides.filter((guide) => !covered.has(guide)), []);
  });

  it('code within the text is no program, and names members that are there', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    connection.joinRoom('room');
    const line = new LineClient();
    const Message = server.constructor.Message;
    /** @type {Record<string, object>} */
    const things = { server, connection, client: line, room: server.getRoom('room'), message: new Message({ name: 'a' }) };
    const documents = ['README.md', ...guides.map((guide) => `docs/guides/${guide}`), 'docs/reference/wire-protocol.md'];
    const problems = [];
    let named = 0;
    for (const document of documents) {
      const text = fs.readFileSync(path.join(GUIDES, '../..', document), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
      for (const [, code] of text.matchAll(/`([^`]+)`/g)) {
        if (/;|\b(?:for|if|while) \(|\bawait \w|\b(?:const|let) /.test(code)) problems.push(`${document}: a program, ${code}`);
        for (const [, thing, member] of code.matchAll(/(?<![\w.'/])(server|connection|client|room|message)\.(\w+)/g)) {
          if (member === 'js') continue;
          named += 1;
          if (!(member in things[thing])) problems.push(`${document}: ${thing}.${member}`);
        }
      }
    }
    client.destroy();
    assert.deepEqual(problems, []);
    assert.ok(named > 15, `${named} members`);
  }));

  for (const { key, code } of found) {
    it(key, withScene(async (scene) => {
      assert.match(code, PORT);
      const port = await reservePort();
      const child = scene.run(toJavaScript(folder, 'js', code.replace(PORT, String(port))));
      assert.equal(await child.line(), `Listening on port ${port}`);
      await CHECKS[key]((options) => scene.open(port, options), child, port);
      assert.equal(child.isRunning, !ENDS.has(key));
    }));
  }
});
