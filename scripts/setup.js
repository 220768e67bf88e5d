// @ts-check
'use strict';

/**
 * Prepares a checkout: installs the development dependencies and builds the addon, if they are missing or out of
 * date. It runs first in `npm start`, `npm test` and others, so it needs only Node, and no network when nothing has
 * changed. `--tests` builds the addon for the tests.
 */

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { isDeepStrictEqual } = require('node:util');

const ROOT = path.join(__dirname, '..');

/** npm and the like are scripts on Windows, which only a shell can run. */
const SHELL = process.platform === 'win32';

/** Something the user has to install or repair; its message says what. */
class SetupError extends Error {}

/**
 * @param {string} file
 * @returns {any} The JSON in a file of the checkout; undefined when it is not there.
 */
function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw new SetupError(`${file} cannot be read: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Whether `node_modules` is as the lock file says. npm records what it has installed as its last step, in the format
 * of the lock file: so an interrupted install is noticed as well.
 * @returns {boolean}
 */
function isInstalled() {
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (installed === undefined) return false;
  const manifest = readJson('package.json');
  const { '': own, ...locked } = readJson('package-lock.json').packages;
  const sameWishes = ['dependencies', 'devDependencies', 'optionalDependencies'].every((kind) =>
    isDeepStrictEqual(manifest[kind], own[kind]),
  );
  return sameWishes && Object.entries(locked).every(([folder, { version, integrity, optional, devOptional }]) => {
    const found = installed[folder];
    // Packages for other platforms are left out.
    if (found === undefined) return Boolean(optional || devOptional);
    return found.version === version && found.integrity === integrity;
  });
}

/**
 * @param {string} program
 * @returns {string | undefined} What it says to `--version`; undefined when it cannot be run.
 */
function versionOf(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

/**
 * Checks the tools before the build, because messages of the build are long and name only the symptom.
 * @throws {SetupError}
 */
function checkTools() {
  const manifest = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  const needed = /^rust-version = "(\d+)\.(\d+)/m.exec(manifest)?.slice(1).map(Number) ?? [0, 0];
  const wanted = `Rust ${needed.join('.')} or later`;
  const rustc = versionOf('rustc');
  if (versionOf('cargo') === undefined || rustc === undefined) {
    throw new SetupError(`cargo was not found: install ${wanted} (https://rustup.rs)`);
  }
  const [major, minor] = /(\d+)\.(\d+)/.exec(rustc)?.slice(1).map(Number) ?? [0, 0];
  if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
    throw new SetupError(`${rustc.trim()} is too old: install ${wanted} ("rustup update stable")`);
  }
  // On Windows rustc finds the linker of Visual Studio by itself, and says so when there is none.
  if (process.platform !== 'win32' && versionOf('cc') === undefined) {
    throw new SetupError(
      'No C compiler (cc) was found, which Rust links with: install one ' +
        '(Debian: apt-get install gcc libc6-dev; macOS: xcode-select --install)',
    );
  }
}

/**
 * Runs a program to its end; it prints to the console.
 * @param {string} file
 * @param {string[]} args
 * @param {boolean} [shell]
 * @returns {Promise<number | null | undefined>} The exit code; undefined when the program could not be run.
 */
function run(file, args, shell = false) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], shell });
    child.on('error', () => resolve(undefined));
    child.on('exit', resolve);
  });
}

/** Installs the development dependencies, exactly as locked. */
async function install() {
  console.log('> npm ci');
  const status = await run('npm', ['ci', '--no-audit', '--no-fund'], SHELL);
  if (status === undefined) throw new SetupError('npm was not found: it comes with Node (https://nodejs.org)');
  if (status !== 0) throw new SetupError('npm ci failed: see its messages above; it needs the npm registry');
}

/**
 * Builds the addon and the client for browsers; does nothing when nothing has changed.
 * @param {string[]} options
 */
async function build(...options) {
  console.log(['> node scripts/build.js', ...options].join(' '));
  const status = await run(process.execPath, [path.join(__dirname, 'build.js'), ...options]);
  if (status !== 0) throw new SetupError('The addon could not be built: see the messages above');
}

async function main() {
  const options = process.argv.slice(2);
  checkTools();
  // The addon needs no dependency of npm, so it is compiled while npm downloads them.
  if (!isInstalled()) await Promise.all([install(), build(...options, '--addon')]);
  await build(...options);
}

main().catch((error) => {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
