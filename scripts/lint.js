// @ts-check
'use strict';

/**
 * Checks formatting, lints and types of the crates and of all JavaScript: every step runs, and one
 * that fails fails the whole. What `scripts/setup.js` makes must be there.
 */

const { program, tool, runAll } = require('./run.js');

const LOAD = ['--manifest-path', 'bench/load/Cargo.toml'];
const INSTRUCTIONS = ['--manifest-path', 'bench/instructions/Cargo.toml'];
const FUZZ = ['--manifest-path', 'fuzz/Cargo.toml'];
const MODELS = ['--manifest-path', 'models/Cargo.toml'];
const CLIPPY = ['--all-targets', '--locked', '--', '-D', 'warnings'];

runAll([
  program('cargo', 'fmt', '--check'),
  program('cargo', 'fmt', ...LOAD, '--check'),
  program('cargo', 'fmt', ...INSTRUCTIONS, '--check'),
  program('cargo', 'fmt', ...FUZZ, '--check'),
  program('cargo', 'fmt', ...MODELS, '--check'),
  program('cargo', 'clippy', ...CLIPPY),
  program('cargo', 'clippy', ...LOAD, ...CLIPPY),
  program('cargo', 'clippy', ...INSTRUCTIONS, ...CLIPPY),
  // In one folder, for what the crates have in common is compiled once.
  program('cargo', 'clippy', ...FUZZ, '--target-dir', 'target', ...CLIPPY),
  // The tests in the core's files are not for the models.
  program('cargo', 'clippy', ...MODELS, '--test', 'inbox', '--locked', '--', '-D', 'warnings'),
  tool('eslint/bin/eslint.js', '--max-warnings', '0', '.'),
  tool('typescript/bin/tsc', '-p', '.'),
  tool('typescript/bin/tsc', '-p', 'examples/hello/page'),
  tool('typescript/bin/tsc', '-p', 'scripts/docs/browser'),
  ['node scripts/workflows/lint.js', process.execPath, `${__dirname}/workflows/lint.js`],
]);
