// @ts-check
'use strict';

/**
 * Checks on any Linux that the binaries for macOS load there (`npm run check:macos`): builds them with zig, and looks for
 * every symbol that they import in the system's stub libraries for the oldest macOS that is promised. Nothing is run.
 * It needs Rust's targets `x86_64-apple-darwin` and `aarch64-apple-darwin`, and Python with pip, which gets zig and the stubs.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const pythonTool = require('../python-tool.js');
const { ROOT } = require('../run.js');
const { checkBinary } = require('../release/check-binary.js');
const macho = require('../release/macho.js');
const MACOS = require('../release/macos-symbols.json');
const { symbolsOf } = require('../release/stubs.js');
const { targetOf, targetOfFile } = require('../release/targets.js');
const { zigbuild } = require('./zigbuild.js');

const USAGE = `usage: npm run check:macos -- [--update] [FILE...]

  --update   add what the binaries import, and the stubs have, to scripts/release/macos-symbols.json
  FILE       binaries, as they are published (default: builds both)`;

/** Where what is built here is put. */
const ELSEWHERE = path.join(ROOT, 'target/elsewhere');

const LIST = path.join(__dirname, '../release/macos-symbols.json');

/** The stub libraries of the oldest macOS, and the name of the target in them; by architecture. */
const STUBS = {
  x64: { file: 'libSystem.10.tbd', target: 'x86_64-macos' },
  arm64: { file: 'libSystem.11.tbd', target: 'arm64-macos' },
};

const FOLDER = path.join(pythonTool.folderOf('macos-stubs'), 'ziglang/lib/libc/darwin');

function installStubs() {
  if (fs.existsSync(path.join(FOLDER, STUBS.arm64.file))) return;
  if (!pythonTool.install('macos-stubs', path.join(__dirname, 'macos-stubs.txt'))) {
    throw new Error('The stub libraries could not be got, which takes Python with pip: see the messages above');
  }
}

/**
 * @param {string} triple
 * @returns {string} Its binary, built as for the tests: it imports what the published one does.
 */
function build(triple) {
  const { rust, file } = targetOf(triple);
  const named = path.join(ELSEWHERE, file);
  fs.copyFileSync(zigbuild(rust), named);
  return named;
}

/** @param {string[]} values @returns {string[]} */
const sorted = (values) => [...new Set(values)].sort();

/**
 * @param {string} file
 * @param {boolean} update
 * @returns {boolean} Whether it loads on the oldest macOS, as far as that can be told here.
 */
function check(file, update) {
  const target = targetOfFile(file);
  const arch = target.arch;
  const bytes = fs.readFileSync(file);
  const { imported } = macho.readLibrary(bytes);
  const stubs = STUBS[arch];
  const system = symbolsOf(fs.readFileSync(path.join(FOLDER, stubs.file), 'utf8'), stubs.target);
  const missing = imported.filter((name) => !system.has(name));
  const lost = MACOS[arch].symbols.filter((name) => !system.has(name));
  if (update) MACOS[arch].symbols = sorted([...MACOS[arch].symbols, ...imported].filter((name) => system.has(name)));
  // What is built here is not stripped, and for the macOS that zig chooses.
  const isOwn = path.dirname(file) === ELSEWHERE;
  const problems = checkBinary(bytes, target).problems.filter((problem) => !isOwn || !/^(has \d+ bytes|needs macOS)/.test(problem));
  if (missing.length > 0) problems.unshift(`imports ${missing.join(', ')}, which macOS ${MACOS[arch].macos} does not have`);
  if (lost.length > 0 && !update) problems.unshift(`: the list has ${lost.join(', ')}, which macOS ${MACOS[arch].macos} does not have`);
  console.log(`${path.basename(file)}: imports ${imported.length} symbols, ${imported.length - missing.length} of them in ${stubs.file}, which has ${system.size}`);
  for (const problem of problems) console.error(`${path.basename(file)} ${problem}`);
  return problems.length === 0;
}

function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { update: { type: 'boolean', default: false } } });
  installStubs();
  const files = positionals.length > 0 ? positionals : ['darwin-x64', 'darwin-arm64'].map(build);
  const good = files.map((file) => check(file, values.update)).every(Boolean);
  if (values.update) fs.writeFileSync(LIST, `${JSON.stringify(MACOS, null, 2)}\n`);
  if (!good) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
