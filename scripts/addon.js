// @ts-check
'use strict';

/**
 * The addon of this checkout: the one file that `lib/binding/binary.js` loads, and the profiles of Cargo that it is built with.
 * That file is the last one built, in any profile: code that depends on the profile asks here.
 */

const fs = require('node:fs');
const path = require('node:path');
const { fileOf, platformTriple } = require('../lib/binding/platform.js');

const ROOT = path.join(__dirname, '..');

/**
 * Profiles of Cargo, by purpose of the build: for publishing, for the tests (which takes half as long), and for debuggers.
 */
const PROFILES = { release: 'release', tests: 'tests', debug: 'dev' };

/** @typedef {keyof typeof PROFILES} Kind */

/** Names of the library as Cargo makes it. */
const LIBRARY = { win32: 'line_socket_native.dll', darwin: 'libline_socket_native.dylib' };

/** Where the addon is loaded from. */
const ADDON = path.join(ROOT, fileOf(platformTriple()));

/** @param {Kind} kind @returns {string} The library that Cargo makes. */
function libraryOf(kind) {
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  const library = /** @type {Record<string, string>} */ (LIBRARY)[process.platform] ?? 'libline_socket_native.so';
  // Cargo's folder for `dev` has another name.
  return path.join(target, kind, library);
}

/**
 * @param {Kind} kind
 * @returns {string} The folder for napi's descriptions of the addon's items, from when it was compiled last. They are made
 *   for the tests alone.
 */
function descriptionsOf(kind) {
  return path.join(path.dirname(libraryOf(kind)), 'declarations');
}

/** @param {string} file @returns {Buffer | undefined} */
function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

/**
 * Whether the addon that is loaded is the last one that was built in this way.
 * @param {Kind} kind
 */
function isAddon(kind) {
  const [addon, built] = [ADDON, libraryOf(kind)].map(read);
  return addon !== undefined && built !== undefined && addon.equals(built);
}

/** The file that napi writes there. */
const DESCRIPTIONS = 'line-socket-native';

module.exports = { ADDON, DESCRIPTIONS, PROFILES, descriptionsOf, isAddon, libraryOf };
