// @ts-check
'use strict';

/** The guides are right: every block of code in `docs/guides` runs, and does what its guide says. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const Server = require('..');
const LineClient = require('../client-node.js');
const { token } = require('./examples/guide-token');
const { PORT, applicationFolder, blocks, toJavaScript } = require('./helpers/examples');
const { reservePort } = require('./helpers/ports');
const { delay } = require('./helpers/timing');
const { TRUST, fixture } = require('./helpers/tls');
const { withScene } = require('./process/support/scene');

/** @typedef {import('./helpers/raw-client').RawClient} RawClient */
/** @typedef {import('./process/support/child').Child} Child */
/** @typedef {(options?: object) => Promise<RawClient>} Open */

const GUIDES = path.join(__dirname, '../docs/guides');

/** The languages of blocks that are programs. */
const PROGRAMS = ['js', 'mjs', 'ts'];

/** Puts a certificate where a block reads it. @param {string} folder @param {string} name */
function installCertificate(folder, name) {
  fs.writeFileSync(path.join(folder, 'privkey.pem'), fixture(`${name}.key`));
  fs.writeFileSync(path.join(folder, 'fullchain.pem'), fixture(`${name}.pem`));
}

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
 * @type {Record<string, (open: Open, run: { port: number, child: Child, folder: string }) => Promise<void>>}
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
  'migrating.md: The server, from socket.io': async (open, { child }) => {
    const stranger = await open();
    assert.equal((await stranger.handshake({ name: 5 })).message.e.code, 'noName');
    const [ada, bob] = [await open(), await open()];
    await ada.handshake({ name: 'Ada' });
    await bob.handshake({ name: 'Bob' });
    assert.equal((await ada.request('enter', 'cellar')).message.e.code, 'noSuchRoom');
    for (const client of [ada, bob]) assert.equal((await client.request('enter', 'lobby')).message.p.recovered, false);
    for (const room of ['garden', 5, { toString: 1 }]) bob.json({ n: 'say', p: { room, text: 'elsewhere' } });
    bob.json({ n: 'say', p: { room: 'lobby', text: 'hi' } });
    assert.deepEqual((await ada.message(({ n }) => n === 'said')).message.p, { name: 'Bob', text: 'hi' });
    bob.destroy();
    assert.match(await child.line(), /^Bob has left: 1006/);
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
  'history.md: Rooms that lose nothing': async (open) => {
    /** @param {import('./helpers/raw-client').RawClient} client @param {object} positions */
    const shake = async (client, positions) => {
      client.json({ n: '_h', i: 'hs', o: positions });
      await client.message(({ n }) => n === '_r');
      return client;
    };
    const ada = await shake(await open(), {});
    for (const wrong of [undefined, 7, 'cellar', {}, '__proto__']) {
      assert.equal((await ada.request('enter', wrong)).message.e.code, 'noSuchRoom');
    }
    ada.json({ n: 'say', p: { room: 'lobby', text: 'from outside' } });
    const { position } = (await ada.request('enter', 'lobby')).message.p;
    for (const text of ['one', 7, 'two']) ada.json({ n: 'say', p: { room: 'lobby', text } });
    const said = async (/** @type {import('./helpers/raw-client').RawClient} */ client) => {
      await client.fence();
      return client.texts.map((text) => JSON.parse(text)).filter(({ n }) => n === 'said').map(({ p }) => p);
    };
    assert.deepEqual(await said(ada), ['one', 'two']);
    const back = await shake(await open(), { 'chat:lobby': position });
    assert.deepEqual((await back.request('enter', 'lobby')).message.p.recovered, true);
    assert.deepEqual(await said(back), ['one', 'two']);
    const newcomer = await enter(open);
    assert.deepEqual((await newcomer.request('enter', 'lobby')).message.p.replayed, 2);
    assert.deepEqual(await said(newcomer), ['one', 'two']);
  },
  'rooms.md: All but the sender': async (open) => {
    const [ada, bob, eve] = [await enter(open), await enter(open), await enter(open)];
    ada.json({ n: 'move', p: { x: 1, y: 2 } });
    for (const other of [bob, eve]) assert.equal((await other.message()).text, '{"n":"moved","p":{"x":1,"y":2}}');
    await ada.fence();
    assert.ok(!ada.texts.some((text) => text.includes('"moved"')));
  },
  'presence.md: Presence': async (open) => {
    const [ada, bob, nobody] = [await open(), await open(), await open()];
    assert.equal((await nobody.handshake()).message.e.message, 'What is your name?');
    await ada.handshake({ name: 'Ada' });
    assert.deepEqual((await ada.message(({ n }) => n === 'here')).message.p, ['Ada']);
    await bob.handshake({ name: 'Bob' });
    assert.deepEqual((await bob.message(({ n }) => n === 'here')).message.p.sort(), ['Ada', 'Bob']);
    await ada.message(({ n, p }) => n === 'came' && p === 'Bob');
    ada.close(1000);
    await ada.closed();
    await bob.message(({ n, p }) => n === 'left' && p === 'Ada');
  },
  'presence.md: Who is typing': async (open) => {
    const [ada, bob] = [await enter(open), await enter(open)];
    for (let times = 0; times < 3; times += 1) ada.json({ n: 'typing' });
    ada.json({ n: 'say', p: 'hi' });
    ada.json({ n: 'typing' });
    const names = [];
    for (let at = 0; at < 3; at += 1) names.push((await bob.message()).message.n);
    assert.deepEqual(names, ['typing', 'said', 'typing']);
    await ada.message(({ n }) => n === 'said');
    await ada.fence();
    assert.ok(!ada.texts.some((text) => text.includes('"typing"')));
  },
  'rooms.md: Asking a room': async (open) => {
    const [ada, bob, eve] = [await enter(open), await enter(open), await enter(open)];
    ada.json({ n: 'call a vote', p: 'Tea?', i: 'v' });
    ada.json({ n: 'call a vote', p: 'Coffee?' });
    ada.json({ n: 'call a vote', p: 'Coffee?', i: 'w' });
    await ada.until(() => ada.texts.some((text) => text.includes('There is a vote already')), 'refusal');
    for (const [client, answer] of /** @type {[RawClient, object][]} */ ([[ada, { p: true }], [bob, { p: false }], [eve, { e: 'no' }]])) {
      const { message } = await client.message(({ n }) => n === 'vote');
      assert.equal(message.p, 'Tea?');
      client.json({ n: '_r', i: message.i, ...answer });
    }
    assert.deepEqual((await ada.message(({ i }) => i === 'v')).message.p, { yes: 1, no: 1, abstained: 1 });
    assert.equal((await bob.request('call a vote', 5)).message.e.message, 'What is the question?');
  },
  'rooms.md: Who is there': async (open) => {
    const [ada, bob] = [await open(), await open()];
    await ada.handshake({ name: 'Ada' });
    await bob.handshake();
    await bob.fence();
    const { count, names } = (await ada.request('who')).message.p;
    assert.deepEqual([count, names.sort()], [2, ['Ada', 'Anonymous']]);
  },
  'rooms.md: A single session per user': async (open) => {
    const [first, second, stranger] = [await open(), await open(), await open()];
    assert.equal((await first.handshake({ token: 'token-of-ada' })).message.p.payload, 'ada');
    assert.equal((await second.handshake({ token: 'token-of-ada' })).message.p.payload, 'ada');
    assert.equal((await first.closed()).code, 4208);
    assert.equal((await stranger.handshake({ token: 'x' })).message.e.message, 'Who are you?');
  },
  'deploying.md: Deploying': async (open, { port, child }) => {
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
  'troubleshooting.md: Troubleshooting': async (open, { child }) => {
    const client = await enter(open);
    client.text('{');
    assert.equal(await child.line(), 'error scInvalidJson');
    client.close(4000, 'enough');
    assert.equal(await child.line(), 'end 4000 "enough"');
  },
  'typescript.md (mjs): TypeScript and ES modules': async (open) => {
    const client = await open();
    await client.handshake();
    assert.equal((await client.request('half', 3)).message.p, 1.5);
    assert.equal((await client.request('half', 'x')).message.e.code, 'notANumber');
  },
  'typescript.md (ts): Typed messages': async (open) => {
    const client = await open();
    await client.handshake();
    assert.deepEqual((await client.request('hello', { name: 'Ada' })).message.p, { hello: 'Ada' });
    client.json({ n: 'note', p: 'it rains' });
    assert.equal((await client.message()).message.p, 'it rains');
  },
  'cluster.md: Cluster': async (open) => {
    const client = await open();
    await client.handshake();
    assert.ok(Number.isInteger((await client.request('who')).message.p));
  },
  'back-pressure.md: Back-pressure': async (open) => {
    const client = await open();
    await client.handshake();
    await client.request('export', 5000);
    assert.equal(client.texts.filter((text) => text.startsWith('{"n":"row"')).length, 5000);
  },
  'stopping.md: Stopping': async (open, { child }) => {
    const client = await open();
    await client.handshake();
    client.json({ n: 'slow', i: '1' });
    await client.fence();
    child.signal('SIGTERM');
    assert.equal((await client.message()).message.p.reason, 'Restarting');
    assert.equal((await client.message(({ i }) => i === '1')).message.p, 'done');
    assert.equal((await client.closed()).code, 1001);
  },
  'http-servers.md: HTTP servers': async (open) => {
    const client = await open({ path: '/line' });
    await client.handshake();
    assert.equal((await client.request('hello')).message.p, 'Hello over a WebSocket');
    const port = client.socket.remotePort;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/page`)).text(), 'Hello over HTTP');
    assert.equal((await open({ path: '/other' }).catch((error) => error)).status, 400);
  },
  'http-servers.md: Deciding by hand': async (open) => {
    for (const path of ['/chat', '/news']) {
      const client = await open({ path });
      await client.handshake();
      assert.equal((await client.request('where')).message.p, path);
    }
    assert.equal((await open({ path: '/else' }).catch((error) => error)).status, 404);
  },
  'asking-clients.md: Asking clients': async (open, { child }) => {
    const client = await open();
    await client.handshake();
    const { message: question } = await client.message();
    assert.deepEqual([question.n, question.p], ['question', { text: 'Ready?' }]);
    client.json({ n: '_r', i: question.i, p: 'yes', e: null });
    assert.equal((await client.message()).text, '{"n":"thanks","p":"yes"}');
    const other = await open();
    await other.handshake();
    other.json({ n: '_r', i: (await other.message()).message.i, e: 'no' });
    assert.equal((await other.message()).text, '{"n":"sorry","p":"scMessageRejected"}');
    child.signal('SIGTERM');
    await Promise.all([client.closed(), other.closed()]);
  },
  'tls.md: TLS': async (open, { folder }) => {
    const client = await open({ tls: TRUST });
    await client.handshake();
    assert.equal((await client.request('how')).message.p, 'TLSv1.3');
    let subject = '';
    for (let tries = 0; tries < 150 && subject !== 'renewed'; tries += 1) {
      // Again now and then: a busy process may have looked at the file for the first time after it was written.
      if (tries % 25 === 0) installCertificate(folder, 'renewed');
      await delay(100);
      const { socket } = await open({ tls: TRUST });
      subject = /** @type {import('node:tls').TLSSocket} */ (socket).getPeerCertificate().subject.CN;
    }
    assert.equal(subject, 'renewed');
    await client.fence();
  },
};

/** Blocks after whose check the process ends by itself. */
const ENDS = new Set(['asking-clients.md: Asking clients', 'deploying.md: Deploying', 'stopping.md: Stopping']);

/**
 * What each block that is a client must do with a server.
 * @type {Record<string, (server: any, child: Child) => Promise<void>>}
 */
const CLIENTS = {
  'client.md: In Node': async (server, child) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => message.resolve({ hello: message.payload.name }));
    });
    assert.equal(await child.line(), 'Connected to server');
    assert.equal(await child.line(), "Greeting completed { hello: 'some client' }");
    await server.stop();
    assert.ok(child.isRunning, 'it reconnects');
  },
  'client.md: Messages both ways': async (server, child) => {
    const asked = new Promise((resolve) => {
      server.on('connection', (/** @type {any} */ connection) => {
        connection.on('sum', (/** @type {any} */ message) => message.resolve(message.payload[0] + message.payload[1]));
        connection.on('note', async (/** @type {any} */ message) => {
          connection.sendWithoutResponse('news', 'it rains');
          const answers = [connection.send('question', 'Ready?'), connection.send('question', 'Why?').catch((error) => error.payload.message)];
          resolve([message.payload, ...await Promise.all(answers)]);
        });
      });
    });
    assert.deepEqual([await child.line(), await child.line()].sort(), ['News: it rains', 'Sum 3']);
    assert.deepEqual(await asked, ['no answer is needed', 'yes', 'I do not know']);
    await server.stop();
    assert.match(await child.line(), /^Disconnected 100/);
    assert.ok(child.isRunning, 'it reconnects');
  },
  'history.md: The client': async (server, child) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('enter', (/** @type {any} */ message) => {
        connection.joinRoom(message.payload);
        message.resolve();
        server.getRoom('lobby').broadcast('said', 'hi');
      });
    });
    assert.equal(await child.line(), 'hi');
    await server.stop();
    assert.ok(child.isRunning, 'it reconnects');
  },
  'migrating.md: The client, from socket.io': async (server, child) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('enter', (/** @type {any} */ message) => {
        connection.joinRoom(message.payload);
        message.resolve();
      });
      connection.on('say', (/** @type {any} */ message) => {
        server.room(message.payload.room).broadcast('said', { name: 'Ada', text: message.payload.text });
      });
    });
    assert.equal(await child.line(), "{ name: 'Ada', text: 'Hello' }");
    await server.stop();
    assert.ok(child.isRunning, 'it reconnects');
  },
  'client.md (ts): Typed messages': async (server, child) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => {
        message.resolve({ hello: message.payload.name });
        for (const news of ['it rains', 'bye']) server.broadcast('news', news);
      });
    });
    assert.deepEqual(await child.remainingLines(), ['Hello Ada', 'News: it rains', 'News: bye']);
    await child.succeeded();
  },
};

describe('guides', () => {
  let folder = '';

  before(() => {
    folder = applicationFolder();
    installCertificate(folder, 'server');
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  // What that guide shows is not for servers alone: `package/bundling.test.js` runs it.
  const guides = fs.readdirSync(GUIDES).filter((guide) => guide !== 'bundling.md');
  /** The fenced blocks of one language in all guides. @param {string} language */
  const blocksIn = (language) => guides.flatMap((guide) => blocks(fs.readFileSync(path.join(GUIDES, guide), 'utf8'), language)
    .map(({ heading, code }) => ({ guide, heading, language, code })));
  const found = PROGRAMS.flatMap(blocksIn).map((block) => {
    const { guide, heading, language } = block;
    return { key: `${guide}${language === 'js' ? '' : ` (${language})`}: ${heading}`, ...block };
  });

  it('each block has its check', () => {
    assert.deepEqual(found.map(({ key }) => key).sort(), Object.keys({ ...CHECKS, ...CLIENTS }).sort());
    const checked = [...PROGRAMS, 'json', 'html'];
    for (const guide of guides) {
      const languages = [...fs.readFileSync(path.join(GUIDES, guide), 'utf8').matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
      // The commands of that guide need a clone of the repository.
      const allowed = guide === 'installing.md' ? [...checked, 'sh'] : checked;
      assert.deepEqual(languages.filter((language) => !allowed.includes(language)), [], guide);
    }
  });

  it('only who switches needs the name of the original', () => {
    const old = found.filter(({ code }) => /'line-socket(\/|')/.test(code));
    assert.deepEqual(old.map(({ guide }) => guide), ['switching.md']);
  });

  it('blocks of JSON are options of the server', () => {
    const options = blocksIn('json');
    assert.ok(options.length >= 2);
    for (const { code } of options) new Server({ port: 0, ...JSON.parse(code) });
  });

  it('blocks of HTML name files of the package', () => {
    const files = blocksIn('html').flatMap(({ code }) => [...code.matchAll(/(?:from '|src="node_modules\/)([^'"]+)/g)].map(([, file]) => file));
    assert.equal(files.length, 3);
    for (const file of files) assert.ok(require.resolve(file));
  });

  it('code within the text is no program, and names members that are there', withScene(async (scene) => {
    const { server, client, connection } = await scene.pair();
    connection.joinRoom('room');
    const line = new LineClient();
    const Message = server.constructor.Message;
    /** @type {Record<string, object>} */
    const things = { server, connection, client: line, room: server.getRoom('room'), message: new Message({ name: 'a' }) };
    const reference = fs.readdirSync(path.join(GUIDES, '../reference')).map((name) => `docs/reference/${name}`);
    const documents = ['README.md', ...guides.map((guide) => `docs/guides/${guide}`), ...reference];
    const problems = [];
    let named = 0;
    for (const document of documents) {
      const text = fs.readFileSync(path.join(GUIDES, '../..', document), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
      for (const [, code] of text.matchAll(/`([^`]+)`/g)) {
        if (/;|\b(?:for|if|while) \(|\bawait (?!using$)\w|\b(?:const|let) /.test(code)) problems.push(`${document}: a program, ${code}`);
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

  for (const { key, language, code } of found) {
    it(key, withScene(async (scene) => {
      assert.match(code, PORT);
      /** @param {number} port */
      const run = (port) => scene.run(toJavaScript(folder, language, code.replace(PORT, String(port))));
      if (key in CLIENTS) {
        const { server, port } = await scene.listen();
        await CLIENTS[key](server, run(port));
        return;
      }
      const port = await reservePort();
      const child = run(port);
      assert.equal(await child.line(), `Listening on port ${port}`);
      await CHECKS[key]((options) => scene.open(port, options), { port, child, folder });
      if (ENDS.has(key)) await child.succeeded();
      else assert.ok(child.isRunning);
    }));
  }
});
