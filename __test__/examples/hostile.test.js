// @ts-check
'use strict';

/**
 * People copy examples: each server in `examples`, the README and the guides outlives hostile peers, and so
 * does the client in `examples`.
 */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const WebSocket = require('ws');
const { token } = require('./guide-token');
const { Assault, PAYLOADS } = require('./assault');
const { PORT, applicationFolder, blocks, toJavaScript } = require('../helpers/examples');
const { RawClient } = require('../helpers/raw-client');
const { reservePort } = require('../helpers/ports');
const { delay } = require('../helpers/timing');
const { TRUST, fixture } = require('../helpers/tls');
const { INVALID } = require('../hostile/texts');
const { MESSAGES } = require('../hostile/messages');
const { withScene } = require('../process/support/scene');

/** @typedef {import('./assault').Entry} Entry */

/** `guides.test.js` checks the types of the same programs. */
const UNCHECKED = { types: false };

const ROOT = path.join(__dirname, '../..');
const EXAMPLES = path.join(ROOT, 'examples');
const GUIDES = path.join(ROOT, 'docs/guides');

/** How each program of `examples` lets clients in. @type {Record<string, Entry>} */
const SERVERS = {
  cluster: {},
  express: { paths: ['/line'] },
  fastify: { paths: ['/line'] },
  'graceful-shutdown': {},
  hello: { token: { nick: 'Ada' }, valid: { nick: 'Bob' } },
  http: { paths: ['/line'] },
  metrics: {},
  'rooms/all-but-me': { valid: { x: 1, y: 2 } },
  'rooms/catching-up': {},
  'rooms/join': { token: { token: 'token-of-ada' }, before: [{ n: 'join', p: 'apollo' }], valid: { project: 'apollo', text: 'hi' } },
  'rooms/single-session': { token: { token: 'token-of-ada' } },
  'rooms/tabs': { token: { token: 'token-of-ada' } },
  'rooms/typing': {},
  'rooms/vote': {},
  'rooms/who-is-here': { token: { name: 'Ada' } },
  koa: { paths: ['/line'] },
  'several-servers': { paths: ['/chat', '/news'], others: ['/echo'] },
};

/** The same for code in documents, where it is not the usual way. @type {Record<string, Entry>} */
const BLOCKS = {
  'http-servers.md: HTTP servers': { paths: ['/line'] },
  'http-servers.md: Deciding by hand': { paths: ['/chat', '/news'] },
  'tls.md: TLS': { tls: TRUST },
  'authentication.md: Tokens in the handshake': { token: { token: token('ada') } },
  'authentication.md: Cookies at the upgrade': { headers: { Origin: 'https://example.org', Cookie: 'session=5e55104' } },
  'migrating.md: The server, from socket.io': { token: { name: 'Ada' } },
  'rooms.md: Rooms': { before: [{ n: 'join', p: 'news' }], valid: { room: 'news', text: 'hi' } },
  'rooms.md: A single session per user': { token: { token: 'token-of-ada' } },
  'history.md: Rooms that lose nothing': { before: [{ n: 'enter', p: 'lobby' }], valid: { room: 'lobby', text: 'hi' } },
  'presence.md: Presence': { token: { name: 'Ada' } },
  'deploying.md: Deploying': { paths: ['/line'] },
  'switching.md: Switching from line-socket': { valid: { a: 1, b: 2 } },
};

const DOCUMENTS = [path.join(ROOT, 'README.md'), ...fs.readdirSync(GUIDES).map((name) => path.join(GUIDES, name))];

/** The programs of `examples`: a folder with a `server.js`, or each file of one that makes a server. */
function programs() {
  const folders = fs.readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return folders.flatMap((folder) => {
    const files = fs.readdirSync(path.join(EXAMPLES, folder)).filter((file) => file.endsWith('.js'));
    if (files.includes('server.js')) return folder;
    const servers = files.filter((file) => fs.readFileSync(path.join(EXAMPLES, folder, file), 'utf8').includes('new Server('));
    return servers.map((file) => `${folder}/${path.parse(file).name}`);
  });
}

/** @param {string} name */
const fileOf = (name) => path.join(EXAMPLES, name.includes('/') ? `${name}.js` : `${name}/server.js`);

/** Programs whose parts are not in `server.js` alone. @param {string} name */
function sourceOf(name) {
  if (name.includes('/')) return fs.readFileSync(fileOf(name), 'utf8');
  const files = fs.readdirSync(path.join(EXAMPLES, name)).filter((file) => file.endsWith('.js') && file !== 'client.js');
  return files.map((file) => fs.readFileSync(path.join(EXAMPLES, name, file), 'utf8')).join('\n');
}

/** Longest time a handler takes to answer, in ms. @param {string} source */
function slowest(source) {
  return Math.max(0, ...[...source.matchAll(/setTimeout\(.*?, (\d+)\)/g)].map(([, ms]) => Number(ms)));
}

/**
 * @param {import('../process/support/child').Child} child
 * @param {number} port
 * @param {string} source
 * @param {Entry} [entry]
 */
async function outlives(child, port, source, entry) {
  const assault = new Assault(port, () => child.isRunning, source, entry);
  await assault.run();
  await delay(slowest(source) + 50);
  if (!child.isRunning) assert.fail(`it ended: ${(await child.ended).stderr}`);
  await assault.newcomer();
  child.signal('SIGKILL');
  const { stderr } = await child.ended;
  assert.doesNotMatch(stderr, /Uncaught|Unhandled|ended|\n {4}at /, stderr);
}

describe('examples under attack', { skip: process.env.LINE_IMPL === 'original', timeout: 600_000 }, () => {
  it('all are attacked', () => {
    assert.deepEqual(programs().sort(), Object.keys(SERVERS).sort());
  });

  for (const [name, entry] of Object.entries(SERVERS)) {
    it(`examples/${name}`, withScene(async (scene) => {
      const port = await reservePort();
      const env = { PORT: String(port), WORKERS: '1' };
      const child = scene.run(fileOf(name), [], { env });
      while (!/listen|ready/i.test(await child.line()));
      await outlives(child, port, sourceOf(name), entry);
    }));
  }

  it('examples/hello gives files to nobody when it has no descriptors left, and lives', { skip: process.platform !== 'linux' },
    withScene(async (scene) => {
      const port = await reservePort();
      const server = path.join(EXAMPLES, 'hello/server.js');
      const child = scene.run(server, [], { env: { PORT: String(port) }, descriptors: 60 });
      await child.line();
      /** @type {RawClient[]} */
      const clients = [];
      for (let tries = 0; tries < 60; tries += 1) {
        const opened = await Promise.race([RawClient.open({ port }).catch(() => undefined), delay(200)]);
        if (!opened) break;
        clients.push(opened);
        await Promise.race([fetch(`http://127.0.0.1:${port}/page.mjs`).then((it) => it.text()).catch(() => {}), delay(200)]);
      }
      for (const client of clients) client.destroy();
      assert.ok(child.isRunning, (await Promise.race([child.ended, delay(0)]))?.stderr);
      await delay(50);
      const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } });
      assert.equal(page.status, 200);
    }));

  it('examples/hello/client.js, by a server', withScene(async (scene) => {
    const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
    scene.defer(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      for (const [, text] of INVALID) socket.send(text);
      for (const { text } of MESSAGES) socket.send(text);
      for (const value of PAYLOADS) for (const name of ['_r', '_p', 'tick']) socket.send(`{"n":"${name}","i":${value},"p":${value},"e":${value}}`);
    });
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const client = scene.run(path.join(EXAMPLES, 'hello/client.js'), [], { env: { PORT: String(port) } });
    assert.deepEqual(await client.exited(), { code: 0, signal: null, stderr: '' });
    const lines = await client.remainingLines();
    // What a server says moves no cursor and clears no terminal.
    // eslint-disable-next-line no-control-regex
    assert.deepEqual(lines.filter((line) => line.length > 500 || /[\u0000-\u001f\u007f-\u009f]/.test(line)), []);
  }));
});

describe('servers in documents under attack', { skip: process.env.LINE_IMPL === 'original', timeout: 600_000 }, () => {
  let folder = '';
  before(() => {
    folder = applicationFolder();
    fs.writeFileSync(path.join(folder, 'privkey.pem'), fixture('server.key'));
    fs.writeFileSync(path.join(folder, 'fullchain.pem'), fixture('server.pem'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const found = DOCUMENTS.flatMap((file) => {
    const text = fs.readFileSync(file, 'utf8');
    return ['js', 'mjs', 'ts'].flatMap((language) => blocks(text, language).map(({ heading, code }) => ({
      key: `${path.basename(file)}: ${heading}`, language, code,
    })));
  });
  const servers = found.filter(({ code }) => /new Server\b/.test(code));

  it('what is said of one is said of one that is there', () => {
    assert.deepEqual(Object.keys(BLOCKS).filter((key) => !servers.some((server) => server.key === key)), []);
    assert.ok(servers.length >= 20, `${servers.length} servers`);
  });

  for (const { key, language, code } of servers) {
    it(`${key} (${language})`, withScene(async (scene) => {
      const port = await reservePort();
      const child = scene.run(toJavaScript(folder, language, code.replace(PORT, String(port)), UNCHECKED));
      assert.equal(await child.line(), `Listening on port ${port}`);
      await outlives(child, port, code, BLOCKS[key]);
    }));
  }
});

describe('clients in documents, attacked by a server', { skip: process.env.LINE_IMPL === 'original', timeout: 60_000 }, () => {
  let folder = '';
  before(() => {
    folder = applicationFolder();
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const programs = DOCUMENTS.flatMap((file) => {
    const text = fs.readFileSync(file, 'utf8');
    return ['js', 'ts'].flatMap((language) => blocks(text, language).map(({ heading, code }) => ({
      key: `${path.basename(file)}: ${heading}`, language, code,
    })));
  }).filter(({ code }) => /new LineClient\b/.test(code) && !/new Server\b/.test(code));

  it('there are some', () => {
    assert.ok(programs.length >= 4, `${programs.length} clients`);
  });

  for (const { key, language, code } of programs) {
    it(`${key} (${language})`, withScene(async (scene) => {
      const server = new WebSocket.Server({ port: 0, host: '127.0.0.1' });
      scene.defer(() => server.close());
      await new Promise((resolve) => server.once('listening', resolve));
      const names = [...new Set([...code.matchAll(/\.(?:on|messages)\('([a-z]\w*)'/g)].map(([, name]) => name))];
      let answers = 0;
      const attacked = new Promise((resolve) => server.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.on('message', (data) => {
          const { n, i } = JSON.parse(String(data));
          if (n === '_h') {
            socket.send(`{"n":"_r","i":"${i}","p":{"id":"1"},"e":null}`);
            for (const [, text] of INVALID) socket.send(text);
            for (const { text } of MESSAGES) socket.send(text);
            for (const name of [...names, '_o']) {
              socket.send(`{"n":"${name}"}`);
              for (const value of PAYLOADS) socket.send(`{"n":"${name}","i":"a","r":"x","o":"y","p":${value},"e":${value}}`);
            }
            socket.send('{"n":"_p","i":"last"}');
          } else if (i !== undefined && n !== '_r') {
            answers += 1;
            socket.send(`{"n":"_r","i":"${i}","e":${PAYLOADS[answers % PAYLOADS.length]}}`);
          } else if (i === 'last') resolve(undefined);
        });
      }));
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      const child = scene.run(toJavaScript(folder, language, code.replace(PORT, String(port)), UNCHECKED));
      await Promise.race([attacked, child.ended]);
      await delay(50);
      if (!child.isRunning) assert.fail(`it ended: ${(await child.ended).stderr}`);
    }));
  }
});
