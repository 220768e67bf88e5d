// @ts-check
'use strict';

/**
 * Checks formatting, lints and types of the crates and of all JavaScript: every step runs, and one
 * that fails fails the whole. What `scripts/setup.js` makes must be there.
 */

const { program, tool, runAll } = require('./run.js');

const LOAD = ['--manifest-path', 'bench/load/Cargo.toml'];
const INSTRUCTIONS = ['--manifest-path', 'bench/instructions/Cargo.toml'];
const CLIPPY = ['--all-targets', '--locked', '--', '-D', 'warnings'];

runAll([
  program('cargo', 'fmt', '--check'),
  program('cargo', 'fmt', ...LOAD, '--check'),
  program('cargo', 'fmt', ...INSTRUCTIONS, '--check'),
  program('cargo', 'clippy', ...CLIPPY),
  program('cargo', 'clippy', ...LOAD, ...CLIPPY),
  tool('eslint/bin/eslint.js', '--max-warnings', '0', '.'),
  tool('typescript/bin/tsc', '-p', '.'),
]);
