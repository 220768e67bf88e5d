// @ts-check
'use strict';

/** Facts about an installation whose binary does not load. Gathered only after loading has failed. */

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { PUBLISHED, packageOf } = require('./platform.js');

/** The folder of this module, or of the bundle. Undefined in bundles of ES modules, which have no `__dirname`. */
const here = typeof __dirname === 'undefined' ? undefined : __dirname;

/** The folder of this package; without meaning in a bundle. */
const root = actual(path.resolve(here ?? process.cwd(), '../..'));

/** The folder it is installed in, `node_modules`; undefined in a checkout. */
const modules = path.basename(path.dirname(root)) === 'node_modules' ? path.dirname(root) : undefined;

/**
 * @param {string} folder
 * @returns {string} The folder on disk that Yarn's Plug'n'Play shows under a name of its own.
 */
function actual(folder) {
  return /** @type {any} */ (Module).findPnpApi?.(folder)?.resolveVirtual?.(folder) ?? folder;
}

/**
 * @param {string} file
 * @returns {any} The JSON in a file; undefined when it cannot be read.
 */
function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether this code runs from a bundle: then the file has another name, or no absolute path. */
function isBundled() {
  if (here === undefined || typeof __filename === 'undefined') return true;
  return path.basename(__filename) !== 'binary-facts.js' || !path.isAbsolute(here);
}

/** Whether this is a single executable application (of Node). */
function isSingleExecutable() {
  try {
    return /** @type {any} */ (process).getBuiltinModule('node:sea').isSea();
  } catch {
    return false;
  }
}

/** @returns {string | undefined} The archive of Electron that this code runs from, e.g. `…/resources/app.asar`. */
function archive() {
  return /^.*?\.asar(?=[\\/]|$)/.exec(here ?? '')?.[0];
}

/** `package.json` of this package; undefined in a bundle. @type {any} */
const manifest = isBundled() ? undefined : readJson(`${root}${path.sep}package.json`);

/** Whether this is a checkout: not a copy that has all of its files, as Yarn makes of `file:`. */
function isCheckout() {
  return !isBundled() && fs.existsSync(`${root}${path.sep}Cargo.toml`) && !isInstalled();
}

/** Whether this package's own folder, and not a link to it, is in `node_modules`. */
function isInstalled() {
  try {
    return path.basename(path.dirname(fs.realpathSync(root))) === 'node_modules';
  } catch {
    return modules !== undefined;
  }
}

/** Whether this was copied from a checkout, as by `npm pack` in it, and is not what is published. */
function isCopyOfCheckout() {
  return manifest?.private === true && !isCheckout();
}

/** @returns {string[]} Binaries in the package's own folder, where builds and copies of them are. */
function localBinaries() {
  try {
    return fs.readdirSync(root).filter((name) => /^line-socket-native\..+\.node$/.test(name));
  } catch {
    return [];
  }
}

/**
 * Packages of other platforms in the folders where this platform's should be.
 * @param {string} own
 * @returns {string[]}
 */
function foreignPackages(own) {
  const nested = path.join(root, 'node_modules');
  const folders = modules === undefined ? [nested] : [modules, nested];
  return PUBLISHED.map(packageOf).filter(
    (name) => name !== own && folders.some((folder) => fs.existsSync(path.join(folder, name))),
  );
}

/**
 * Where a package is.
 * @param {string} name
 * @param {(string | undefined)[]} from Folders from which Node would look for it.
 * @returns {string | undefined} Its folder.
 */
function installedFolder(name, from) {
  const starts = from.filter((folder) => folder !== undefined);
  const folders = starts.flatMap((start) => Module.createRequire(path.join(start, 'any.js')).resolve.paths(name) ?? []);
  return folders.map((folder) => path.join(folder, name)).find((folder) => fs.existsSync(path.join(folder, 'package.json')));
}

/**
 * What the application's lock file of npm says about the package of a platform.
 * @param {string} name
 * @returns {'listed' | 'others' | 'none' | 'unknown'} `others`: it lists packages of other platforms only; `none`: it lists
 *   none; `unknown`: there is no such file, or it does not list line-socket-native.
 */
function lockEntry(name) {
  const packages = modules === undefined ? undefined : readJson(path.join(modules, '..', 'package-lock.json'))?.packages;
  if (typeof packages !== 'object' || packages === null || !(`node_modules/${path.basename(root)}` in packages)) return 'unknown';
  const has = (/** @type {string} */ other) => Object.keys(packages).some((folder) => folder.endsWith(`node_modules/${other}`));
  if (has(name)) return 'listed';
  return PUBLISHED.map(packageOf).some(has) ? 'others' : 'none';
}

/** @returns {'npm' | 'pnpm' | 'yarn'} What has installed this package, as far as its folder shows. */
function packageManager() {
  // Plug'n'Play of Yarn.
  if ('pnp' in process.versions) return 'yarn';
  const above = modules === undefined ? root : path.dirname(modules);
  if (fs.existsSync(path.join(above, 'yarn.lock'))) return 'yarn';
  if (root.includes(`${path.sep}.pnpm${path.sep}`) || fs.existsSync(path.join(above, 'pnpm-lock.yaml'))) return 'pnpm';
  return 'npm';
}

/**
 * Describes what is at a path where a binary should be.
 * @param {string} file
 */
function describe(file) {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return 'where there is no file';
  if (!found.isFile()) return 'which is not a file';
  if (path.extname(file) !== '.node') return 'whose name does not end with .node';
  return 'which Node does not find';
}

/** @returns {[option: string, source: string] | undefined} The option that turns addons off, and where it was given. */
function noAddonsOption() {
  const option = '--no-addons';
  if (process.execArgv.includes(option)) return [option, 'on the command line'];
  if ((process.env.NODE_OPTIONS ?? '').split(/\s+/).includes(option)) return [option, 'in NODE_OPTIONS'];
  return undefined;
}

/** @returns {string} Name and version of the runtime. */
function runtime() {
  const { bun, deno, electron } = /** @type {Record<string, string | undefined>} */ (process.versions);
  if (bun !== undefined) return `Bun ${bun}`;
  if (deno !== undefined) return `Deno ${deno}`;
  if (electron !== undefined) return `Electron ${electron}, Node ${process.version}`;
  return `Node ${process.version}`;
}

module.exports = {
  archive, describe, foreignPackages, here, installedFolder, isBundled, isCheckout, isCopyOfCheckout, isSingleExecutable,
  localBinaries, lockEntry, noAddonsOption, packageManager, root, runtime, version: /** @type {string | undefined} */ (manifest?.version),
};
