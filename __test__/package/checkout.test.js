// @ts-check
'use strict';

/** Copies of a checkout: they work, or what makes them says what to do. */

const { describe, it, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const { fileOf, platformTriple } = require('../../lib/binding/platform');
const { builtOf } = require('../../scripts/addon');
const { npm } = require('../../scripts/release/npm');
const { Application, pack, publish, temporaryFolder } = require('./application');
const { readPackage } = require('./registry');
const { installTools } = require('./tools');

const ROOT = path.join(__dirname, '../..');
const BINARY = fileOf(platformTriple());
const SCRIPTS = '--ignore-scripts=false';

/** Starts a server and a client from where they are installed. */
const PROGRAM = `const Server = require('line-socket-native');
require('line-socket-native/client-web');
const server = new Server({ port: 0, host: '127.0.0.1' });
server.start().then(() => server.stop()).then(() => console.log('served'));
`;

describe('a copy of a checkout', () => {
  let folder = '';
  /** @type {import('./registry').Registry} */
  let registry;
  /** A checkout that has not been built. */
  let unbuilt = '';
  /** One that has been, with the addon of this one, whichever way that was built. */
  let built = '';

  before(async () => {
    folder = temporaryFolder();
    registry = await publish(await pack(folder), folder);
    unbuilt = path.join(folder, 'unbuilt');
    fs.mkdirSync(unbuilt);
    for (const name of ['package.json', 'Cargo.toml', 'lib', 'client', 'common', 'scripts', 'types', 'index.d.ts', 'server.js']) {
      fs.cpSync(path.join(ROOT, name), path.join(unbuilt, name), { recursive: true, filter: (file) => !/node_modules/.test(path.relative(ROOT, file)) });
    }
    built = path.join(folder, 'built');
    fs.cpSync(unbuilt, built, { recursive: true });
    const rest = fs.readdirSync(ROOT).filter((name) => /^client-/.test(name) || [BINARY, 'dist'].includes(name));
    for (const name of rest) fs.cpSync(path.join(ROOT, name), path.join(built, name), { recursive: true });
    // `prepack` makes the client for browsers, which takes esbuild.
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(built, 'node_modules'), 'junction');
  });

  after(() => {
    registry?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** @param {Application} application */
  async function assertServes(application) {
    application.write('program.cjs', PROGRAM);
    assert.ok(!fs.lstatSync(fs.realpathSync(application.path('node_modules/line-socket-native'))).isSymbolicLink());
    assert.ok(!fs.existsSync(application.path('node_modules/line-socket-native/Cargo.toml')), 'it is a copy');
    const { stdout } = await promisify(execFile)(process.execPath, ['program.cjs'], { cwd: application.folder });
    assert.equal(stdout.trim(), 'served');
  }

  /** @param {Promise<unknown>} done */
  async function assertSaysWhatToDo(done) {
    const { message } = await done.then(() => assert.fail('it succeeded'), (error) => error);
    assert.match(message, new RegExp(`which has not been built: ${BINARY.replaceAll('.', '\\.')}`));
    assert.match(message, /needs Rust .*run "npm ci && npm run build"/);
  }

  it('by npm install --install-links', async () => {
    const application = new Application(registry, folder);
    await application.npm('install', '--install-links', SCRIPTS, built);
    await assertServes(application);
  });

  it('by npm pack', async () => {
    const application = new Application(registry, folder);
    await npm(['pack', '--pack-destination', application.folder], { cwd: built });
    const [file] = fs.readdirSync(application.folder).filter((name) => name.endsWith('.tgz'));
    const binaries = readPackage(application.path(file)).map(({ name }) => name).filter((name) => name.endsWith('.node'));
    assert.ok(binaries.includes(BINARY), binaries.join());
    await application.npm('install', SCRIPTS, `./${file}`);
    await assertServes(application);
  });

  it('by pnpm, as file:', { skip: Number(process.versions.node.split('.')[0]) < 20 }, async () => {
    const application = new Application(registry, folder);
    const { path: folders } = await installTools();
    const env = { ...process.env, npm_config_registry: registry.url, npm_config_store_dir: path.join(folder, 'store'), CI: 'true' };
    const pnpm = path.join(folders[1], '../pnpm/bin/pnpm.cjs');
    await promisify(execFile)(process.execPath, [pnpm, 'add', `file:${built}`], { cwd: application.folder, env });
    await assertServes(application);
  });

  it('that has been built for the tests, by npm pack: npm fails and says what to do', async () => {
    const library = path.join(folder, 'target/addon/tests', path.basename(builtOf('tests')));
    fs.cpSync(path.join(built, BINARY), library);
    const env = { CARGO_TARGET_DIR: path.join(folder, 'target') };
    const { message } = await npm(['pack', '--pack-destination', folder], { cwd: built, env }).then(() => assert.fail('it succeeded'), (error) => error);
    assert.match(message, /was built for the tests, and is slower\.\nBuild it for release first: run "npm run build" in /);
    fs.appendFileSync(library, 'another one');
    await npm(['pack', '--pack-destination', folder], { cwd: built, env });
  });

  it('that has not been built, by npm install --install-links: npm fails and says what to do', async () => {
    await assertSaysWhatToDo(new Application(registry, folder).npm('install', '--install-links', SCRIPTS, unbuilt));
  });

  it('that has not been built, by npm pack: npm fails and says what to do', async () => {
    await assertSaysWhatToDo(npm(['pack', '--pack-destination', folder], { cwd: unbuilt }));
  });

  it('that has not been built, installed from git: npm fails and says what to do', async () => {
    const source = path.join(folder, 'git');
    fs.cpSync(unbuilt, source, { recursive: true });
    // npm installs the development dependencies of what it gets from git, which this is not about.
    const manifest = JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8'));
    fs.writeFileSync(path.join(source, 'package.json'), JSON.stringify({ ...manifest, devDependencies: {} }));
    const git = (/** @type {string[]} */ ...args) => promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: source });
    for (const args of [['init', '-q'], ['add', '-A'], ['commit', '-qm', 'all']]) await git(...args);
    await assertSaysWhatToDo(new Application(registry, folder).npm('install', SCRIPTS, `git+file://${source}`));
  });

  it('is not what npm ci or a link in an application make: these go through unbuilt', async () => {
    const application = new Application(registry, folder);
    await application.npm('install', SCRIPTS, '--no-install-links', '--omit=dev', unbuilt);
    assert.ok(fs.lstatSync(application.path('node_modules/line-socket-native')).isSymbolicLink());
    const env = { npm_config_registry: registry.url, npm_config_cache: path.join(folder, 'cache') };
    await npm(['run', 'prepare'], { cwd: unbuilt, env });
  });
});
