// @ts-check
'use strict';

/**
 * Builds the addon and puts it where `lib/binding/native.js` looks for it, and the client for browsers. Cargo
 * does nothing when nothing has changed, so this is quick the second time. `--debug` builds the addon
 * for debuggers: with symbols, not optimized.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { buildClient } = require('./build-client.js');
const { platformTriple } = require('../lib/binding/platform.js');

const ROOT = path.join(__dirname, '..');

/** Names of the library as Cargo makes it. */
const LIBRARY = { win32: 'line_socket_native.dll', darwin: 'libline_socket_native.dylib' };

function build() {
  const isDebug = process.argv.includes('--debug');
  const profile = isDebug ? 'dev' : 'release';
  const cargo = spawnSync('cargo', ['build', '--profile', profile, '--package', 'line-socket-native', '--locked'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (/** @type {any} */ (cargo.error)?.code === 'ENOENT') {
    throw new Error('cargo was not found: install Rust (https://rustup.rs) and a C toolchain');
  }
  if (cargo.status !== 0) throw new Error(`cargo build failed with exit code ${cargo.status}`);

  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  const library = /** @type {any} */ (LIBRARY)[process.platform] ?? 'libline_socket_native.so';
  const from = path.join(target, isDebug ? 'debug' : 'release', library);
  const to = path.join(ROOT, `line-socket-native.${platformTriple()}.node`);
  const [built, used] = [fs.statSync(from), fs.statSync(to, { throwIfNoEntry: false })];
  // The size tells builds of the two profiles apart.
  if (used !== undefined && used.size === built.size && used.mtimeMs >= built.mtimeMs) return;
  // Written aside and renamed: a process that has the old one loaded keeps it.
  fs.copyFileSync(from, `${to}.new`);
  fs.renameSync(`${to}.new`, to);
}

async function main() {
  build();
  await buildClient();
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
