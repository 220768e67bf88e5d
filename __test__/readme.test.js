// @ts-check
'use strict';

/** The documentation is right: the README's examples run, its tables are complete, links lead somewhere. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const Server = require('..');
const LineClient = require('../client-node.js');
const { PORT, applicationFolder, blocks, toJavaScript } = require('./helpers/examples');
const { reservePort } = require('./helpers/ports');
const { delay } = require('./helpers/timing');
const { TRUST, fixture } = require('./helpers/tls');
const { withScene } = require('./process/support/scene');

/** @typedef {import('./process/support/scene').Scene} Scene */
/** @typedef {import('./process/support/child').Child} Child */
/** @typedef {import('./helpers/raw-client').RawClient} RawClient */

const ROOT = path.join(__dirname, '..');

/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

const README = read('README.md');

/** The languages of blocks that are programs. */
const PROGRAMS = /** @type {const} */ (['js', 'mjs', 'ts']);

/** Puts a certificate where an example reads it. @param {string} folder @param {string} name */
function installCertificate(folder, name) {
  fs.writeFileSync(path.join(folder, 'privkey.pem'), fixture(`${name}.key`));
  fs.writeFileSync(path.join(folder, 'fullchain.pem'), fixture(`${name}.pem`));
}

/**
 * What each example must do for a client, by language and heading.
 * @type {Record<string, (open: (options?: object) => Promise<RawClient>, folder: string, child: Child) => Promise<void>>}
 */
const CHECKS = {
  'js: A server': async (open) => {
    const client = await open();
    await client.handshake();
    const start = Date.now();
    const { message } = await client.request('hello', { name: 'Ada' });
    assert.deepEqual(message.p, { hello: 'yourself' });
    assert.ok(Date.now() - start > 1900, 'after two seconds');
  },
  'mjs: ES modules and TypeScript': async (open) => {
    const client = await open();
    await client.handshake();
    assert.equal((await client.request('half', 3)).message.p, 1.5);
    assert.equal((await client.request('half', 'x')).message.e.code, 'notANumber');
  },
  'ts: ES modules and TypeScript': async (open) => {
    const client = await open();
    await client.handshake();
    assert.deepEqual((await client.request('hello', { name: 'Ada' })).message.p, { hello: 'Ada' });
    client.json({ n: 'note', p: 'it rains' });
    assert.equal((await client.message()).message.p, 'it rains');
  },
  'js: Handshake and authentication': async (open) => {
    const stranger = await open();
    assert.equal((await stranger.handshake({ token: 'wrong' })).message.e.code, 'unauthorized');
    assert.equal((await stranger.closed()).code, 4203);
    const ada = await open();
    assert.deepEqual((await ada.handshake({ token: 's3cret' })).message.p.payload, { welcome: 'ada' });
    assert.equal((await ada.message()).text, '{"n":"tabs","p":1}');
    const second = await open();
    assert.deepEqual((await second.handshake({ token: 's3cret' })).message.p.payload, { welcome: 'ada' });
    for (const tab of [ada, second]) assert.equal((await tab.message()).text, '{"n":"tabs","p":2}');
  },
  'js: Cluster': async (open) => {
    const client = await open();
    await client.handshake();
    assert.ok(Number.isInteger((await client.request('who')).message.p));
  },
  'js: Rooms and broadcast': async (open) => {
    const clients = [await open(), await open()];
    for (const client of clients) await client.handshake();
    const [a, b] = clients;
    assert.deepEqual((await a.request('join', 'red')).message.p, ['red']);
    assert.deepEqual((await a.request('join', 'secret')).message.p, ['red']);
    b.json({ n: 'say', p: { room: 'empty', text: 'nobody hears this' } });
    b.json({ n: 'say', p: { room: 'red', text: 'hi' } });
    assert.equal((await a.message()).text, '{"n":"said","p":"hi"}');
    a.close(1000);
    assert.equal((await b.message()).message.n, 'left');
  },
  'js: Clients that read slowly': async (open) => {
    const client = await open();
    await client.handshake();
    await client.request('export', 5000);
    assert.equal(client.texts.filter((text) => text.startsWith('{"n":"row"')).length, 5000);
  },
  'js: Stopping in good order': async (open, folder, child) => {
    const client = await open();
    await client.handshake();
    client.json({ n: 'slow', i: '1' });
    await client.fence();
    child.signal('SIGTERM');
    assert.equal((await client.message()).message.p.reason, 'Restarting');
    assert.equal((await client.message(({ i }) => i === '1')).message.p, 'done');
    assert.equal((await client.closed()).code, 1001);
  },
  'js: Limits': async (open) => {
    const client = await open();
    await client.handshake();
    const { message } = await client.request('stats');
    assert.deepEqual([message.p.connections, message.p.messagesReceived], [1, 2]);
  },
  'js: Behind an existing HTTP server': async (open) => {
    const client = await open({ path: '/line' });
    await client.handshake();
    assert.equal((await client.request('hello')).message.p, 'Hello over a WebSocket');
    const port = client.socket.remotePort;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/page`)).text(), 'Hello over HTTP');
    assert.equal((await open({ path: '/other' }).catch((error) => error)).status, 400);
  },
  'js: Behind an existing HTTP server, 2': async (open) => {
    for (const path of ['/chat', '/news']) {
      const client = await open({ path });
      await client.handshake();
      assert.equal((await client.request('where')).message.p, path);
    }
    assert.equal((await open({ path: '/else' }).catch((error) => error)).status, 404);
  },
  'js: Asking clients, errors, stopping': async (open, folder, child) => {
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
  'js: TLS': async (open, folder) => {
    const client = await open({ tls: TRUST });
    await client.handshake();
    assert.equal((await client.request('how')).message.p, 'TLSv1.3');
    installCertificate(folder, 'renewed');
    let subject = '';
    for (let tries = 0; tries < 40 && subject !== 'renewed'; tries += 1) {
      await delay(100);
      const { socket } = await open({ tls: TRUST });
      subject = /** @type {import('node:tls').TLSSocket} */ (socket).getPeerCertificate().subject.CN;
    }
    assert.equal(subject, 'renewed');
    await client.fence();
  },
};

/**
 * What each example that is a client must do with a server.
 * @type {Record<string, (server: any, child: import('./process/support/child').Child) => Promise<void>>}
 */
const CLIENTS = {
  'js: The client': async (server, child) => {
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => message.resolve({ hello: message.payload.name }));
    });
    assert.equal(await child.line(), 'Connected to server');
    assert.equal(await child.line(), "Greeting completed { hello: 'some client' }");
    await server.stop();
    assert.ok(child.isRunning, 'it reconnects');
  },
  'ts: The client': async (server, child) => {
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

/** Examples after whose check the process must end by itself. */
const ENDS = new Set(['js: Asking clients, errors, stopping', 'js: Stopping in good order']);

describe('examples of the README', () => {
  /** A folder in which an application has installed this package under both of its names. */
  let folder = '';

  before(() => {
    folder = applicationFolder();
    installCertificate(folder, 'server');
  });

  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const found = PROGRAMS.flatMap((language) => blocks(README, language).map((block) => ({ ...block, language })));

  it('each has its check', () => {
    const keys = found.map(({ language, heading }) => `${language}: ${heading}`);
    assert.deepEqual(keys.sort(), Object.keys({ ...CHECKS, ...CLIENTS }).sort());
  });

  for (const { language, heading, code } of found) {
    const key = `${language}: ${heading}`;
    it(key, withScene(async (/** @type {Scene} */ scene) => {
      assert.match(code, PORT);
      if (key in CLIENTS) {
        const { server, port } = await scene.listen();
        await CLIENTS[key](server, scene.run(toJavaScript(folder, language, code.replace(PORT, String(port)))));
        return;
      }
      const port = await reservePort();
      const program = toJavaScript(folder, language, code.replace(PORT, String(port)));
      const child = scene.run(program);
      assert.equal(await child.line(), `Listening on port ${port}`);
      await CHECKS[key]((options) => scene.open(port, options), folder, child);
      if (ENDS.has(key)) await child.succeeded();
      else assert.ok(child.isRunning);
    }));
  }
});

describe('tables of the README', () => {
  /** What the first cells of tables hold between backticks. */
  const cells = new Set(
    README.split('\n')
      .filter((line) => line.startsWith('| '))
      .flatMap((line) => [...line.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, text]) => text))
  );

  it('name every error code', () => {
    const { ErrorCode, Connection, Message } = Server;
    const codes = [ErrorCode, Connection.ErrorCode, Message.ErrorCode, LineClient.ErrorCode].flatMap((codes) => Object.values(codes));
    assert.deepEqual(codes.filter((code) => !cells.has(code)), []);
  });

  it('name every option of the types', () => {
    const declared = [...read('types/options.d.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    assert.ok(declared.includes('port'));
    assert.deepEqual(declared.filter((name) => !cells.has(name)), []);
  });

  it('name every option of the client and its default', () => {
    const flatten = (/** @type {any} */ options, prefix = '') =>
      Object.entries(options).flatMap(([key, value]) => {
        const nested = typeof value === 'object' && value !== null;
        return nested ? flatten(value, `${prefix}${key}.`) : [[prefix + key, value]];
      });
    const rows = flatten(new LineClient().options);
    assert.ok(rows.length > 15);
    for (const [name, value] of rows) {
      assert.match(README, new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${value ?? ''}\\s*\\|`, 'm'), name);
    }
    const declared = [...read('types/client-options.d.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    const prefixes = [...cells].map((cell) => cell.split('.')[0]);
    const inText = ['max', 'ttl', 'timeout', 'signal'];
    assert.deepEqual(declared.filter((name) => !prefixes.includes(name) && !inText.includes(name)), []);
  });

  it('name every default', () => {
    const declared = read('types/options.d.ts').matchAll(/@default (\d+)[\s*/]+(\w+)\?:/g);
    const rows = [...declared].map(([, value, name]) => ({ name, value }));
    assert.ok(rows.some(({ name }) => name === 'maxPayload'));
    for (const { name, value } of rows) {
      assert.match(README, new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${value} \\|`, 'm'), name);
    }
  });
});

describe('links', () => {
  const folders = ['docs/deploy', 'docs/guides', 'docs/internals', 'docs/reference'];
  const docs = folders.flatMap((folder) => fs.readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`));
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...docs.filter((name) => name.endsWith('.md'))];

  for (const document of documents) {
    it(`of ${document} lead somewhere`, () => {
      const text = read(document).replace(/^```[\s\S]*?^```$/gm, '');
      const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
      const local = targets.filter((target) => !/^https?:/.test(target));
      const missing = local.filter((target) => !fs.existsSync(path.join(ROOT, path.dirname(document), target)));
      assert.deepEqual(missing, []);
    });
  }
});
