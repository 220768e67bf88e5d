// @ts-check
'use strict';

/**
 * Runs the tests of JavaScript on Windows' Node under Wine (`npm run test:windows`), on Linux x64. Builds the addon for
 * Windows with mingw first. Ends with code 1 when a test fails that `windows-differences.js` does not list. It needs Debian's
 * `wine64` and `gcc-mingw-w64-x86-64`, and Rust's target `x86_64-pc-windows-gnu`; it says so when one is missing.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { FOLDERS, PROFILES } = require('../addon.js');
const { ROOT } = require('../run.js');
const { runFiles } = require('./files.js');
const { APART, LISTED } = require('./windows-differences.js');
const { install, windowsNode } = require('./programs.js');

const USAGE = `usage: npm run test:windows -- [--continue] [FILE...]

  --continue   leave out, and count, the files that passed in the run before
  FILE         test files (default: all that apply)`;

const HOME = path.join(ROOT, 'target/windows');
const TARGET = 'x86_64-pc-windows-gnu';
const COMPILER = 'x86_64-w64-mingw32-gcc';

/** The addon, which the tests find by a variable. */
const ADDON = path.join(HOME, 'line-socket-native.node');

const ENVIRONMENT = {
  LINE_IMPL: 'native',
  LINE_SOCKET_NATIVE_BINARY: ADDON,
  WINEPREFIX: path.join(HOME, 'prefix'),
  WINEDEBUG: '-all',
  // Wine says that it is a version of Windows that Node 20 does not support.
  NODE_SKIP_PLATFORM_CHECK: '1',
};

/** Milliseconds that a file may take. Wine is slow to start a process. */
const PATIENCE = 240_000;

/**
 * Libraries that the programs need and that are not here, as C: without content, Node's own, whose functions the addon finds
 * while it runs; and one of Windows that Wine 8 lacks, by a function that it has.
 */
const LIBRARIES = {
  'libnode.dll': { code: 'int unused;', flags: [] },
  'bcryptprimitives.dll': {
    code: `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) { return SystemFunction036(data, (ULONG)length); }
`,
    flags: ['-ladvapi32'],
  },
};

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [environment] */
function must(program, args, environment = {}) {
  const { error, status } = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...environment } });
  if (error || status !== 0) throw new Error(`${[program, ...args].join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

/** @returns {string} The path of Wine. */
function findWine() {
  const found = ['wine64', '/usr/lib/wine/wine64'].find((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0);
  if (found === undefined) throw new Error('Wine was not found: apt-get install wine64');
  return found;
}

function checkTools() {
  if (spawnSync(COMPILER, ['--version'], { stdio: 'ignore' }).error) {
    throw new Error(`${COMPILER} was not found: apt-get install gcc-mingw-w64-x86-64`);
  }
  const { stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], { encoding: 'utf8' });
  if (!fs.existsSync(stdout?.trim() ?? '')) throw new Error(`Rust's library for ${TARGET} is missing: rustup target add ${TARGET}`);
}

/** Builds the addon, and what it and Node need. */
function build() {
  fs.mkdirSync(HOME, { recursive: true });
  for (const [name, { code, flags }] of Object.entries(LIBRARIES)) {
    const source = path.join(HOME, `${name}.c`);
    fs.writeFileSync(source, code);
    must(COMPILER, ['-shared', '-o', path.join(HOME, name), source, ...flags]);
  }
  must('cargo', ['build', '--locked', ...PROFILES.tests, '--package', 'line-socket-native', '--target', TARGET], { LIBNODE_PATH: HOME });
  const built = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), TARGET, FOLDERS.tests, 'line_socket_native.dll');
  fs.copyFileSync(built, ADDON);
  const node = path.join(HOME, 'node.exe');
  if (!fs.existsSync(node)) fs.copyFileSync(windowsNode(), node);
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { continue: { type: 'boolean', default: false } } });
  const wine = findWine();
  checkTools();
  install();
  build();
  const platform = {
    name: "Windows' Node under Wine", command: [wine, path.join(HOME, 'node.exe')], env: ENVIRONMENT, apart: APART, listed: LISTED,
    logs: path.join(HOME, 'logs'), patience: PATIENCE,
  };
  await runFiles(platform, positionals, values.continue);
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
