// @ts-check
'use strict';

/**
 * Runs tests of JavaScript on Node for arm64 in an emulator (`npm run test:arm64`), on Linux x64. Builds the addon with zig
 * first, for the glibc that it is published for. It needs Debian's `qemu-user-static` and `libstdc++6-arm64-cross`, Rust's
 * target `aarch64-unknown-linux-gnu`, and Python with pip, which gets zig. Ends with code 1 when a test fails that
 * `linux-differences.js` does not list.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('../run.js');
const { testFiles } = require('../test-files.js');
const { runFiles } = require('./files.js');
const { ARM64 } = require('./linux-differences.js');
const { armNode, install } = require('./programs.js');
const { testCore, zigbuild } = require('./zigbuild.js');

const USAGE = `usage: npm run test:arm64 -- [--core] [--continue] [FILE...]

  --core       run the core's own tests, too
  --continue   leave out, and count, the files that passed in the run before
  FILE         test files (default: those of ${'`FOLDERS`'} in scripts/platforms/arm64.js)`;

const HOME = path.join(ROOT, 'target/arm64');
const ADDON = path.join(HOME, 'line-socket-native.node');
const TARGET = 'aarch64-unknown-linux-gnu.2.17';

const EMULATOR = 'qemu-aarch64-static';

/** Debian's libraries for arm64. */
const LIBRARIES = '/usr/aarch64-linux-gnu';

/** The folders that run: emulation takes ten times as long as the machine itself. */
const FOLDERS = ['contract', 'rooms', 'upgrade-policy', 'deflate', 'limits', 'attach', 'tls'];

const PATIENCE = 400_000;

function checkTools() {
  if (spawnSync(EMULATOR, ['--version'], { stdio: 'ignore' }).error) throw new Error(`${EMULATOR} was not found: apt-get install qemu-user-static`);
  if (!fs.existsSync(path.join(LIBRARIES, 'lib/libstdc++.so.6'))) {
    throw new Error(`Libraries for arm64 were not found in ${LIBRARIES}: apt-get install libstdc++6-arm64-cross`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { core: { type: 'boolean', default: false }, continue: { type: 'boolean', default: false } },
  });
  checkTools();
  install();
  fs.mkdirSync(HOME, { recursive: true });
  fs.copyFileSync(zigbuild(TARGET), ADDON);
  const emulator = [EMULATOR, '-L', LIBRARIES];
  const isCoreGood = !values.core || testCore(TARGET, { runner: emulator });
  const files = positionals.length > 0 ? positionals : testFiles().filter((file) => FOLDERS.includes(file.split('/')[1]));
  const env = { LINE_IMPL: 'native', LINE_SOCKET_NATIVE_BINARY: ADDON };
  const platform = { name: 'Node for arm64', command: [...emulator, armNode()], env, ...ARM64, logs: path.join(HOME, 'logs'), patience: PATIENCE };
  await runFiles(platform, files, values.continue);
  if (!isCoreGood) {
    console.log("Tests of the core failed: see cargo's report at the beginning");
    process.exitCode = 1;
  }
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
