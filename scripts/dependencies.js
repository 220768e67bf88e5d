// @ts-check
'use strict';

/**
 * Checks the crates that ours are built of against `deny.toml`: their licences, where they come from,
 * and what is known against them. `--install` gets cargo-deny first when it is missing, into
 * `target/tools`, which takes a minute or two.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, runAll } = require('./run.js');

const VERSION = '0.20.2';
const OWN = path.join(ROOT, 'target', 'tools');

/**
 * @param {string} file
 * @param {string[]} args
 */
function succeeds(file, args) {
  return spawnSync(file, args, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

/** @returns {string | undefined} cargo-deny, where it is to be had. */
function find() {
  return ['cargo-deny', path.join(OWN, 'bin', 'cargo-deny')].find((file) => succeeds(file, ['--version']));
}

/** Not optimized, because it is compiled far longer than it ever runs. */
function install() {
  const args = ['install', 'cargo-deny', '--version', VERSION, '--locked', '--debug', '--root', OWN];
  console.log(`> cargo ${args.join(' ')}`);
  spawnSync('cargo', args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** @param {string} deny */
function check(deny) {
  // The database of advisories is a repository on GitHub: where that cannot be reached, what does
  // not depend on it is checked all the same.
  const withAdvisories = succeeds(deny, ['--config', 'deny.toml', 'fetch', 'db']);
  const what = ['bans', 'licenses', 'sources', ...(withAdvisories ? ['advisories'] : [])];
  const args = ['--workspace', '--config', 'deny.toml', '--locked', 'check', ...what];
  runAll([[`cargo deny ${args.join(' ')}`, deny, ...args]]);
  if (!withAdvisories) {
    console.error('Advisories were NOT checked: https://github.com/RustSec/advisory-db could not be fetched.');
  }
}

if (find() === undefined && process.argv.includes('--install')) install();
const deny = find();
if (deny !== undefined) {
  check(deny);
} else {
  console.error('cargo-deny was not found: cargo install cargo-deny --locked, or call this with --install');
  process.exitCode = 1;
}
