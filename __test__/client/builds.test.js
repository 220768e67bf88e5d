// @ts-check
'use strict';

/** The builds of the client: what they export, that they are small, and that they leave globals alone. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const zlib = require('node:zlib');
const { INTERNAL } = require('../../scripts/build-client.js');

const ROOT = path.join(__dirname, '../..');
const GLOBALS = fs.readFileSync(path.join(ROOT, 'dist/client-web-globals.js'), 'utf8');

/**
 * The most that the build for a `<script>` tag may weigh, in bytes with gzip.
 */
const LIMIT = 6656;

/**
 * Runs a program with the package found under its own name.
 * @param {string[]} args Of Node.
 */
const run = (args) => execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });

describe('the build for a <script> tag', () => {
  it('is at most 6,656 bytes with gzip', () => {
    const size = zlib.gzipSync(GLOBALS, { level: 9 }).length;
    assert.ok(size <= LIMIT, `${size} bytes`);
  });

  it('has in documents the size that is its limit', () => {
    const names = ['CHANGELOG.md', 'README.md', ...['guides', 'internals', 'reference'].flatMap((folder) => fs.readdirSync(path.join(ROOT, 'docs', folder)).map((name) => `docs/${folder}/${name}`))];
    const sizes = names.filter((name) => name.endsWith('.md')).flatMap((name) => {
      const text = fs.readFileSync(path.join(ROOT, name), 'utf8').replaceAll('\n', ' ');
      return [...text.matchAll(/(?:<script>`|client-web-globals\.js`)[^|]{0,80}?([\d.]+) KiB/g)].map(([, size]) => `${name}: ${size} KiB`);
    });
    assert.ok(sizes.length >= 4, sizes.join());
    assert.deepEqual(sizes.filter((size) => !size.endsWith(`: ${LIMIT / 1024} KiB`)), []);
  });

  it('makes the global LineClient and no other', () => {
    const page = vm.createContext({});
    vm.runInContext(GLOBALS, page);
    assert.deepEqual(Object.keys(page), ['LineClient']);
    assert.equal(page.LineClient.State.READY, 'ready');
    assert.equal(new page.LineClient('ws://example.org').url, 'ws://example.org');
  });

  it('behaves as the other builds', () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const folder = path.join(__dirname, 'contract');
    const files = fs.readdirSync(folder).map((file) => path.join(folder, file));
    const options = { env: { ...env, LINE_CLIENT_IMPL: 'script', LINE_IMPL: 'native' }, encoding: /** @type {const} */ ('utf8') };
    const { status, stdout } = spawnSync(process.execPath, ['--test', ...files], options);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /client script/);
  });

  it('has the enumerations and statics of the other builds', () => {
    const page = vm.createContext({});
    vm.runInContext(GLOBALS, page);
    const Client = require('line-socket-native/client-web');
    for (const [name, value] of Object.entries(Client)) {
      const here = page.LineClient[name];
      assert.equal(typeof here, typeof value, name);
      if (typeof value === 'object') assert.deepEqual({ ...here }, value, name);
    }
    for (const name of ['Name', 'ErrorCode']) assert.deepEqual({ ...page.LineClient.Message[name] }, Client.Message[name]);
    assert.ok(Object.isFrozen(page.LineClient.ErrorCode));
  });

  it('shortens no name that is documented', () => {
    const folder = path.join(ROOT, 'types');
    const types = fs.readdirSync(folder).map((file) => fs.readFileSync(path.join(folder, file), 'utf8')).join('\n');
    for (const name of INTERNAL) assert.doesNotMatch(types, new RegExp(`^ *(?:readonly )?${name}[?(:<]`, 'm'));
  });

  it('shortens all names that its modules alone use', () => {
    const [libraries, types] = [path.join(ROOT, 'node_modules/typescript/lib'), path.join(ROOT, 'types')];
    const files = [
      ...fs.readdirSync(libraries).filter((file) => /^lib\.(?:es|dom|decorators).*\.d\.ts$/.test(file)).map((file) => path.join(libraries, file)),
      ...fs.readdirSync(types).map((file) => path.join(types, file)),
    ];
    const known = new Set(files.flatMap((file) => [...fs.readFileSync(file, 'utf8').matchAll(/^\s*(?:[a-z]+ )*(\w+)\s*[?(:<=;]/gm)].map(([, name]) => name)));
    const build = fs.readFileSync(path.join(ROOT, 'dist/client-web.mjs'), 'utf8');
    const code = build.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '').replace(/'[^'\n]*'|"[^"\n]*"/g, "''");
    const used = [...new Set([...code.matchAll(/[\w)\]]\??\.([a-z]\w*)/gi)].map(([, name]) => name))];
    // Globals and members of timers that not every platform has; names with an underscore at the end are those of the original.
    const others = ['WebSocket', 'clock', 'console', 'unref'];
    assert.deepEqual(used.filter((name) => !known.has(name) && !name.endsWith('_') && !others.includes(name) && !INTERNAL.includes(name)), []);
    assert.deepEqual(INTERNAL.filter((name) => !used.includes(name)), []);
  });

  it('says of errors what their code says, and of options which one is not valid', async () => {
    const page = vm.createContext({});
    vm.runInContext(GLOBALS, page);
    const client = new page.LineClient();
    await assert.rejects(client.send('x'), { code: 'cDisconnected', message: 'cDisconnected' });
    assert.throws(() => new page.LineClient('ws://x', { maxDepth: -1 }), { code: 'cInvalidOptions', message: 'maxDepth' });
    assert.equal(new page.LineClient.Error('x', 'text').message, 'text');
  });

  it('keeps the names that applications of the original use', () => {
    const page = vm.createContext({});
    vm.runInContext(GLOBALS, page);
    const client = new page.LineClient();
    for (const name of ['send_', 'sendWithoutResponse_', 'onPingMessage_']) {
      assert.equal(typeof client[name], 'function', name);
    }
    assert.equal(client.ws_, null);
  });
});

for (const name of ['client-node', 'client-web']) {
  describe(`line-socket-native/${name}`, () => {
    it('is the class, by require', () => {
      const Client = require(`line-socket-native/${name}`);
      assert.equal(typeof Client, 'function');
      assert.deepEqual([Client.LineClient, Client.default], [Client, Client]);
      assert.equal(new Client().state, Client.State.READY);
    });

    it('is the class, by the name of its file', () => {
      const Client = require(`../../${name}.js`);
      assert.equal(Client, require(`line-socket-native/${name}`));
    });

    it('is the default export, by import', async () => {
      const module = await import(`line-socket-native/${name}`);
      const { default: Client } = module;
      assert.deepEqual(Object.keys(module).sort(), ['LineClient', 'LineError', 'Message', 'default']);
      assert.equal(module.LineClient, Client);
      assert.equal(module.LineError, Client.Error);
      assert.equal(module.Message, Client.Message);
      assert.equal(new Client().state, 'ready');
    });

    it('leaves globals alone', () => {
      // Node 22 and later load their own WebSocket, which leaves traces, when it is first looked at.
      const script = `
        globalThis.WebSocket;
        const before = Object.getOwnPropertyDescriptors(globalThis);
        const Client = require('line-socket-native/${name}');
        new Client();
        const after = Object.getOwnPropertyDescriptors(globalThis);
        const changed = Reflect.ownKeys({ ...before, ...after }).filter((name) =>
          ['value', 'get', 'set'].some((part) => !Object.is(before[name]?.[part], after[name]?.[part])));
        require('node:assert').deepStrictEqual(changed, []);
      `;
      run(['-e', script]);
    });
  });
}

it('the client for Node needs no package', () => {
  const script = `
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (name, ...rest) => {
      if (name === 'debug') throw Object.assign(new Error(name), { code: 'MODULE_NOT_FOUND' });
      return resolve(name, ...rest);
    };
    const Client = require('line-socket-native/client-node');
    const client = new Client();
    client.on('x', (value) => { if (value !== 1) throw new Error('not called'); });
    client.emit('x', 1);
  `;
  run(['-e', script]);
});

it('the builds for browsers need nothing else', () => {
  for (const file of ['client-web.mjs', 'client-web.js', 'client-web-globals.js']) {
    const text = fs.readFileSync(path.join(ROOT, 'dist', file), 'utf8');
    assert.doesNotMatch(text, /\brequire\(|^import |\bprocess\.|\bBuffer\b/m, file);
  }
});

it('the package carries every file of the client', () => {
  const args = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const npm = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' });
  const packed = JSON.parse(npm)[0].files.map((/** @type {any} */ { path: file }) => file);
  const needed = [
    'client-node.js', 'client-web.js',
    'types/client-node.d.ts', 'types/client-node.d.mts', 'types/client-web.d.ts', 'types/client-web.d.mts', 'types/client.d.ts', 'types/client-options.d.ts', 'types/messages.d.ts',
    'dist/client-web.js', 'dist/client-web.mjs', 'dist/client-web-globals.js',
    ...['client', 'common'].flatMap((folder) => fs.readdirSync(path.join(ROOT, folder)).map((file) => `${folder}/${file}`)),
  ];
  assert.deepEqual(needed.filter((file) => !packed.includes(file)), []);
});

it('the paths of the original are there', () => {
  assert.equal(require('line-socket-native/dist/client-node.js'), require('line-socket-native/client-node'));
  assert.equal(require('line-socket-native/dist/client-web.js'), require('line-socket-native/client-web'));
  assert.ok(require.resolve('line-socket-native/dist/client-web-globals.js'));
});

it('the classes of require and import are the same in Node', async () => {
  const { default: Client } = await import(/** @type {any} */ ('line-socket-native/client-node'));
  assert.equal(Client, require('line-socket-native/client-node'));
});
