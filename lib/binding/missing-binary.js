// @ts-check
'use strict';

/**
 * The error for a machine on which the native addon cannot be loaded: what is missing, why, and what to do.
 * It names the cause where the cause can be found out, and lists the usual ones otherwise. Runs only after
 * loading has failed.
 */

const path = require('node:path');
const facts = require('./binary-facts.js');
const { PUBLISHED, fileOf, packageOf } = require('./platform.js');

/** @typedef {import('./platform.js').Platform} Platform */

/**
 * The last attempt to load a binary.
 * @typedef {object} Attempt
 * @property {any} [cause] The error it threw; undefined when there was nothing to load.
 * @property {boolean} isMissing Whether the module is missing, rather than failing to load.
 * @property {string} [file] The file, when it is not that of a package.
 * @property {string} [variable] The environment variable that names the file.
 */

const MANAGER = facts.packageManager();
const REINSTALL = MANAGER === 'yarn' ? 'run yarn install on this machine' : `delete node_modules and run ${MANAGER} install on this machine`;

/** How package managers leave out packages that are optional. */
const OMITTED = {
  npm: 'npm ran with --omit=optional, --no-optional or omit=optional in .npmrc: install again without that',
  pnpm: 'pnpm ran with --no-optional, or with optional=false in its settings: install again without that',
  yarn: 'Yarn 1 ran with --ignore-optional: install again without that',
};
const GUIDE = 'Recipes by bundler are in docs/guides/bundling.md of the repository.';
const { version } = facts;

/**
 * Why the package was not installed, as far as its files show; one sentence per line.
 * @param {string} triple
 * @returns {string[]}
 */
function notInstalled(triple) {
  const name = packageOf(triple);
  const exact = version === undefined ? name : `${name}@${version}`;
  const omitted = OMITTED[MANAGER];
  const copied = `node_modules was copied from another system, or shared with one, as in a container: ${REINSTALL}`;
  const locked = `package-lock.json was written on another platform and leaves ${name} out: delete it, ${REINSTALL}`;
  const absent =
    `the registry that ${MANAGER} uses does not have it, or could not be reached; ${MANAGER} reports neither for optional ` +
    `packages: "npm view ${exact} version" prints a version if the registry has it`;

  const foreign = facts.foreignPackages(name);
  if (foreign.length > 0) return [`There is ${foreign.join(', ')} instead: ${copied}.`];
  if (MANAGER !== 'npm') {
    const excluded = `the setting supportedArchitectures of ${MANAGER} leaves ${triple} out: add it there, and ${REINSTALL}`;
    return ['Usual causes:', `- ${excluded};`, `- ${omitted};`, `- ${copied};`, `- ${absent}.`];
  }
  const entry = facts.lockEntry(name);
  switch (entry) {
    case 'none':
      return [`package-lock.json lists no package of any platform: ${absent}.`];
    case 'others':
      return [`package-lock.json lists other platforms' packages, and not this one. Either`, `- ${locked};`, `- or ${absent}.`];
    case 'listed':
      return [`It is in package-lock.json, but not installed. Either`, `- ${omitted};`, `- or ${absent}.`];
    default:
      return ['Usual causes:', `- ${omitted};`, `- ${locked};`, `- ${copied};`, `- ${absent}.`];
  }
}

/**
 * Why a bundle finds no binary. npm is not the cause.
 * @param {string} triple
 * @returns {string[]}
 */
function notInBundle(triple) {
  const name = packageOf(triple);
  const where = facts.here === undefined ? 'a bundle' : `a ${facts.isSingleExecutable() ? 'single executable application' : 'bundle'} in ${facts.here}`;
  const installed = facts.installedFolder(name, [facts.here, process.cwd()]);
  return [
    `This code runs from ${where}, which has no binary in it and finds no package ${name} from there.`,
    ...(installed === undefined ? [] : [`The package is installed, in ${installed}: the bundle does not load it.`]),
    ...remediesOfBundles(triple),
  ];
}

/**
 * @param {string} triple
 * @returns {string[]} What helps a bundle that does not load the binary.
 */
function remediesOfBundles(triple) {
  const name = packageOf(triple);
  const beside = facts.here === undefined ? [] : [`put ${fileOf(triple)}, which is in that package, into ${facts.here}`];
  const bundle = facts.isSingleExecutable() ? [] : [
    `mark line-socket-native, or ${name}, as external in the bundler, and install it where the bundle runs`,
  ];
  const remedies = [...bundle, ...beside, `set LINE_SOCKET_NATIVE_BINARY to the path of ${fileOf(triple)}`];
  return [
    'One of these helps:',
    ...remedies.map((remedy, index) => `- ${remedy}${index === remedies.length - 1 ? '.' : ';'}`),
    GUIDE,
  ];
}

/**
 * Why an application of Electron finds no binary.
 * @param {Platform} platform
 * @param {string} archive
 * @returns {string[]}
 */
function notInArchive({ os, arch, libc, triple }, archive) {
  const name = packageOf(triple);
  const system = `--os=${os} --cpu=${arch}${libc === undefined ? '' : ` --libc=${libc}`}`;
  return [
    `This code runs from Electron's archive ${archive}, where neither ${name} nor ${fileOf(triple)} beside a bundle is found.`,
    `Before the application is packed, install that package, on another system with "npm install ${system}". Have the binary`,
    `unpacked, which electron-builder does with "asarUnpack": ["**/*.node"].`,
    GUIDE,
  ];
}

/** @returns {string} How to build the addon, in a checkout or for an application. */
function buildFromSource() {
  const needs = 'which needs Rust (https://rustup.rs) and a C compiler';
  if (facts.isCheckout()) return `Build it here, ${needs}: npm run build, in ${facts.root}`;
  return (
    `To build it from source, ${needs}: clone the repository, run "npm ci && npm run build" in the clone, ` +
    'then "npm install PATH-OF-THE-CLONE" in the application.'
  );
}

/**
 * Explains why there is no binary.
 * @param {Platform} platform
 * @returns {string[]}
 */
function explainMissing(platform) {
  const { triple } = platform;
  const name = packageOf(triple);
  if (facts.isCheckout()) return ['This is a checkout in which it has not been built.', buildFromSource()];
  if (!PUBLISHED.includes(triple)) return [`No binary is published for ${triple}, and so no package ${name}.`, buildFromSource()];
  const archive = facts.archive();
  if (archive !== undefined) return notInArchive(platform, archive);
  if (facts.isBundled()) return notInBundle(triple);
  const others = facts.localBinaries();
  if (others.length > 0) {
    return [`This copy has ${others.join(', ')}, built on another system: build it on this one, or for it.`, buildFromSource()];
  }
  if (facts.isCopyOfCheckout()) {
    return [
      'This is a copy of a checkout that was made before the binary was built there: run "npm ci && npm run build" in the ' +
        'checkout, which needs Rust (https://rustup.rs) and a C compiler, and install it again.',
    ];
  }
  const installed = facts.installedFolder(name, [facts.here]);
  if (installed !== undefined) {
    return [
      `The optional package ${name} is installed, in ${installed}, but its file ${fileOf(triple)} cannot be found there: ` +
        `it was removed, or left out when the files were copied. To install it again: ${REINSTALL}, without --omit=optional.`,
      buildFromSource(),
    ];
  }
  return [`It should have come with the optional package ${name}, which is not installed.`, ...notInstalled(triple), buildFromSource()];
}

/**
 * Explains why the binary is not allowed to be loaded.
 * @param {any} cause
 * @returns {string[] | undefined} Undefined when that is not the cause.
 */
function explainForbidden(cause) {
  if (cause?.code === 'ERR_DLOPEN_DISABLED') {
    const [option, source] = facts.noAddonsOption() ?? [];
    const allow = 'under the permission model (--permission), Node loads addons with --allow-addons only';
    if (option !== undefined) return [`Node runs with ${option} (${source}), and loads no addons: remove that option. Also, ${allow}.`];
    return [`Node was told to load no addons: start it without --no-addons; ${allow}.`];
  }
  if (cause?.code === 'ERR_ACCESS_DENIED') {
    return [`Node's permission model (--permission) denies reading ${cause.resource ?? 'it'}: allow it with --allow-fs-read=PATH.`];
  }
  if (cause?.code === 'EACCES') return ['The user of this process must be allowed to read that file.'];
  if (cause?.name === 'NotCapable') return ['Deno loads addons with --allow-ffi only.'];
  return undefined;
}

/**
 * Explains why a binary that is there does not load.
 * @param {string} triple
 * @param {Attempt} attempt
 * @returns {string[]}
 */
function explainBroken(triple, { cause, file, variable }) {
  const forbidden = explainForbidden(cause);
  if (forbidden !== undefined) return forbidden;
  if (variable !== undefined) return [`${variable} has to name a ${fileOf(triple)} of line-socket-native ${version ?? 'in the same version'}.`];
  const glibc = /version [`']?(GLIBC_[\d.]+)/.exec(String(cause?.message));
  if (glibc !== null) return [`It needs a newer C library than that of this system, one with ${glibc[1]}.`, buildFromSource()];
  // Built here, or put beside a bundle.
  if (file !== undefined && facts.isCheckout()) return [`It was built here, as ${file}.`, buildFromSource()];
  if (file !== undefined) return [`It is ${file}: replace it by that of ${packageOf(triple)}.`, buildFromSource()];
  if (facts.isBundled() && cause?.code !== 'ERR_DLOPEN_FAILED') {
    const what = `The bundler has put something else in place of ${packageOf(triple)}. It has to copy files that end with .node as they are`;
    return [`${what}, as esbuild does with --loader:.node=copy.`, ...remediesOfBundles(triple)];
  }
  return [`It came with ${packageOf(triple)}: ${REINSTALL}, without --omit=optional.`, buildFromSource()];
}

/**
 * @param {Platform} platform
 * @param {Attempt} attempt
 * @returns {Error & {code: string}}
 */
function missingBinary(platform, attempt) {
  const { os, arch, libc, triple } = platform;
  const { cause, isMissing, file, variable } = attempt;
  const machine = `platform ${os}, architecture ${arch}${libc ? `, C library ${libc}` : ''}, ${facts.runtime()}`;
  const lines = [];
  if (variable !== undefined && isMissing) {
    lines.push(
      `line-socket-native has no binary for ${triple} (${machine}): ${variable} is ${file}, ${facts.describe(String(file))}.`,
      `Set it to the path of ${fileOf(triple)}, or leave it out.`,
    );
  } else if (isMissing) {
    lines.push(`line-socket-native has no binary for ${triple} (${machine}).`, ...explainMissing(platform));
  } else {
    const named = variable === undefined ? '' : `, which ${variable} names`;
    const what = file === undefined ? '' : ` in ${path.basename(file)}${named}`;
    lines.push(
      `line-socket-native has a binary for ${triple} (${machine})${what}, which cannot be loaded: ${cause?.message ?? cause}`,
      ...explainBroken(triple, attempt),
    );
  }
  return Object.assign(new Error(lines.join('\n'), { cause }), { code: 'ERR_LINE_SOCKET_NO_BINARY' });
}

module.exports = { missingBinary };
