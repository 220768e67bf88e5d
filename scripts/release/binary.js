// @ts-check
'use strict';

/**
 * Builds the binary for a platform, as it is published, and checks it:
 * `node scripts/release/binary.js linux-arm64-gnu` makes
 * `artifacts/line-socket-native.linux-arm64-gnu.node`. `--out FOLDER` puts it elsewhere.
 *
 * Binaries for Linux can be built on any Linux: cargo-zigbuild links them against an old glibc, or musl. Those for
 * macOS and Windows are built on these systems. Missing tools are installed first: the target of Rust, by rustup; the
 * command line of napi-rs, into `node_modules` beside this file; and zig, by pip (Python 3), into `target/tools`.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { PUBLISHED, platformTriple } = require('../../lib/binding/platform.js');
const { ROOT } = require('../run.js');
const { report } = require('./check-binary.js');
const { targetOf } = require('./targets.js');
const { installZig, zigEnvironment } = require('./zig.js');

/** The glibc that is linked against. Older ones have no `getauxval` and the like for Rust's own library. */
const GLIBC = '2.17';

/**
 * Flags of the Rust compiler, by system.
 * @type {Record<string, string[]>}
 */
const FLAGS = {
  // Links the C runtime statically: Node does not provide one for addons, and new machines have none.
  win32: ['-Ctarget-feature=+crt-static'],
  // Otherwise the name of the library would be the path where it was built.
  darwin: ['-Clink-arg=-Wl,-install_name,@rpath/line-socket-native.node'],
};

const NAPI = path.join(__dirname, 'node_modules/@napi-rs/cli/cli.mjs');

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @throws {Error} When it fails.
 */
function run(program, args, options = {}) {
  console.log(`> ${[path.basename(program), ...args].join(' ')}`);
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${path.basename(program)} failed with exit code ${status}`);
}

/** Installs the command line of napi-rs, exactly as locked. */
function installNapi() {
  // npm is a script on Windows, which only a shell can run.
  const shell = process.platform === 'win32';
  if (!fs.existsSync(NAPI)) run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: __dirname, shell });
}

/**
 * The environment of the build. Folders of the machine are kept out of the binary, so that it is the same wherever it
 * is built, and zig is found.
 * @param {string} system As `process.platform`.
 */
function environment(system) {
  const cargo = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  const folders = { [ROOT]: '/line-socket-native', [cargo]: '/cargo' };
  const remaps = Object.entries(folders).map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  return {
    ...process.env,
    RUSTFLAGS: [process.env.RUSTFLAGS ?? '', ...remaps, ...(FLAGS[system] ?? [])].join(' ').trim(),
    ...zigEnvironment(),
  };
}

/**
 * @param {string} triple Of `PUBLISHED`.
 * @param {string} folder Where the binary is put.
 * @returns {string} Its file.
 * @throws {Error} When it cannot be built.
 */
function buildBinary(triple, folder) {
  const { rust, os: system, libc, file } = targetOf(triple);
  if (system !== 'linux' && system !== process.platform) throw new Error(`${triple} is built on ${system}`);
  installNapi();
  run('rustup', ['target', 'add', rust]);

  const out = path.relative(ROOT, folder) || '.';
  const args = [NAPI, 'build', '--platform', '--release', '--no-js', '--output-dir', out];
  if (system === 'linux') {
    installZig();
    args.push('--cross-compile', '--target', libc === 'glibc' ? `${rust}.${GLIBC}` : rust);
  } else {
    args.push('--target', rust);
  }
  run(process.execPath, [...args, '--', '--package', 'line-socket-native', '--locked'], { env: environment(system) });
  return path.join(folder, file);
}

/** @param {string[]} argv */
function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { out: { type: 'string', default: path.join(ROOT, 'artifacts') } },
    allowPositionals: true,
  });
  const [triple = platformTriple(), ...rest] = positionals;
  if (!PUBLISHED.includes(triple) || rest.length > 0) {
    throw new Error(`usage: node scripts/release/binary.js [--out FOLDER] [PLATFORM]\nPlatforms: ${PUBLISHED.join(', ')}`);
  }
  const file = buildBinary(triple, path.resolve(/** @type {string} */ (values.out)));
  if (!report(file)) throw new Error(`${file} may not be published`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
