// @ts-check
'use strict';

/**
 * Applications of Electron: code in `app.asar`, binaries in `app.asar.unpacked`. Electron is not here. Its archive is played by a
 * folder in which the binary is an empty file, and what Electron replaces to load addons
 * (`process.dlopen` and `Module._extensions['.node']`, in its `lib/asar/fs-wrapper.ts`) is replaced in the same way.
 */

const { describe, it, beforeEach, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const esbuild = require('esbuild');
const { fileOf, packageOf, platformTriple } = require('../../lib/binding/platform');
const { publishedManifest } = require('../../scripts/release/pack');
const { blocks } = require('../helpers/examples');

const ROOT = path.join(__dirname, '../..');
const BINARY = fileOf(platformTriple());
const OWN = packageOf(platformTriple());
const GUIDE = fs.readFileSync(path.join(ROOT, 'docs/guides/bundling.md'), 'utf8');

/** The pattern of the guide, and what it means. */
const ASAR_UNPACK = "asarUnpack: ['**/*.node']";
const isUnpacked = (/** @type {string} */ file) => file.endsWith('.node');

const ELECTRON = `
  const Module = require('node:module');
  const unpacked = (file) => file.replace(/(\\.asar)(?=[\\\\/])/, '$1.unpacked');
  const { dlopen } = process;
  process.dlopen = (module, file, ...rest) => dlopen.call(process, module, unpacked(file), ...rest);
  const load = Module._extensions['.node'];
  Module._extensions['.node'] = (module, file) => load(module, unpacked(file));
  Object.defineProperty(process.versions, 'electron', { value: '42.0.0' });
`;

/** Starts a server and stops it. */
const MAIN = `
  const Server = require('line-socket-native');
  const server = new Server({ port: 0 });
  server.start().then(() => server.stop()).then(() => console.log('served'));
`;

describe('an application of Electron', () => {
  let folder = '';
  const at = (/** @type {string[]} */ ...parts) => path.join(folder, ...parts);

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-electron-')));
    const copy = at('source/node_modules/line-socket-native');
    for (const name of ['lib', 'common']) fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    fs.writeFileSync(path.join(copy, 'package.json'), JSON.stringify(publishedManifest()));
    for (const name of ['debug', 'ms']) fs.cpSync(path.join(ROOT, 'node_modules', name), at('source/node_modules', name), { recursive: true });
    fs.writeFileSync(at('source/main.js'), MAIN);
    fs.writeFileSync(at('electron.js'), ELECTRON);
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Installs the package of the binary. */
  function install() {
    fs.mkdirSync(at('source/node_modules', OWN));
    fs.writeFileSync(at('source/node_modules', OWN, 'package.json'), JSON.stringify({ name: OWN, main: BINARY }));
    fs.copyFileSync(path.join(ROOT, BINARY), at('source/node_modules', OWN, BINARY));
  }

  /**
   * Packs the application: what is unpacked is an empty file in the archive.
   * @param {(file: string) => boolean} [unpack] Which files are unpacked.
   */
  function pack(unpack = isUnpacked) {
    fs.cpSync(at('source'), at('app.asar'), { recursive: true });
    for (const entry of fs.readdirSync(at('source'), { recursive: true, withFileTypes: true })) {
      const file = path.relative(at('source'), path.join(/** @type {any} */ (entry).parentPath ?? entry.path, entry.name));
      if (!entry.isFile() || !unpack(file)) continue;
      fs.mkdirSync(path.dirname(at('app.asar.unpacked', file)), { recursive: true });
      fs.renameSync(at('app.asar', file), at('app.asar.unpacked', file));
      fs.writeFileSync(at('app.asar', file), '');
    }
    fs.rmSync(at('source'), { recursive: true });
  }

  /** @param {string[]} args @param {Record<string, string>} [env] */
  function run(args, env = {}) {
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000, env: { ...process.env, LINE_SOCKET_NATIVE_BINARY: '', ...env } });
    return stdout + stderr;
  }

  /** @param {Record<string, string>} [env] */
  const runElectron = (env) => run(['--require', at('electron.js'), at('app.asar/main.js')], env);

  it('loads the binary that is unpacked as the guide says', () => {
    assert.ok(blocks(GUIDE, 'js').some(({ heading, code }) => heading === 'Electron' && code.includes(ASAR_UNPACK)));
    install();
    pack();
    assert.equal(runElectron(), 'served\n');
    assert.match(run([at('app.asar/main.js')]), /ERR_LINE_SOCKET_NO_BINARY/, 'the file in the archive is empty');
  });

  it('loads the binary beside a bundle in the archive', () => {
    esbuild.buildSync({
      entryPoints: [at('source/main.js')], outfile: at('source/main.js'), allowOverwrite: true, bundle: true, platform: 'node',
      external: ['line-socket-native-*'], logLevel: 'silent',
    });
    fs.rmSync(at('source/node_modules'), { recursive: true });
    fs.copyFileSync(path.join(ROOT, BINARY), at('source', BINARY));
    pack();
    assert.equal(runElectron(), 'served\n');
  });

  it('loads the binary that the environment names, in the archive or beside it', () => {
    fs.copyFileSync(path.join(ROOT, BINARY), at('source/any.node'));
    pack();
    for (const name of ['app.asar', 'app.asar.unpacked']) {
      assert.equal(runElectron({ LINE_SOCKET_NATIVE_BINARY: at(name, 'any.node') }), 'served\n');
    }
  });

  it('can start a plain Node that has the whole package unpacked', () => {
    install();
    pack(() => true);
    assert.equal(run([at('app.asar.unpacked/main.js')]), 'served\n');
  });

  it('without the binary: the error names the archive, and asarUnpack', () => {
    pack();
    const output = runElectron();
    for (const part of [
      'ERR_LINE_SOCKET_NO_BINARY', 'Electron 42.0.0, Node v', `runs from Electron's archive ${at('app.asar')}, where neither ${OWN} nor`,
      `npm install --os=${process.platform} --cpu=${process.arch}`, '"asarUnpack": ["**/*.node"]', 'docs/guides/bundling.md',
    ]) assert.ok(output.includes(part), `${part} in:\n${output}`);
    assert.ok(!output.includes('--omit'), output);
  });
});
