// @ts-check
'use strict';

/** Python with the Autobahn test suite and the package `websockets`, in `target/conformance`. */

const path = require('node:path');
const { MissingError, environment } = require('../scripts/venv.js');

const REQUIREMENTS = path.join(__dirname, 'requirements.txt');
const SUITE = 'autobahntestsuite==25.10.1';

/**
 * Sees that all is installed.
 * @returns {{python: string, suite: string, version: string}} Python, the suite's package, and what version it is.
 */
function install() {
  const folderOf = (/** @type {string} */ home) => path.join(home, 'suite');
  const { home, python } = environment({
    name: 'conformance',
    requirements: REQUIREMENTS,
    others: SUITE,
    finish({ home }, pip) {
      // Its sources, whatever Python they are for: cases.py reads them.
      pip('--ignore-requires-python', '--python-version', '2.7', '--only-binary', ':all:', '--target', folderOf(home), SUITE);
    },
  });
  return { python, suite: path.join(folderOf(home), 'autobahntestsuite'), version: SUITE };
}

module.exports = { install, MissingError };
