// @ts-check
'use strict';

/**
 * Checks before a release that the version is the same everywhere, that the changelog tells of it, and that
 * `package.json` names the repository: `node scripts/release/changelog.js v1.2.3`. Prints what the changelog says.
 * Without a tag, the version of `package.json` is checked.
 */

const fs = require('node:fs');
const path = require('node:path');
const { checkRepository } = require('./repository.js');

const ROOT = path.join(__dirname, '../..');

/** A version and its date, e.g. `## [1.2.3] - 2026-01-31`, and what follows. */
const ENTRY = /^## \[(?<version>[^\]]+)\](?: - (?<date>\d{4}-\d\d-\d\d))?[ \t]*$(?<text>[\s\S]*?)(?=^## |^\[[^\]]+\]: |(?![\s\S]))/gm;

/**
 * The versions that a checkout has in its files.
 * @param {string} root
 * @returns {[file: string, version: string | undefined][]}
 */
function versionsOf(root) {
  const read = (/** @type {string} */ file) => fs.readFileSync(path.join(root, file), 'utf8');
  const manifest = JSON.parse(read('package.json'));
  const lock = JSON.parse(read('package-lock.json'));
  const { name } = manifest;
  const pinned = new RegExp(`^name = "${name}"\nversion = "(.*)"$`, 'm');
  return [
    ['package.json', manifest.version],
    ['package-lock.json', lock.version],
    ['package-lock.json, packages', lock.packages[''].version],
    ['Cargo.toml', /^version = "(.*)"$/m.exec(read('Cargo.toml'))?.[1]],
    ['Cargo.lock', pinned.exec(read('Cargo.lock'))?.[1]],
  ];
}

/**
 * What the changelog says of a version.
 * @param {string} changelog
 * @param {string} version
 * @returns {string}
 * @throws {Error} When it has no entry, one without a date, or an empty one.
 */
function entryOf(changelog, version) {
  const groups = [...changelog.matchAll(ENTRY)].map((match) => match.groups).find((entry) => entry?.version === version);
  if (groups === undefined) throw new Error(`CHANGELOG.md has no entry "## [${version}]"`);
  if (groups.date === undefined) throw new Error(`the entry of ${version} in CHANGELOG.md has no date: "## [${version}] - YYYY-MM-DD"`);
  const text = groups.text.trim();
  if (text === '') throw new Error(`the entry of ${version} in CHANGELOG.md is empty`);
  return text;
}

/**
 * @param {string} root A checkout.
 * @param {string} [tag] `v` and the version; default: not checked.
 * @returns {string} What the changelog says of the version.
 * @throws {Error} When something differs or is missing.
 */
function checkRelease(root, tag) {
  const versions = versionsOf(root);
  const [[, version]] = versions;
  const different = versions.filter(([, other]) => other !== version);
  if (different.length > 0) {
    const list = different.map(([file, other]) => `${file} ${other}`).join(', ');
    throw new Error(`package.json has version ${version}, but ${list}`);
  }
  if (tag !== undefined && tag !== `v${version}`) throw new Error(`the tag is ${tag}, and the version ${version}`);
  return entryOf(fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8'), String(version));
}

if (require.main === module) {
  try {
    const tag = process.argv[2];
    console.log(checkRelease(ROOT, tag));
    if (tag !== undefined) checkRepository(require('../../package.json'), process.env);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}

module.exports = { checkRelease };
