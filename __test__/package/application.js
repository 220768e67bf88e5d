// @ts-check
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PUBLISHED, packageOf, platformTriple } = require('../../lib/binding/platform');
const { withLock } = require('../../scripts/lock');
const { npm } = require('../../scripts/release/npm');
const { packMain, packPlatform, platformManifest } = require('../../scripts/release/pack');
const { targetOf } = require('../../scripts/release/targets');
const { Registry, manifestOf } = require('./registry');

const ROOT = path.join(__dirname, '../..');

/** Packages of others that applications need: what this one depends on, and `ws` for clients. */
const OTHERS = ['debug', 'ms', 'ws'];

/** @returns {string} A new folder for temporary files. */
function temporaryFolder() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-package-'));
}

/**
 * Packs into a folder, once for all test files of a run that have `LINE_RUN`, its folder; else for the one that asks.
 * @param {string} folder Where to pack without such a folder.
 * @param {string} name Of a folder in that of the run.
 * @param {(folder: string) => Promise<unknown>} make
 * @returns {Promise<string>} The folder of the packages.
 */
async function packedOnce(folder, name, make) {
  const run = process.env.LINE_RUN;
  if (run === undefined) return make(folder).then(() => folder);
  const packed = path.join(run, name);
  await withLock(`${packed}.lock`, async () => {
    if (fs.existsSync(packed)) return;
    const made = fs.mkdtempSync(`${packed}-`);
    await make(made);
    fs.renameSync(made, packed);
  });
  return packed;
}

/**
 * The packages as they are published. `LINE_PACKAGES` names the folder of those that a release has
 * made; else they are packed now, with the binary of this checkout.
 * @param {string} folder For what is packed.
 * @returns {Promise<{main: string, platform: string}>} Their files.
 */
async function pack(folder) {
  const { name, version } = require('../../package.json');
  const made = process.env.LINE_PACKAGES ??
    await packedOnce(folder, 'packages', (to) => Promise.all([packMain(to), packPlatform(platformTriple(), ROOT, to)]));
  const [main, platform] = [name, packageOf(platformTriple())].map((each) => path.resolve(made, `${each}-${version}.tgz`));
  return { main, platform };
}

/**
 * A registry that has the packages, what they need, and the names of those for other platforms.
 * @param {{main: string, platform: string}} packages
 * @param {string} folder For what is packed.
 */
async function publish({ main, platform }, folder) {
  const registry = new Registry();
  const sources = OTHERS.map((name) => path.join(ROOT, 'node_modules', name));
  const packed = await packedOnce(folder, 'others', (to) => npm(['pack', '--ignore-scripts', '--pack-destination', to, ...sources], { cwd: ROOT }));
  for (const source of sources) {
    const { name, version } = require(path.join(source, 'package.json'));
    registry.add(path.join(packed, `${name}-${version}.tgz`));
  }
  for (const triple of PUBLISHED) registry.announce(platformManifest(targetOf(triple)));
  registry.add(main);
  registry.add(platform);
  await registry.start();
  return registry;
}

/** An empty project that installs from a registry of its own. */
class Application {
  #env;

  /**
   * @param {Registry} registry
   * @param {string} folder In which it gets a folder.
   */
  constructor(registry, folder) {
    this.folder = fs.mkdtempSync(path.join(folder, 'application-'));
    this.write('package.json', JSON.stringify({ name: 'application', version: '1.0.0', private: true }));
    this.#env = {
      npm_config_registry: registry.url,
      npm_config_cache: path.join(folder, 'cache'),
      // The user's own settings do not count.
      npm_config_userconfig: path.join(folder, 'no-npmrc'),
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      npm_config_ignore_scripts: 'true',
    };
  }

  /** @param {string[]} args */
  npm(...args) {
    return npm(args, { cwd: this.folder, env: this.#env });
  }

  /** Installs the package under the name of the original. @param {string[]} options */
  install(...options) {
    return this.npm('install', 'line-socket@npm:line-socket-native@^1', ...options);
  }

  /** @param {string} file */
  path(file) {
    return path.join(this.folder, file);
  }

  /**
   * @param {string} file
   * @param {string} text
   * @returns {string} The file's path.
   */
  write(file, text) {
    fs.mkdirSync(path.dirname(this.path(file)), { recursive: true });
    fs.writeFileSync(this.path(file), text);
    return this.path(file);
  }

  /** @returns {string[]} Where the packages are that npm has installed. */
  installed() {
    const { packages } = JSON.parse(fs.readFileSync(this.path('node_modules/.package-lock.json'), 'utf8'));
    return Object.keys(packages).sort();
  }
}

module.exports = { Application, manifestOf, pack, publish, temporaryFolder };
