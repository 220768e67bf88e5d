// @ts-check
'use strict';

/** The README and the other documents are right: the README's examples run, it is short, and links lead somewhere. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { PORT, applicationFolder, blocks, toJavaScript } = require('./helpers/examples');
const { reservePort } = require('./helpers/ports');
const { withScene } = require('./process/support/scene');

const ROOT = path.join(__dirname, '..');

/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

const README = read('README.md');

describe('examples of the README', () => {
  /** A folder in which an application has installed this package under both of its names. */
  let folder = '';

  before(() => (folder = applicationFolder()));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** @param {string} heading @param {number} port */
  const program = (heading, port) => {
    const found = blocks(README, 'js').find((block) => block.heading === heading);
    assert.ok(found, heading);
    assert.match(found.code, PORT);
    return toJavaScript(folder, 'js', found.code.replace(PORT, String(port)));
  };

  it('are a server and a client', () => {
    const programs = ['js', 'mjs', 'ts'].flatMap((language) => blocks(README, language));
    assert.deepEqual(programs.map(({ heading }) => heading), ['A server', 'A client']);
    // What has just been installed.
    for (const { code } of programs) assert.match(code, /require\('line-socket-native/);
  });

  it('A server', withScene(async (scene) => {
    const port = await reservePort();
    const child = scene.run(program('A server', port));
    assert.equal(await child.line(), `Listening on port ${port}`);
    const client = await scene.open(port);
    await client.handshake();
    const start = Date.now();
    const { message } = await client.request('hello', { name: 'Ada' });
    assert.deepEqual(message.p, { hello: 'yourself' });
    assert.ok(Date.now() - start > 1900, 'after two seconds');
    assert.ok(child.isRunning);
  }));

  it('A client', withScene(async (scene) => {
    const { server, port } = await scene.listen();
    server.on('connection', (/** @type {any} */ connection) => {
      connection.on('hello', (/** @type {any} */ message) => message.resolve({ hello: message.payload.name }));
    });
    const child = scene.run(program('A client', port));
    assert.equal(await child.line(), 'Connected to server');
    assert.equal(await child.line(), "Greeting completed { hello: 'some client' }");
    await server.stop();
    assert.ok(child.isRunning, 'it reconnects');
  }));
});

describe('documents', () => {
  for (const [file, most] of /** @type {const} */ ([['README.md', 200], ['CONTRIBUTING.md', 150]])) {
    it(`${file} has at most ${most} lines`, () => {
      assert.ok(read(file).trimEnd().split('\n').length <= most);
    });
  }

  const folders = ['docs/deploy', 'docs/guides', 'docs/internals', 'docs/reference'];
  const docs = folders.flatMap((folder) => fs.readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`));
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...docs.filter((name) => name.endsWith('.md'))];

  it('in docs/guides and docs/reference are all linked by the README', () => {
    const pages = documents.filter((name) => /^docs\/(guides|reference)\//.test(name));
    assert.deepEqual(pages.filter((name) => !README.includes(`](${name})`)), []);
  });

  it('name files that are there', () => {
    const missing = documents.filter((name) => name !== 'CHANGELOG.md').flatMap((document) => {
      const named = [...read(document).matchAll(/`((?:\.ci|bench|client|common|crates|docs|examples|lib|scripts|src|types|__test__)\/[\w./-]+)`/g)];
      return named.filter(([, file]) => !file.includes('node_modules') && !fs.existsSync(path.join(ROOT, file))).map(([, file]) => `${document}: ${file}`);
    });
    assert.deepEqual(missing, []);
  });

  for (const document of documents) {
    it(`of ${document}, links lead somewhere`, () => {
      const text = read(document).replace(/^```[\s\S]*?^```$/gm, '');
      const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
      const local = targets.filter((target) => !/^https?:/.test(target));
      const missing = local.filter((target) => !fs.existsSync(path.join(ROOT, path.dirname(document), target)));
      assert.deepEqual(missing, []);
    });
  }
});
