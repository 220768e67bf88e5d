// @ts-check
'use strict';

/** The licences of the crates in a binary: most must be distributed with it. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../run.js');

/**
 * A crate, as `cargo metadata` describes it.
 * @typedef {object} Crate
 * @property {string} id
 * @property {string} name
 * @property {string} version
 * @property {string} license An expression of SPDX.
 * @property {string[]} authors
 * @property {string | null} repository
 * @property {string | null} source Where it comes from; nothing for those of this repository.
 * @property {string} manifest_path
 * @property {{kind: string[]}[]} targets
 */

const RULE = '-'.repeat(80);

/**
 * The crates in a binary: those that the package depends on, without what only runs in the compiler.
 * @param {string} rust The target of Rust.
 * @returns {Crate[]} Sorted by name.
 * @throws {Error} When cargo fails.
 */
function cratesOf(rust) {
  const args = ['metadata', '--locked', '--format-version', '1', '--filter-platform', rust];
  const { stdout, stderr, status, error } = spawnSync('cargo', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw error ?? new Error(`cargo metadata failed: ${stderr}`);
  const { packages, resolve } = JSON.parse(stdout);
  /** @type {Map<string, Crate>} */
  const crates = new Map(packages.map((/** @type {Crate} */ crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((/** @type {any} */ node) => [node.id, node]));

  /** @type {Map<string, Crate>} */
  const found = new Map();
  const add = (/** @type {string} */ id) => {
    const crate = /** @type {Crate} */ (crates.get(id));
    const isMacro = crate.targets.some(({ kind }) => kind.includes('proc-macro'));
    if (found.has(id) || isMacro) return;
    found.set(id, crate);
    for (const { pkg, dep_kinds: kinds } of /** @type {any} */ (nodes.get(id)).deps) {
      if (kinds.some((/** @type {{kind: string | null}} */ { kind }) => kind === null)) add(pkg);
    }
  };
  add(resolve.root);
  const foreign = [...found.values()].filter(({ source }) => source !== null);
  return foreign.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/**
 * The licence texts of a crate. Where there is a choice, only that of the MIT licence.
 * @param {Crate} crate
 * @returns {string[]}
 */
function textsOf(crate) {
  const folder = path.dirname(crate.manifest_path);
  const names = fs.readdirSync(folder).filter((name) => /^(licen[sc]e|copying|copyright|notice)/i.test(name)).sort();
  const mit = names.filter((name) => /mit/i.test(name));
  const mayChoose = / OR /.test(crate.license) && !/ AND /.test(crate.license) && mit.length > 0;
  return (mayChoose ? mit : names).map((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim());
}

/**
 * @param {string} rust The target of Rust a binary is for.
 * @returns {string} The licences of all that is in it; equal texts once.
 */
function licencesOf(rust) {
  const crates = cratesOf(rust);
  /** @type {Map<string, string[]>} Names of crates by text. */
  const byText = new Map();
  for (const crate of crates) {
    for (const text of textsOf(crate)) byText.set(text, [...(byText.get(text) ?? []), crate.name]);
  }
  const list = crates.map(({ name, version, license, repository }) => `- ${name} ${version}: ${license}, ${repository ?? ''}`);
  return [
    `The binary for ${rust} is compiled from line-socket-native, whose licence is in LICENSE, from the`,
    'standard library of Rust (MIT OR Apache-2.0, https://github.com/rust-lang/rust), on Linux with the libunwind of',
    'LLVM (Apache-2.0 WITH LLVM-exception, https://github.com/llvm/llvm-project), and from these crates:',
    '',
    ...list,
    ...[...byText].flatMap(([text, names]) => ['', RULE, names.join(', '), RULE, '', text]),
    '',
  ].join('\n');
}

module.exports = { licencesOf };
