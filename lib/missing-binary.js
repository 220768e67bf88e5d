// @ts-check
'use strict';

/**
 * The error for a machine on which the native addon cannot be loaded: what is missing, why it usually
 * is, and what to do. Causes are looked for, so that the likely one is named; where nothing tells, all
 * are listed. Runs only once loading has failed.
 */

const fs = require('node:fs');
const path = require('node:path');
const { PUBLISHED, packageOf } = require('./platform.js');

/** @typedef {import('./platform.js').Platform} Platform */

/** The folder of this package. */
const ROOT = path.join(__dirname, '..');

/** The folder it is installed in, `node_modules`; undefined in a checkout. */
const MODULES = path.basename(path.dirname(ROOT)) === 'node_modules' ? path.dirname(ROOT) : undefined;

const REINSTALL = 'delete node_modules and run npm install on this machine';

/** @param {string} file */
function exists(file) {
  return fs.existsSync(path.join(ROOT, file));
}

/**
 * Other platforms' packages, where this one's should be.
 * @param {string} own
 * @returns {string[]}
 */
function foreignPackages(own) {
  const folders = MODULES === undefined ? [path.join(ROOT, 'node_modules')] : [MODULES, path.join(ROOT, 'node_modules')];
  return PUBLISHED.map(packageOf).filter(
    (name) => name !== own && folders.some((folder) => fs.existsSync(path.join(folder, name))),
  );
}

/**
 * What the application's lock file of npm says about a package.
 * @param {string} name
 * @returns {'listed' | 'absent' | 'unknown'} `unknown` where there is no such file, or it is not about this package.
 */
function lockEntry(name) {
  if (MODULES === undefined) return 'unknown';
  try {
    const { packages } = JSON.parse(fs.readFileSync(path.join(MODULES, '..', 'package-lock.json'), 'utf8'));
    if (!(`node_modules/${path.basename(ROOT)}` in packages)) return 'unknown';
    return Object.keys(packages).some((folder) => folder.endsWith(`node_modules/${name}`)) ? 'listed' : 'absent';
  } catch {
    return 'unknown';
  }
}

/**
 * Why the package is not there, one sentence a line.
 * @param {Platform} platform
 * @returns {string[]}
 */
function causes({ triple }) {
  const name = packageOf(triple);
  const copied = `node_modules was copied from another system, or shared with one, as in a container: ${REINSTALL}`;
  const locked = `package-lock.json was written on another platform and leaves ${name} out: delete it, ${REINSTALL}`;
  const omitted = 'npm ran with --omit=optional, --no-optional or omit=optional in .npmrc: install again without';

  if (!PUBLISHED.includes(triple)) return [`No binary is published for ${triple}: build it from source.`];
  const foreign = foreignPackages(name);
  if (foreign.length > 0) return [`There is ${foreign.join(', ')} instead: ${copied}.`];
  const entry = lockEntry(name);
  if (entry === 'absent') return [`It is not in package-lock.json: ${locked}.`];
  if (entry === 'listed') return [`It is in package-lock.json, but not installed: ${omitted}.`];
  return ['Usual causes:', `- ${omitted};`, `- ${locked};`, `- ${copied}.`];
}

/** @returns {string} How to build the addon, in a checkout or for an application. */
function buildFromSource() {
  const needs = 'which needs Rust (https://rustup.rs) and a C compiler';
  if (exists('Cargo.toml')) return `Build it here, ${needs}: npm run build, in ${ROOT}`;
  return (
    `To build it from source, ${needs}: clone the repository, run "npm ci && npm run build" in the clone, ` +
    'then "npm install PATH-OF-THE-CLONE" in the application.'
  );
}

/**
 * @param {Platform} platform
 * @param {Error & {code?: string}} cause Of the last attempt. Any code but `MODULE_NOT_FOUND` says that there is a
 *   binary, which does not load.
 * @returns {Error & {code: string}}
 */
function missingBinary(platform, cause) {
  const { os, arch, libc, triple } = platform;
  const machine = `platform ${os}, architecture ${arch}${libc ? `, C library ${libc}` : ''}, Node ${process.version}`;
  const lines = [`line-socket-native has no binary for ${triple} (${machine}).`];
  if (cause.code === 'MODULE_NOT_FOUND' && exists('Cargo.toml')) {
    lines.push('This is a checkout in which it has not been built.');
  } else if (cause.code === 'MODULE_NOT_FOUND') {
    lines.push(`It should have come with the optional package ${packageOf(triple)}, which is not installed.`, ...causes(platform));
  } else {
    lines[0] = `line-socket-native has a binary for ${triple} (${machine}), which cannot be loaded: ${cause.message}`;
    lines.push(`Where it came with ${packageOf(triple)}: ${REINSTALL}, without --omit=optional.`);
  }
  lines.push(buildFromSource());
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: 'ERR_LINE_SOCKET_NO_BINARY' });
}

module.exports = { missingBinary };
