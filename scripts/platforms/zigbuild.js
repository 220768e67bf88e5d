// @ts-check
'use strict';

/** Builds the addon for another system, as for the tests and linked by zig, into `target/elsewhere`. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { FOLDERS, PROFILES } = require('../addon.js');
const { ROOT } = require('../run.js');
const { CARGO_ZIGBUILD, installZig, zigEnvironment } = require('../release/zig.js');

const FOLDER = path.join(ROOT, 'target/elsewhere');

/**
 * @param {string} target Of Rust; for glibc with its version behind, e.g. `aarch64-unknown-linux-gnu.2.17`.
 * @param {string[]} [flags] Of the Rust compiler.
 * @returns {string} The library.
 * @throws {Error} When it cannot be built.
 */
function zigbuild(target, flags = []) {
  const [rust] = target.split('.');
  const { stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', rust], { encoding: 'utf8' });
  if (!fs.existsSync(stdout?.trim() ?? '')) throw new Error(`Rust's library for ${rust} is missing: rustup target add ${rust}`);
  installZig();
  const args = ['zigbuild', '--locked', ...PROFILES.tests, '--package', 'line-socket-native', '--lib', '--target', target];
  const { status, error } = spawnSync(CARGO_ZIGBUILD, args, {
    cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...zigEnvironment(), CARGO_TARGET_DIR: FOLDER, RUSTFLAGS: [process.env.RUSTFLAGS, ...flags].filter(Boolean).join(' ') },
  });
  if (error || status !== 0) throw new Error(`cargo zigbuild failed for ${target}${error ? `: ${error.message}` : ''}`);
  return path.join(FOLDER, rust, FOLDERS.tests, `libline_socket_native.${rust.includes('darwin') ? 'dylib' : 'so'}`);
}

module.exports = { zigbuild };
