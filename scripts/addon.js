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
 * Arguments of Cargo for the profile `dev`, in which dependencies are optimized a little, with other settings for our crates.
 * @param {string[]} settings
 */
const forOurs = (...settings) => {
  const ours = ['line-socket-core', 'line-socket-native'].map((name) => `profile.dev.package.${name}`);
  return ['--profile', 'dev', ...ours.flatMap((name) => settings.flatMap((setting) => ['--config', `${name}.${setting}`]))];
};

/** Arguments of Cargo, by purpose of the build: for publishing, for the tests (which takes half as long), and for debuggers. */
const PROFILES = {
  release: ['--profile', 'release'],
  tests: forOurs('opt-level=1', 'debug=false', 'debug-assertions=false', 'overflow-checks=false'),
  debug: forOurs('debug=true'),
};

/** @typedef {keyof typeof PROFILES} Kind */

/** Cargo's folders for what it builds. @type {Record<Kind, string>} */
const FOLDERS = { release: 'release', tests: 'debug', debug: 'debug' };

/** Names of the library as Cargo makes it. */
const LIBRARY = { win32: 'line_socket_native.dll', darwin: 'libline_socket_native.dylib' };

/** Where the addon is loaded from. */
const ADDON = path.join(ROOT, fileOf(platformTriple()));

/** Cargo's folder for everything that it builds. */
const targetFolder = () => process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');

/** @param {Kind} kind @returns {string} The library that Cargo makes. Cargo has one file for several kinds. */
function libraryOf(kind) {
  return path.join(targetFolder(), FOLDERS[kind], /** @type {Record<string, string>} */ (LIBRARY)[process.platform] ?? 'libline_socket_native.so');
}

/** @param {Kind} kind @returns {string} A copy of the library that was built last in this way. */
function builtOf(kind) {
  return path.join(targetFolder(), 'addon', kind, path.basename(ADDON));
}

/**
 * @param {Kind} kind
 * @returns {string} The folder for napi's descriptions of the addon's items, from when it was compiled last. They are made
 *   for the tests alone.
 */
function descriptionsOf(kind) {
  return path.join(path.dirname(builtOf(kind)), 'declarations');
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
  const [addon, built] = [ADDON, builtOf(kind)].map(read);
  return addon !== undefined && built !== undefined && addon.equals(built);
}

/** The file that napi writes there. */
const DESCRIPTIONS = 'line-socket-native';

module.exports = { ADDON, DESCRIPTIONS, FOLDERS, PROFILES, builtOf, descriptionsOf, isAddon, libraryOf, targetFolder };
