// @ts-check
'use strict';

/**
 * Builds the addon and puts it where `lib/binding/native.js` looks for it, and the client for browsers. Cargo
 * does nothing when nothing has changed, so this is quick the second time. `--debug` builds the addon
 * for debuggers: with symbols, not optimized. `--tests` builds it for the tests: optimized, but crate by crate.
 * `--addon` leaves out the client, which needs the development dependencies.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ADDON, DESCRIPTIONS, PROFILES, builtOf, descriptionsOf, isAddon, libraryOf } = require('./addon.js');
const { buildClient } = require('./build-client.js');

const ROOT = path.join(__dirname, '..');

/** @returns {import('./addon.js').Kind} What the command line asks for. */
function chosenKind() {
  if (process.argv.includes('--debug')) return 'debug';
  return process.argv.includes('--tests') ? 'tests' : 'release';
}

/**
 * Has napi describe the addon's items while it is compiled for the tests, for `scripts/declarations.js`. napi adds to a file
 * that is there, and writes nothing when Cargo has nothing to compile: then the earlier file still holds.
 * @param {string} folder
 * @param {() => void} compile
 */
function describing(folder, compile) {
  const file = path.join(folder, DESCRIPTIONS);
  const earlier = `${file}.earlier`;
  fs.mkdirSync(folder, { recursive: true });
  if (fs.existsSync(file)) fs.renameSync(file, earlier);
  compile();
  if (!fs.existsSync(file) && fs.existsSync(earlier)) fs.renameSync(earlier, file);
}

/**
 * @param {import('./addon.js').Kind} kind
 * @param {Record<string, string>} [env] Further variables of the environment.
 */
function compile(kind, env = {}) {
  // `strip` of a profile would be for dependencies too, which are the same without it.
  const flags = kind === 'tests' ? ['--', '-C', 'strip=symbols'] : [];
  const cargo = spawnSync('cargo', ['rustc', ...PROFILES[kind], '--package', 'line-socket-native', '--lib', '--locked', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (/** @type {any} */ (cargo.error)?.code === 'ENOENT') {
    throw new Error('cargo was not found: install Rust (https://rustup.rs) and a C toolchain');
  }
  if (cargo.status !== 0) throw new Error(`cargo rustc failed with exit code ${cargo.status}`);
}

function build() {
  const kind = chosenKind();
  const folder = descriptionsOf(kind);
  if (kind === 'tests') describing(folder, () => compile(kind, { NAPI_TYPE_DEF_TMP_FOLDER: folder }));
  else compile(kind);
  fs.mkdirSync(path.dirname(builtOf(kind)), { recursive: true });
  fs.copyFileSync(libraryOf(kind), builtOf(kind));
  if (isAddon(kind)) return;
  // Written beside it and renamed: a process that has loaded the old file keeps it.
  fs.copyFileSync(builtOf(kind), `${ADDON}.new`);
  fs.renameSync(`${ADDON}.new`, ADDON);
}

async function main() {
  build();
  if (!process.argv.includes('--addon')) await buildClient();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
