// @ts-check
'use strict';

const fs = require('node:fs');

/**
 * A platform that binaries are made for.
 * @typedef {object} Platform
 * @property {string} os As `process.platform`.
 * @property {string} arch As `process.arch`.
 * @property {'glibc' | 'musl' | undefined} libc The C library; Linux only.
 * @property {string} triple How binaries are named, e.g. `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`.
 */

/** The platforms for which binaries are published, each in a package of its own. */
const PUBLISHED = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
];

/** @returns {any} The header of Node's report on itself; undefined where there is none. */
function reportHeader() {
  /** @type {any} */
  const report = process.report;
  // Newer versions of Node can leave out the network, which is slow when names do not resolve.
  const before = report?.excludeNetwork;
  try {
    if (before !== undefined) report.excludeNetwork = true;
    return report?.getReport?.()?.header;
  } catch {
    // Deno throws without a permission.
    return undefined;
  } finally {
    if (before !== undefined) report.excludeNetwork = before;
  }
}

/** Bytes at the start of a program in which its dynamic loader is named: headers come before everything else. */
const HEAD_SIZE = 4096;

/**
 * Whether this program is started by the dynamic loader of musl. A machine can have the loaders of both libraries: Debian's
 * package `musl` brings the one, Alpine's `gcompat` the other.
 * @returns {boolean | undefined} Undefined where the program cannot be read, or is linked statically.
 */
function isStartedByMusl() {
  try {
    const file = fs.openSync(process.execPath, 'r');
    try {
      const head = Buffer.alloc(HEAD_SIZE);
      const size = fs.readSync(file, head, 0, HEAD_SIZE, 0);
      const loader = /\/ld-(musl|linux)-/.exec(head.toString('latin1', 0, size));
      return loader === null ? undefined : loader[1] === 'musl';
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/**
 * Whether the C library is musl, as on Alpine. The program's own loader tells. Where it does not, Node's report names glibc, and at
 * last the loaders that the machine has decide. The report comes second because Node takes 8 ms to write it.
 */
function isMusl() {
  const isOfProgram = isStartedByMusl();
  if (isOfProgram !== undefined) return isOfProgram;
  if (reportHeader()?.glibcVersionRuntime) return false;
  try {
    return fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
  } catch {
    return false;
  }
}

/** @returns {Platform} This machine's. */
function currentPlatform() {
  const { platform: os, arch } = process;
  const base = `${os}-${arch}`;
  if (os === 'linux') {
    const musl = isMusl();
    return { os, arch, libc: musl ? 'musl' : 'glibc', triple: `${base}-${musl ? 'musl' : 'gnu'}` };
  }
  return { os, arch, libc: undefined, triple: os === 'win32' ? `${base}-msvc` : base };
}

/** @returns {string} The triple of this machine. */
function platformTriple() {
  return currentPlatform().triple;
}

/** @param {string} triple @returns {string} The name of the package that brings its binary. */
function packageOf(triple) {
  return `line-socket-native-${triple}`;
}

/** @param {string} triple @returns {string} The name of its binary. */
function fileOf(triple) {
  return `line-socket-native.${triple}.node`;
}

module.exports = { PUBLISHED, currentPlatform, fileOf, packageOf, platformTriple };
