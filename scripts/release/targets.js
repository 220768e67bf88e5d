// @ts-check
'use strict';

/**
 * The platforms that binaries are built for. `PUBLISHED` in `lib/binding/platform.js` names them as Node does,
 * `napi.targets` in `package.json` as Rust does; this file finds one name by the other.
 */

const path = require('node:path');
const { PUBLISHED } = require('../../lib/binding/platform.js');
const { napi } = require('../../package.json');

/** Architectures as Rust calls them, by `process.arch`. */
const ARCHITECTURES = { x64: 'x86_64', arm64: 'aarch64' };

/** Rest of Rust's names after the architecture, by the other parts of our names. */
const SYSTEMS = {
  'linux-gnu': 'unknown-linux-gnu',
  'linux-musl': 'unknown-linux-musl',
  'darwin-': 'apple-darwin',
  'win32-msvc': 'pc-windows-msvc',
};

/**
 * A platform of `PUBLISHED`, in parts.
 * @typedef {object} Target
 * @property {string} triple E.g. `linux-x64-gnu`.
 * @property {string} os As `process.platform`.
 * @property {keyof typeof ARCHITECTURES} arch As `process.arch`.
 * @property {'glibc' | 'musl' | undefined} libc The C library; Linux only.
 * @property {string} rust The target of Rust, e.g. `x86_64-unknown-linux-gnu`.
 * @property {string} file The name of the binary, as `lib/binding/native.js` looks for it.
 */

/**
 * @param {string} triple
 * @returns {Target}
 * @throws {Error} When no binary is published for it.
 */
function targetOf(triple) {
  const [os, arch, abi = ''] = triple.split('-');
  const system = /** @type {Record<string, string>} */ (SYSTEMS)[`${os}-${abi}`];
  const rust = `${/** @type {Record<string, string>} */ (ARCHITECTURES)[arch]}-${system}`;
  if (!napi.targets.includes(rust)) throw new Error(`${triple} is not among the targets of package.json`);
  return {
    triple,
    os,
    arch: /** @type {keyof typeof ARCHITECTURES} */ (arch),
    libc: os === 'linux' ? (abi === 'musl' ? 'musl' : 'glibc') : undefined,
    rust,
    file: `${napi.binaryName}.${triple}.node`,
  };
}

/**
 * @param {string} file A binary's path.
 * @returns {Target} What it is for, by its name.
 * @throws {Error} When it is not named as `lib/binding/native.js` looks for it.
 */
function targetOfFile(file) {
  const target = PUBLISHED.map(targetOf).find((candidate) => candidate.file === path.basename(file));
  if (target === undefined) throw new Error(`${file} is not named as a binary that is published, ${napi.binaryName}.….node`);
  return target;
}

module.exports = { targetOf, targetOfFile };
