// @ts-check
'use strict';

/** Builds the addon for another system, and runs the core's tests for it: as for the tests, linked by zig, in `target/elsewhere`. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { FOLDERS, PROFILES } = require('../addon.js');
const { ROOT } = require('../run.js');
const { CARGO_ZIGBUILD, installZig, zigEnvironment } = require('../release/zig.js');

const FOLDER = path.join(ROOT, 'target/elsewhere');

/** @param {string} target @returns {string} The target without the version of glibc. */
const rustOf = (target) => target.split('.')[0];

/**
 * @param {'zigbuild' | 'test'} command Of cargo.
 * @param {string} target Of Rust; for glibc with its version behind, e.g. `aarch64-unknown-linux-gnu.2.17`.
 * @param {string[]} args
 * @param {string[]} flags Of the Rust compiler.
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {boolean} Whether it succeeded.
 * @throws {Error} When Rust's library for the target or zig is not there.
 */
function zigcargo(command, target, args, flags, environment = {}) {
  const rust = rustOf(target);
  const { stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', rust], { encoding: 'utf8' });
  if (!fs.existsSync(stdout?.trim() ?? '')) throw new Error(`Rust's library for ${rust} is missing: rustup target add ${rust}`);
  installZig();
  const { status, error } = spawnSync(CARGO_ZIGBUILD, [command, '--locked', ...PROFILES.tests, '--target', target, ...args], {
    cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env, ...zigEnvironment(), CARGO_TARGET_DIR: FOLDER, RUSTFLAGS: [process.env.RUSTFLAGS, ...flags].filter(Boolean).join(' '),
      ...environment,
    },
  });
  return !error && status === 0;
}

/**
 * @param {string} target As for `zigcargo`.
 * @param {string[]} [flags] Of the Rust compiler.
 * @returns {string} The library.
 * @throws {Error} When it cannot be built.
 */
function zigbuild(target, flags = []) {
  if (!zigcargo('zigbuild', target, ['--package', 'line-socket-native', '--lib'], flags)) throw new Error(`cargo zigbuild failed for ${target}`);
  const rust = rustOf(target);
  return path.join(FOLDER, rust, FOLDERS.tests, `libline_socket_native.${rust.includes('darwin') ? 'dylib' : 'so'}`);
}

/**
 * Runs the core's own tests, which need no Node.
 * @param {string} target As for `zigcargo`.
 * @param {{runner?: string[], flags?: string[]}} options The program that runs those of the target and its arguments, when the
 *   machine itself cannot; flags of the Rust compiler, the same as for the addon, so that dependencies are compiled once.
 * @returns {boolean} Whether they passed.
 */
function testCore(target, { runner = [], flags = [] }) {
  const variable = `CARGO_TARGET_${rustOf(target).toUpperCase().replaceAll('-', '_')}_RUNNER`;
  const environment = runner.length > 0 ? { [variable]: runner.join(' ') } : {};
  return zigcargo('test', target, ['--package', 'line-socket-core', '--tests', '--no-fail-fast'], flags, environment);
}

module.exports = { testCore, zigbuild };
