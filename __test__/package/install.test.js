// @ts-check
'use strict';

/**
 * The package as it is published, installed in an empty project under the name of the original: what
 * is in it, and that the examples of the README and the guides run from there, in whatever way they are built.
 */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const esbuild = require('esbuild');
const ts = require('typescript');
const { PUBLISHED, packageOf, platformTriple } = require('../../lib/binding/platform');
const { isAddon } = require('../../scripts/addon');
const { PORT, blocks, compile } = require('../helpers/examples');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');
const { Application, pack, publish, temporaryFolder } = require('./application');
const { manifestOf, readPackage } = require('./registry');

/** @typedef {import('../process/support/scene').Scene} Scene */

const ROOT = path.join(__dirname, '../..');
/** @param {string} file Path from the root. */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');
const OWN = packageOf(platformTriple());

/** What is in the package, beside folders. */
const FILES = [
  'CHANGELOG.md', 'LICENSE', 'README.md',
  'client-node.js', 'client-web.js',
  'dist/client-web-globals.js', 'dist/client-web.js', 'dist/client-web.mjs',
  'index.d.ts', 'lua/publish.lua', 'package.json', 'server.js',
];

/** Its folders, and what they may hold. */
const FOLDERS = [/^lib\/(?:[\w-]+\/)?[\w-]+\.m?js$/, /^client\/[\w-]+\.m?js$/, /^common\/[\w-]+\.js$/, /^types\/[\w-]+\.d\.m?ts$/];

let folder = '';
/** @type {{main: string, platform: string}} */
let packages;
/** @type {import('./registry').Registry} */
let registry;
/** An application that has installed the package, and `ws` for clients. @type {Application} */
let application;

before(async () => {
  folder = temporaryFolder();
  packages = await pack(folder);
  registry = await publish(packages, folder);
  application = new Application(registry, folder);
  await application.install();
});

after(() => {
  registry?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Where examples are, by language and heading, if not in the README. @type {Record<string, string>} */
const PAGES = {
  'mjs: TypeScript and ES modules': 'docs/guides/typescript.md',
  'ts: Typed messages': 'docs/guides/typescript.md',
  'ts: Typed messages, client': 'docs/guides/client.md',
};

/**
 * An example of the README or a guide, for an application that knows the package as `line-socket`. The server
 * that answers after two seconds does so at once.
 * @param {string} language
 * @param {string} heading
 * @param {number} port
 */
function example(language, heading, port) {
  const text = read(PAGES[`${language}: ${heading}`] ?? 'README.md');
  const found = blocks(text, language).find((block) => block.heading === heading.replace(/, client$/, ''));
  assert.ok(found, `${language}: ${heading}`);
  return found.code.replace(PORT, String(port)).replaceAll("'line-socket-native", "'line-socket").replace(', 2000)', ', 0)');
}

/**
 * Runs a server, and waits until it listens.
 * @param {Scene} scene
 * @param {string} file
 * @param {number} port
 */
async function runServer(scene, file, port) {
  const child = scene.run(file);
  assert.equal(await child.line(), `Listening on port ${port}`);
  return child;
}

/**
 * The README's first server is asked what its text says.
 * @param {Scene} scene
 * @param {number} port
 */
async function greet(scene, port) {
  const client = await scene.open(port);
  await client.handshake();
  assert.deepEqual((await client.request('hello', { name: 'Ada' })).message.p, { hello: 'yourself' });
}

/**
 * The README's first client greets its first server.
 * @param {Scene} scene
 * @param {string} file
 */
async function runClient(scene, file) {
  const child = scene.run(file);
  assert.equal(await child.line(), 'Connected to server');
  assert.equal(await child.line(), "Greeting completed { hello: 'yourself' }");
}

describe('the package', () => {
  it('holds what it needs and nothing else', () => {
    const names = readPackage(packages.main).map(({ name }) => name);
    const [inFolders, others] = [true, false].map((expected) =>
      names.filter((name) => FOLDERS.some((pattern) => pattern.test(name)) === expected),
    );
    assert.deepEqual(others.sort(), FILES);
    for (const pattern of FOLDERS) assert.ok(inFolders.some((name) => pattern.test(name)), String(pattern));
  });

  it('of a platform holds the binary and licences', () => {
    const entries = readPackage(packages.platform);
    const binary = `line-socket-native.${platformTriple()}.node`;
    const expected = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', binary, 'package.json'];
    assert.deepEqual(entries.map(({ name }) => name).sort(), expected.sort());
    const licences = String(entries.find(({ name }) => name === 'THIRD-PARTY-LICENSES.txt')?.bytes);
    for (const part of ['- rustls ', '- tokio ', 'Permission is hereby granted', 'Permission to use, copy, modify']) {
      assert.ok(licences.includes(part), part);
    }
  });

  it('says nothing of the checkout in package.json', () => {
    const manifest = manifestOf(packages.main);
    const internal = ['private', '//repository', 'scripts', 'devDependencies', 'overrides', 'napi'];
    assert.deepEqual(internal.filter((key) => key in manifest), []);
    assert.deepEqual(Object.keys(manifest.dependencies), ['debug']);
  });

  it('is not larger than the guide to installing says', () => {
    const row = /^\| ([^|]+) \| ([\d.]+) (KiB|MiB) \| ([\d.]+) (KiB|MiB) \|$/gm;
    const bytes = (/** @type {string} */ number, /** @type {string} */ unit) => Number(number) * (unit === 'KiB' ? 1024 : 1024 ** 2);
    const stated = new Map([...read('docs/guides/installing.md').matchAll(row)].map(([, name, packed, packedUnit, size, unit]) => [
      name, [bytes(packed, packedUnit), bytes(size, unit)],
    ]));
    // The addon for the tests is larger.
    const isRelease = process.env.LINE_PACKAGES !== undefined || isAddon('release');
    const own = `its binary for ${process.platform === 'linux' ? 'Linux' : 'macOS or Windows'}`;
    for (const [name, file] of [['`line-socket-native`', packages.main], [own, packages.platform]]) {
      const [packed, unpacked] = stated.get(name) ?? assert.fail(`no row for ${name}`);
      if (file === packages.platform && !isRelease) continue;
      const size = readPackage(file).reduce((sum, entry) => sum + entry.bytes.length, 0);
      assert.ok(fs.statSync(file).size <= packed, `${name}: ${fs.statSync(file).size} bytes packed`);
      assert.ok(size <= unpacked, `${name}: ${size} bytes unpacked`);
    }
  });

  it('has nothing that publint reports', async () => {
    for (const file of [packages.main, packages.platform]) {
      const cli = path.join(ROOT, 'node_modules/publint/src/cli.js');
      const { stdout } = await promisify(execFile)(process.execPath, [cli, file, '--strict'], { env: { ...process.env, NO_COLOR: '1' } });
      assert.match(stdout, /All good!/, stdout);
    }
  });

  it('has nothing that Are The Types Wrong reports', async () => {
    const cli = path.join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    // Paths of the original, which had no types: they are for `require`, so a check for `import` fails. The last is
    // for a <script> tag, and nothing to import. The script for Redis is no module.
    const kept = ['./dist/client-node.js', './dist/client-web.js', './dist/client-web-globals.js', './lua/publish.lua'];
    await promisify(execFile)(process.execPath, [cli, packages.main, '--no-color', '--exclude-entrypoints', ...kept])
      .catch(({ stdout }) => assert.fail(stdout));
  });
});

describe('npm install', () => {
  it('downloads the package, the binary for this platform, and what they depend on', () => {
    assert.deepEqual(registry.downloads.slice(0, 4).sort(), ['debug', OWN, 'line-socket-native', 'ms'].sort());
    assert.deepEqual(application.installed(), ['debug', 'line-socket', OWN, 'ms'].map((name) => `node_modules/${name}`).sort());
  });

  it('runs no scripts', () => {
    const { packages: all } = JSON.parse(fs.readFileSync(application.path('package-lock.json'), 'utf8'));
    assert.deepEqual(Object.keys(all).filter((name) => all[name].hasInstallScript), []);
  });

  it('locks the binaries of every platform, so that the lock file serves all', () => {
    const { packages: all } = JSON.parse(fs.readFileSync(application.path('package-lock.json'), 'utf8'));
    for (const name of PUBLISHED.map(packageOf)) assert.equal(all[`node_modules/${name}`]?.optional, true, name);
  });

  it('leaves a tree that npm ls finds nothing wrong with', async () => {
    const { problems, dependencies } = JSON.parse(await application.npm('ls', '--all', '--json'));
    assert.equal(problems, undefined);
    assert.equal(dependencies['line-socket'].dependencies[OWN].version, manifestOf(packages.main).version);
  });

  it('with --omit=optional leaves out the binary, and the error names that', async () => {
    const other = new Application(registry, folder);
    await other.install('--omit=optional');
    const error = await promisify(execFile)(process.execPath, ['-e', "require('line-socket')"], { cwd: other.folder }).catch((reason) => reason);
    for (const part of ['ERR_LINE_SOCKET_NO_BINARY', OWN, 'in package-lock.json, but not installed', '--omit=optional']) {
      assert.ok(String(error.stderr).includes(part), `${part} in:\n${error.stderr}`);
    }
  });

  it('in a layout of links, as that of pnpm, leaves a package that works', withScene(async (scene) => {
    const other = new Application(registry, folder);
    await other.install('--install-strategy=linked');
    assert.ok(fs.lstatSync(other.path('node_modules/line-socket')).isSymbolicLink());
    assert.ok(!fs.existsSync(other.path(`node_modules/${OWN}`)), 'the binary is out of reach of the application');
    const port = await reservePort();
    await runServer(scene, other.write('server.cjs', example('js', 'A server', port)), port);
    await greet(scene, port);
  }));
});

describe('an application', () => {
  before(() => application.npm('install', 'ws'));

  it('in CommonJS', withScene(async (scene) => {
    const port = await reservePort();
    await runServer(scene, application.write('cjs/server.cjs', example('js', 'A server', port)), port);
    await runClient(scene, application.write('cjs/client.cjs', example('js', 'A client', port)));
  }));

  it('of ES modules', withScene(async (scene) => {
    const port = await reservePort();
    await runServer(scene, application.write('esm/server.mjs', example('mjs', 'TypeScript and ES modules', port)), port);
    const client = await scene.open(port);
    await client.handshake();
    assert.equal((await client.request('half', 3)).message.p, 1.5);
  }));

  /** @type {Record<string, ts.CompilerOptions>} */
  const resolutions = {
    node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    bundler: { module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };
  for (const [name, options] of Object.entries(resolutions)) {
    it(`in TypeScript, with moduleResolution ${name}`, withScene(async (scene) => {
      const port = await reservePort();
      compile([
        application.write(`${name}/server.mts`, example('ts', 'Typed messages', port)),
        application.write(`${name}/client.mts`, example('ts', 'Typed messages, client', port)),
      ], options);
      await runServer(scene, application.path(`${name}/server.mjs`), port);
      const client = scene.run(application.path(`${name}/client.mjs`));
      assert.equal(await client.line(), 'Hello Ada');
      const other = await scene.open(port);
      await other.handshake();
      other.json({ n: 'note', p: 'bye' });
      assert.equal(await client.line(), 'News: bye');
      await client.succeeded();
    }));
  }

  it('in a bundle: beside it only the package with the binary is needed', withScene(async (scene) => {
    const port = await reservePort();
    const deployed = new Application(registry, folder);
    for (const [name, heading] of [['server', 'A server'], ['client', 'A client']]) {
      await esbuild.build({
        entryPoints: [application.write(`bundled/${name}.js`, example('js', heading, port))],
        outfile: deployed.path(`${name}.js`),
        bundle: true,
        platform: 'node',
        // What docs/guides/bundling.md says to leave out.
        external: ['line-socket-native-*', 'ws'],
        logLevel: 'error',
      });
    }
    for (const name of [OWN, 'ws']) {
      fs.cpSync(application.path(`node_modules/${name}`), deployed.path(`node_modules/${name}`), { recursive: true });
    }
    await runServer(scene, deployed.path('server.js'), port);
    await runClient(scene, deployed.path('client.js'));
  }));

  it('in a worker thread', withScene(async (scene) => {
    const port = await reservePort();
    application.write('worker/server.js', example('js', 'A server', port));
    const main = `new (require('node:worker_threads').Worker)(require.resolve('./server.js'));`;
    await runServer(scene, application.write('worker/main.js', main), port);
    await greet(scene, port);
  }));

  it('in a page: bundlers find the client for browsers', withScene(async (scene) => {
    const port = await reservePort();
    await runServer(scene, application.write('page/server.cjs', example('js', 'A server', port)), port);
    const code = example('js', 'A client', port).replace('client-node', 'client-web');
    const kinds = { 'client-web.js': code, 'client-web.mjs': code.replace(/const (\w+) = require\((.*)\)/, 'import $1 from $2') };
    for (const [build, text] of Object.entries(kinds)) {
      const outfile = application.path(`page/bundle-of-${build}.cjs`);
      const { metafile } = await esbuild.build({
        entryPoints: [application.write(`page/of-${build}`, text)], outfile, bundle: true, metafile: true, format: 'iife', logLevel: 'error',
      });
      const inputs = Object.keys(metafile.inputs).filter((input) => input.includes('node_modules'));
      assert.deepEqual(inputs.map((input) => path.basename(input)), [build]);
      // The browser's part is played by `ws`.
      await runClient(scene, application.write(`page/run-${build}.cjs`, `
        globalThis.WebSocket = require('ws');
        require(${JSON.stringify(outfile)});`));
    }
  }));
});
