// @ts-check
'use strict';

/**
 * Checks formatting, lints and types of the crates and of all JavaScript. All steps run; if one fails, the
 * whole fails. The results of `scripts/setup.js --tests` must be there. `--compiled` leaves out clippy, which has compiled
 * the crates for `scripts/check.js`, and takes napi's descriptions from the build of the addon.
 */

const { program, tool, runAll } = require('./run.js');

const isCompiled = process.argv.includes('--compiled');
const clippy = program('cargo', 'clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings');

runAll([
  program('cargo', 'fmt', '--all', '--check'),
  ...(isCompiled ? [] : [clippy]),
  ['node scripts/imports.js', process.execPath, `${__dirname}/imports.js`],
  ['node scripts/picture.js --check', process.execPath, `${__dirname}/picture.js`, '--check'],
  ['node scripts/facts.js --check', process.execPath, `${__dirname}/facts.js`, '--check'],
  ['node scripts/declarations.js --check', process.execPath, `${__dirname}/declarations.js`, '--check', ...(isCompiled ? ['--built'] : [])],
  tool('eslint/bin/eslint.js', '--max-warnings', '0', '.'),
  tool('typescript/bin/tsc', '-p', '.'),
  tool('typescript/bin/tsc', '-p', 'examples/hello/page'),
  tool('typescript/bin/tsc', '-p', 'scripts/docs/browser'),
  ['node scripts/workflows/lint.js', process.execPath, `${__dirname}/workflows/lint.js`],
]);
