// @ts-check
'use strict';

const fs = require('node:fs');

/**
 * Whether the C library is musl, as on Alpine. Node names its glibc in its report; where there is no
 * report the dynamic loader tells.
 */
function isMusl() {
  const report = /** @type {any} */ (process.report?.getReport?.());
  if (report?.header?.glibcVersionRuntime) return false;
  try {
    return fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));
  } catch {
    return false;
  }
}

/**
 * The platform as binaries are named after it, e.g. `linux-x64-gnu`, `darwin-arm64`,
 * `win32-x64-msvc`.
 * @returns {string}
 */
function platformTriple() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') return `${base}-${isMusl() ? 'musl' : 'gnu'}`;
  return process.platform === 'win32' ? `${base}-msvc` : base;
}

module.exports = { platformTriple };
