// @ts-check
'use strict';

/**
 * Bundlers and other runtimes, for the tests of docs/guides/bundling.md: installed from npm's registry when they are
 * first needed, exactly as `tools/package-lock.json` says, into `target/tools/bundling`.
 */

const fs = require('node:fs');
const path = require('node:path');
const { withLock } = require('../../scripts/lock');
const { npm } = require('../../scripts/release/npm');

const ROOT = path.join(__dirname, '../..');
const SOURCE = path.join(__dirname, 'tools');
const FOLDER = path.join(ROOT, 'target/tools/bundling');
const PROGRAMS = path.join(FOLDER, 'programs');

/** @param {string} file */
const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined);

/**
 * The program of a package that has it in a package for each platform. Their own install scripts, which copy it, do
 * not run here.
 * @param {string} scope
 * @param {string} file
 */
function programOf(scope, file) {
  const folder = path.join(FOLDER, 'node_modules', scope);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names.map((name) => path.join(folder, name, file)).find((program) => fs.existsSync(program));
}

const LOCK_FILE = path.join(SOURCE, 'package-lock.json');

/** A copy of the lock file that the tools were installed by. */
const INSTALLED = path.join(FOLDER, 'installed.json');

function isInstalled() {
  return read(INSTALLED) === read(LOCK_FILE);
}

/** Installs the tools; another process may have done so while this one waited. */
async function installMissing() {
  if (isInstalled()) return;
  fs.mkdirSync(PROGRAMS, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) fs.copyFileSync(path.join(SOURCE, name), path.join(FOLDER, name));
  await npm(['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: FOLDER });
  const found = { bun: programOf('@oven', 'bin/bun'), deno: programOf('@deno', 'deno') };
  for (const [name, program] of Object.entries(found)) {
    fs.rmSync(path.join(PROGRAMS, name), { force: true });
    if (program !== undefined) fs.symlinkSync(program, path.join(PROGRAMS, name));
  }
  fs.copyFileSync(LOCK_FILE, INSTALLED);
}

/**
 * Installs the tools where they are missing, or others than locked.
 * @returns {Promise<{path: string[], has: (program: string) => boolean, require: NodeRequire}>} Folders of programs for
 *   `PATH`, which of them there are (some are not made for every platform), and how to load a package.
 */
async function installTools() {
  if (!isInstalled()) await withLock(`${FOLDER}.lock`, installMissing);
  return {
    path: [PROGRAMS, path.join(FOLDER, 'node_modules/.bin'), path.join(ROOT, 'node_modules/.bin')],
    has: (program) => fs.existsSync(path.join(PROGRAMS, program)),
    require: require('node:module').createRequire(path.join(FOLDER, 'package.json')),
  };
}

module.exports = { installTools };
