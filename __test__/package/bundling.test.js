// @ts-check
'use strict';

/**
 * docs/guides/bundling.md is right: each of its recipes is followed with an application that has installed the packages
 * as they are published, and what comes out serves and connects from a folder of its own.
 */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const { fileOf, packageOf, platformTriple } = require('../../lib/binding/platform');
const { PORT, blocks } = require('../helpers/examples');
const { reservePort } = require('../helpers/ports');
const { withScene } = require('../process/support/scene');
const { Application, pack, publish, temporaryFolder } = require('./application');
const { installTools } = require('./tools');

/** @typedef {import('../process/support/scene').Scene} Scene */

const GUIDE = fs.readFileSync(path.join(__dirname, '../../docs/guides/bundling.md'), 'utf8');
const OWN = packageOf(platformTriple());
const BINARY = fileOf(platformTriple());

/** A client that gets an answer of the guide's server, by Node's own WebSocket or, before Node 22, by `ws`. */
const CLIENT = `const LineClient = require('line-socket-native/client-node');
const client = new LineClient('ws://127.0.0.1:' + process.argv[2]);
client.on('_connected', () => client.send('hello').then(({ hello }) => { console.log(hello); return client.dispose(); }));
try { client.connect(); } catch (error) { console.log(error.message); }
`;

/** Whether this Node has a WebSocket of its own, so that a client needs no `ws`. */
const HAS_WEB_SOCKET = 'WebSocket' in globalThis;

/**
 * @param {string} language
 * @param {string} heading Of the guide.
 * @returns {string} The block.
 */
function block(language, heading) {
  return blocks(GUIDE, language).find((each) => each.heading === heading)?.code ?? assert.fail(`${language}: ${heading}`);
}

const [major] = process.versions.node.split('.').map(Number);

/** Whether the binaries of this system are for glibc or macOS: Deno has none for musl. */
const HAS_DENO = !platformTriple().endsWith('musl');

function bundling() {
  let folder = '';
  /** @type {import('./registry').Registry} */
  let registry;
  /** An application with the guide's server; `ws` is not installed. @type {Application} */
  let application;
  /** @type {Awaited<ReturnType<typeof installTools>>} */
  let tools;
  let port = 0;
  /** Recipes that have been followed. @type {Set<string>} */
  const followed = new Set();

  before(async () => {
    folder = temporaryFolder();
    registry = await publish(await pack(folder), folder);
    application = new Application(registry, folder);
    await application.npm('install', 'line-socket-native@^1');
    port = await reservePort();
    application.write('server.js', block('js', 'Bundling').replaceAll(PORT, String(port)));
    application.write('client.js', CLIENT);
    tools = await installTools();
  });

  after(() => {
    registry?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Runs commands of the guide in the application.
   * @param {string} heading
   * @param {(code: string) => string} [change]
   */
  async function follow(heading, change = (code) => code) {
    followed.add(`sh: ${heading}`);
    return shell(change(block('sh', heading)));
  }

  /** @param {string} code */
  async function shell(code) {
    fs.rmSync(application.path('dist'), { recursive: true, force: true });
    const env = { ...process.env, PATH: [path.dirname(process.execPath), ...tools.path, process.env.PATH].join(path.delimiter) };
    const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-ec', code.replaceAll(/^npx /gm, '')], { cwd: application.folder, env });
    return stdout + stderr;
  }

  /**
   * Copies what a recipe has made to where nothing else is.
   * @param {string} from
   * @param {string[]} [packages] What has to be installed there.
   * @returns {(file: string) => string} The path of a file there.
   */
  function deploy(from, packages = []) {
    const target = fs.mkdtempSync(path.join(folder, 'deployed-'));
    fs.cpSync(application.path(from), target, { recursive: true, verbatimSymlinks: true });
    for (const name of packages) {
      fs.cpSync(application.path(`node_modules/${name}`), path.join(target, 'node_modules', name), { recursive: true });
    }
    return (file) => path.join(target, file);
  }

  /**
   * The server answers, and ends with the scene.
   * @param {Scene} scene
   * @param {string} file A script, or a program.
   * @param {import('../process/support/child').ChildOptions} [options]
   */
  async function serves(scene, file, options) {
    const child = scene.run(file, [], { env: { NODE_PATH: '' }, ...options });
    assert.equal(await child.line(), `Listening on port ${port}`);
    const client = await scene.open(port);
    await client.handshake();
    assert.deepEqual((await client.request('hello')).message.p, { hello: 'yourself' });
    await child.stop();
  }

  it('by esbuild, with the binary beside the bundle', withScene(async (scene) => {
    await follow('esbuild');
    await serves(scene, deploy('dist')('server.js'));
  }));

  it('by esbuild, with the package of the binary', withScene(async (scene) => {
    await follow('esbuild, 2');
    await serves(scene, deploy('dist', [OWN])('server.js'));
  }));

  it('by esbuild, and the binary put beside the bundle by hand, or named', withScene(async (scene) => {
    await follow('esbuild, 2');
    const at = deploy('dist');
    const source = application.path(`node_modules/${OWN}/${BINARY}`);
    await serves(scene, at('server.js'), { env: { LINE_SOCKET_NATIVE_BINARY: source } });
    fs.copyFileSync(source, at(BINARY));
    await serves(scene, at('server.js'));
  }));

  it('by esbuild, without the binary: the error tells of the bundle, and not of npm', withScene(async (scene) => {
    await follow('esbuild, 2');
    const at = deploy('dist');
    const { stderr } = await scene.run(at('server.js')).exited();
    for (const part of ['ERR_LINE_SOCKET_NO_BINARY', `runs from a bundle in ${fs.realpathSync(at('.'))}`, OWN, 'LINE_SOCKET_NATIVE_BINARY', 'docs/guides/bundling.md']) {
      assert.ok(stderr.includes(part), `${part} in:\n${stderr}`);
    }
    for (const wrong of ['not installed', '--omit', 'package-lock']) assert.ok(!stderr.includes(wrong), stderr);
  }));

  it('by esbuild, for ES modules', withScene(async (scene) => {
    await follow('esbuild, for ES modules');
    await serves(scene, deploy('dist', [OWN])('server.mjs'));
  }));

  /**
   * @param {Record<string, unknown>} config
   * @returns {Promise<string[]>} What webpack warns of.
   */
  async function webpack(config) {
    const run = promisify(tools.require('webpack'));
    const result = (await run({ context: application.folder, ...config })).toJson({ all: false, errors: true, warnings: true });
    assert.deepEqual(result.errors, []);
    return result.warnings.map((/** @type {{message: string}} */ { message }) => message);
  }

  it('by webpack', withScene(async (scene) => {
    followed.add('js: webpack');
    const warnings = await webpack(require(application.write('webpack.config.js', block('js', 'webpack'))));
    assert.deepEqual(warnings, []);
    await serves(scene, deploy('dist', ['line-socket-native', OWN, 'debug', 'ms'])('server.js'));
  }));

  it('by ncc', withScene(async (scene) => {
    await follow('ncc');
    const at = deploy('dist');
    assert.deepEqual(fs.readdirSync(at('.')).filter((name) => !/^server/.test(name)).sort(), ['index.js', BINARY].sort());
    await serves(scene, at('index.js'));
  }));

  it('traced by @vercel/nft, as Next does: the binary is among the files, and nothing without need', withScene(async (scene) => {
    const { nodeFileTrace } = tools.require('@vercel/nft');
    const { fileList } = await nodeFileTrace([application.path('server.js')], { base: application.folder });
    const files = [...fileList];
    assert.ok(files.includes(`node_modules/${OWN}/${BINARY}`), files.join('\n'));
    assert.deepEqual(files.filter((file) => !/^(server\.js|package\.json|node_modules\/(line-socket-native|debug|ms)[/-])/.test(file)), []);
    const target = fs.mkdtempSync(path.join(folder, 'traced-'));
    for (const file of files) fs.cpSync(application.path(file), path.join(target, file));
    await serves(scene, path.join(target, 'server.js'));
  }));

  it('traced in a checkout: the binary that was built there, and nothing else that is large', async () => {
    const { nodeFileTrace } = tools.require('@vercel/nft');
    const root = path.join(__dirname, '../..');
    const { fileList } = await nodeFileTrace([path.join(root, 'lib/index.js')], { base: root });
    assert.ok(fileList.has(BINARY));
    assert.deepEqual([...fileList].filter((file) => !/^(lib\/|common\/|package\.json|line-socket-native\..*\.node$|node_modules\/(debug|ms|supports-color|has-flag)\/)/.test(file)), []);
  });

  // Next is large and slow: `LINE_NEXT=1 npm test -- __test__/package/bundling.test.js` installs and runs it.
  if (process.env.LINE_NEXT) {
    it('by Next, as a standalone server', withScene(async (scene) => {
      const next = new Application(registry, folder);
      await next.npm('install', 'line-socket-native@^1');
      await promisify(execFile)('npm', ['install', '--no-save', 'next@16.4.6', 'react@19', 'react-dom@19'], { cwd: next.folder });
      next.write('next.config.js', block('js', 'Next, and others that trace files'));
      next.write('app/layout.js', 'export default ({ children }) => <html><body>{children}</body></html>;');
      next.write('app/page.js', "export default () => 'page';");
      next.write('instrumentation.js', `export async function register() {
        if (process.env.NEXT_RUNTIME === 'nodejs') await import('./line.js');
      }`);
      next.write('line.js', block('js', 'Bundling').replaceAll(PORT, String(port)).replace(/^const Server = .*$/m, "import Server from 'line-socket-native';"));
      await promisify(execFile)('npx', ['next', 'build'], { cwd: next.folder, env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } });
      const target = path.join(fs.mkdtempSync(path.join(folder, 'deployed-')), 'standalone');
      fs.cpSync(next.path('.next/standalone'), target, { recursive: true, verbatimSymlinks: true });
      const child = scene.run(path.join(target, 'server.js'), [], { env: { PORT: String(await reservePort()), HOSTNAME: '127.0.0.1' } });
      while ((await child.line()) !== `Listening on port ${port}`);
      const client = await scene.open(port);
      await client.handshake();
      assert.deepEqual((await client.request('hello')).message.p, { hello: 'yourself' });
    }));
  }
  followed.add('js: Next, and others that trace files');

  // `__test__/loader/electron.test.js` follows it.
  followed.add('js: Electron');

  // The recipe is for Linux.
  const sea = 'A single executable application of Node';
  for (const language of ['sh', 'js']) followed.add(`${language}: ${sea}`);
  if (process.platform === 'linux') {
    it('as a single executable application, with the binary in it, named, or beside it', withScene(async (scene) => {
      const heading = sea;
      const source = application.path(`node_modules/${OWN}/${BINARY}`);
      const server = application.path('server.js');
      const text = fs.readFileSync(server, 'utf8');
      try {
        // One program for all ways, for it takes long to be made.
        fs.writeFileSync(server, `if (process.env.CONTAINED) {\n${block('js', heading)}}\n${text}`);
        const asset = `"assets": { "line-socket-native.node": "node_modules/${OWN}/${BINARY}" }`;
        await follow(heading, (code) => code.replace(' }\'', `, ${asset} }'`));
      } finally {
        fs.writeFileSync(server, text);
      }
      const alone = fs.mkdtempSync(path.join(folder, 'deployed-'));
      const program = path.join(alone, 'server');
      fs.renameSync(application.path('server'), program);
      await serves(scene, program, { program: true, env: { CONTAINED: '1', TMPDIR: alone } });
      assert.deepEqual(fs.readdirSync(alone), ['server'], 'the file is removed once it is loaded');
      const { stderr } = await scene.run(program, [], { program: true }).exited();
      assert.match(stderr, /runs from a single executable application in .* set LINE_SOCKET_NATIVE_BINARY to the path/s);
      await serves(scene, program, { program: true, env: { LINE_SOCKET_NATIVE_BINARY: source } });
      fs.renameSync(application.path(BINARY), path.join(alone, BINARY));
      await serves(scene, program, { program: true });
    }));
  }

  it('by Bun: run, bundled, and as one executable', withScene(async (scene) => {
    const bun = path.join(tools.path[0], 'bun');
    await serves(scene, application.path('server.js'), { program: bun });
    await follow('Bun');
    await serves(scene, deploy('dist')('server.js'), { program: bun });
    const alone = path.join(fs.mkdtempSync(path.join(folder, 'deployed-')), 'server');
    fs.renameSync(application.path('server'), alone);
    await serves(scene, alone, { program: true });
  }));

  followed.add('sh: Deno');
  if (HAS_DENO) {
    it('by Deno, with the permissions that are named', withScene(async (scene) => {
      const deno = path.join(tools.path[0], 'deno');
      const [program, run, ...words] = block('sh', 'Deno').trim().split(' ');
      const [file, ...permissions] = words.reverse();
      assert.deepEqual([program, run, file], ['deno', 'run', 'server.cjs']);
      fs.copyFileSync(application.path('server.js'), application.path(file));
      const env = { DENO_DIR: path.join(folder, 'deno'), NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
      const options = { program: deno, nodeArgs: [run, '--no-prompt', ...permissions], env };
      await serves(scene, application.path(file), options);
      const nodeArgs = options.nodeArgs.filter((option) => option !== '--allow-ffi');
      const child = scene.run(application.path(file), [], { ...options, nodeArgs });
      assert.match((await child.exited()).stderr, /Deno loads addons with --allow-ffi only/);
    }));
  }

  describe('the client, without ws', () => {
    /**
     * Runs a bundle of the client beside a server.
     * @param {Scene} scene
     * @param {string} file
     * @param {import('../process/support/child').ChildOptions} [options]
     */
    async function connects(scene, file, options) {
      const server = scene.run(application.path('server.js'));
      assert.equal(await server.line(), `Listening on port ${port}`);
      const expected = HAS_WEB_SOCKET || options?.program ? 'yourself' : /use Node 22 or later, or install ws \(/;
      const line = await scene.run(file, [port], options).line().catch((error) => error.message);
      if (typeof expected === 'string') assert.equal(line, expected);
      else assert.match(line, expected);
    }

    it('by esbuild, which says nothing of it', withScene(async (scene) => {
      assert.doesNotMatch(await follow('The client'), /ws|WARNING|ERROR/);
      await connects(scene, deploy('dist')('client.js'));
    }));

    it('by esbuild, for ES modules, without a banner', withScene(async (scene) => {
      await follow('The client', (code) => code.replace('client.js --bundle', 'client.js --bundle --format=esm').replace('dist/client.js', 'dist/client.mjs'));
      await connects(scene, deploy('dist')('client.mjs'));
    }));

    it('by webpack, which warns', withScene(async (scene) => {
      const output = { path: application.path('dist'), filename: 'client.js' };
      const warnings = await webpack({ target: 'node', mode: 'production', entry: './client.js', output });
      for (const warning of warnings) assert.match(warning, /Can't resolve '(ws|supports-color)'/);
      await connects(scene, deploy('dist')('client.js'));
    }));

    it('nor debug, which the client does not need', withScene(async (scene) => {
      const [from, to] = ['node_modules/debug', 'debug-elsewhere'].map((file) => application.path(file));
      fs.renameSync(from, to);
      try {
        await follow('The client');
      } finally {
        fs.renameSync(to, from);
      }
      await connects(scene, deploy('dist')('client.js'));
    }));

    it('in Bun and in Deno', withScene(async (scene) => {
      const env = { DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1' };
      const nodeArgs = ['run', '--no-prompt', '--allow-read', '--allow-env', '--allow-net'];
      const file = application.path('client.cjs');
      fs.copyFileSync(application.path('client.js'), file);
      if (HAS_DENO) {
        await connects(scene, file, { program: path.join(tools.path[0], 'deno'), nodeArgs, env });
      }
      assert.equal(await scene.run(file, [port], { program: path.join(tools.path[0], 'bun') }).line(), 'yourself');
    }));
  });

  it('has no recipe that was not followed', () => {
    const all = ['sh', 'js'].flatMap((language) => blocks(GUIDE, language).map(({ heading }) => `${language}: ${heading}`));
    const tried = new Set([...followed, 'js: Bundling']);
    assert.deepEqual(all.filter((name) => !tried.has(name)), []);
    assert.equal(GUIDE.match(/^```\w/gm)?.length, all.length, 'blocks in other languages');
  });
}

// The recipes are commands for a shell of Unix, and the tools are for Node 20 and later.
if (process.platform !== 'win32' && major >= 20) describe('bundling', bundling);
