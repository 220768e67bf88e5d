// @ts-check
'use strict';

/**
 * Runs the tests that do not depend on time under valgrind's memcheck, and the addon in Node for a short
 * conversation. Takes some minutes.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { ROOT, runAll } = require('./run.js');

const SUPPRESSIONS = path.join(__dirname, 'memory.supp');
const VALGRIND = ['--quiet', '--error-exitcode=9', '--fair-sched=yes', `--suppressions=${SUPPRESSIONS}`];
const LEAKS = ['--leak-check=full', '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite'];

/** Tests that are left out: valgrind is too slow for deadlines, and some tests would take minutes. */
const SKIPPED = ['hub::tests::', 'does_not_sleep', 'properties', 'envelope::special::tests::finds_every'];

/** @returns {string} The program of the core's own tests. */
function build() {
  const args = ['test', '--locked', '--package', 'line-socket-core', '--lib', '--no-run', '--message-format=json'];
  const { stdout, status } = spawnSync('cargo', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error('the tests could not be built');
  const programs = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line).executable);
  return programs.filter(Boolean)[0];
}

if (spawnSync('valgrind', ['--version']).status !== 0) {
  console.error('valgrind was not found: install it (Debian: apt-get install valgrind)');
  process.exitCode = 1;
} else {
  // A few cases of each property are enough: faults of memory show in any of them.
  process.env.PROPTEST_CASES = '2';
  process.env.LINE_PATIENCE = '60000';
  const skips = SKIPPED.flatMap((name) => ['--skip', name]);
  const conversation = path.join(ROOT, '__test__/process/children/conversation.js');
  runAll([
    ['valgrind (core)', 'valgrind', ...VALGRIND, ...LEAKS, build(), '--test-threads=1', ...skips],
    // Without the compiler of V8, whose code modifies itself. Memory that Node keeps at its end is not a leak.
    ['valgrind (addon)', 'valgrind', ...VALGRIND, process.execPath, '--jitless', conversation],
  ]);
}
