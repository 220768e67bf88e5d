// @ts-check
'use strict';

/**
 * Checks that binaries load where we say: `node scripts/release/check-binary.js FILE…`. A file is named
 * as `lib/binding/native.js` looks for it, e.g. `line-socket-native.linux-x64-gnu.node`, which tells what it
 * should be for. Runs anywhere: nothing is loaded.
 */

const fs = require('node:fs');
const path = require('node:path');
const elf = require('./elf.js');
const macho = require('./macho.js');
const MACOS = require('./macos-symbols.json');
const { targetOfFile } = require('./targets.js');

/** @typedef {import('./targets.js').Target} Target */

/** The newest glibc that may be needed: that of RHEL 8. Node itself needs it since version 18. */
const GLIBC = '2.28';

/** Libraries that are on every system with Node, by C library. */
const LIBRARIES = {
  glibc: [/^lib(c|m|dl|pthread|rt)\.so\.\d$/, /^libgcc_s\.so\.1$/, /^ld-linux-(x86-64|aarch64)\.so\.\d$/],
  // musl is one library; linkers name it in either way.
  musl: [/^libc\.so$/, /^libc\.musl-\w+\.so\.1$/, /^libgcc_s\.so\.1$/],
};

/**
 * Libraries of every macOS. The first has the symbols of `macos-symbols.json`; Rust's crate `libc` names the second, which
 * names the third, and nothing is taken from these.
 */
const OF_MACOS = ['libSystem.B', 'libiconv.2', 'libcharset.1'].map((name) => `/usr/lib/${name}.dylib`);

/**
 * Names of libraries that not every system has, and that a binary names when it needs them; by system. Those of Linux and
 * macOS are read from the binary.
 * @type {Record<string, RegExp>}
 */
const ABSENT = {
  // The C runtime of Visual Studio.
  win32: /(?:vcruntime|msvcp|msvcr)\d+\w*\.dll/i,
};

/** The one function that Node calls. */
const ENTRY = 'napi_register_module_v1';

/** The largest binary there may be, in bytes: one for debuggers is several times as large. */
const MAX_SIZE = 7 * 1024 * 1024;

/** Orders versions by their numbers: 2.9 is before 2.17. */
const { compare: compareVersions } = new Intl.Collator('en', { numeric: true });

/**
 * The newest glibc that a library's symbols are of.
 * @param {string[]} versions
 * @returns {string | undefined} E.g. `2.17`; undefined when it needs no glibc at all.
 */
function newestGlibc(versions) {
  const own = versions.filter((version) => /^GLIBC_\d/.test(version)).map((version) => version.slice('GLIBC_'.length));
  return own.sort(compareVersions).at(-1);
}

/**
 * What is wrong with a binary of Linux.
 * @param {Buffer} file
 * @param {Target} target
 * @returns {{problems: string[], facts: string[]}}
 */
function checkElf(file, { arch, libc }) {
  const library = elf.readLibrary(file);
  const glibc = newestGlibc(library.versions);
  const unknown = library.versions.filter((version) => !/^(GLIBC|GCC)_[\d.]+$/.test(version));
  const allowed = LIBRARIES[libc ?? 'glibc'];
  const foreign = library.needed.filter((name) => !allowed.some((pattern) => pattern.test(name)));

  const problems = [];
  if (library.arch !== arch) problems.push(`is for ${library.arch}`);
  if (foreign.length > 0) problems.push(`needs ${foreign.join(', ')}`);
  if (unknown.length > 0) problems.push(`needs symbols of ${unknown.join(', ')}`);
  if (libc === 'musl' && glibc !== undefined) problems.push(`needs glibc ${glibc}`);
  if (libc === 'glibc' && glibc === undefined) problems.push('needs no glibc: what was it linked with?');
  if (glibc !== undefined && compareVersions(glibc, GLIBC) > 0) problems.push(`needs glibc ${glibc}, newer than ${GLIBC}`);
  if (library.searched.length > 0) problems.push(`looks for libraries in ${library.searched.join(', ')}`);
  if (library.exported.join() !== ENTRY) problems.push(`exports ${library.exported.join(', ') || 'nothing'} instead of ${ENTRY}`);
  if (!library.isStripped) problems.push('has its symbols: strip it');
  // A thread of it that still unwinds would crash the process. musl unloads nothing.
  if (libc === 'glibc' && !library.staysMapped) problems.push('can be unloaded: link with -z nodelete');
  return { problems, facts: [libc === 'glibc' ? `glibc ${glibc}` : 'musl', library.needed.join(' ')] };
}

/**
 * What is wrong with a binary of macOS. `macos-symbols.json` has symbols that were found in the system's stub libraries
 * (`npm run check:macos`), and the release of macOS that these are of.
 * @param {Buffer} file
 * @param {Target} target
 * @returns {{problems: string[], facts: string[]}}
 */
function checkMachO(file, { arch }) {
  const library = macho.readLibrary(file);
  const { macos: oldest, symbols } = MACOS[arch];
  const known = new Set(symbols);
  const unknown = library.imported.filter((name) => !known.has(name));
  const foreign = library.needed.filter((name) => !OF_MACOS.includes(name));

  const problems = [];
  if (library.arch !== arch) problems.push(`is for ${library.arch}`);
  if (foreign.length > 0) problems.push(`needs ${foreign.join(', ')}`);
  if (library.macos === undefined) problems.push('does not say which macOS it needs');
  else if (compareVersions(library.macos, oldest) > 0) problems.push(`needs macOS ${library.macos}, newer than ${oldest}`);
  if (unknown.length > 0) {
    problems.push(`imports ${unknown.join(', ')}, not looked up in the libraries of macOS ${oldest}: run npm run check:macos -- --update`);
  }
  if (library.searched.length > 0) problems.push(`looks for libraries in ${library.searched.join(', ')}`);
  if (!library.exported.includes(`_${ENTRY}`)) problems.push(`does not export _${ENTRY}`);
  return { problems, facts: [`macOS ${library.macos}`, `${library.imported.length} symbols of ${library.needed.join(' ')}`] };
}

/** Checks of one format, by system. @type {Record<string, (file: Buffer, target: Target) => {problems: string[], facts: string[]}>} */
const FORMATS = { linux: checkElf, darwin: checkMachO };

/**
 * Problems of binaries of any format.
 * @param {Buffer} file
 * @param {Target} target
 * @returns {string[]}
 */
function checkAny(file, { os }) {
  const problems = [];
  const text = file.toString('latin1');
  if (file.length > MAX_SIZE) problems.push(`has ${file.length} bytes, more than ${MAX_SIZE}`);
  if (!file.includes(ENTRY)) problems.push(`does not export ${ENTRY}`);
  // Without the function `node_api_module_get_api_version_v1` Node gives an addon Node-API 8. All that
  // came after version 8 has names of that kind, so none of it may be asked for.
  const newer = /node_api_\w+/.exec(text)?.[0];
  if (newer !== undefined) problems.push(`knows ${newer}, which is not of Node-API 8`);
  const absent = ABSENT[os]?.exec(text)?.[0];
  if (absent !== undefined) problems.push(`needs ${absent}`);
  return problems;
}

/**
 * @param {Buffer} file
 * @param {Target} target What it should be for.
 * @returns {{problems: string[], facts: string[]}} What is wrong with it, and what it needs.
 */
function checkBinary(file, target) {
  const { problems, facts } = FORMATS[target.os]?.(file, target) ?? { problems: [], facts: [] };
  return {
    problems: [...checkAny(file, target), ...problems],
    facts: [`${(file.length / 1024 / 1024).toFixed(2)} MiB`, 'Node-API 8', ...facts],
  };
}

/**
 * Checks a file and says what it found.
 * @param {string} file
 * @returns {boolean} Whether it may be published.
 */
function report(file) {
  const { problems, facts } = checkBinary(fs.readFileSync(file), targetOfFile(file));
  console.log(`${path.basename(file)}: ${facts.join(', ')}`);
  for (const problem of problems) console.error(`${path.basename(file)} ${problem}`);
  return problems.length === 0;
}

if (require.main === module) {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error('usage: node scripts/release/check-binary.js FILE…');
    process.exitCode = 2;
  } else if (!files.map(report).every(Boolean)) {
    process.exitCode = 1;
  }
}

module.exports = { checkBinary, report };
