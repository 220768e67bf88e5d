// @ts-check
'use strict';

/**
 * Runs the tests of the server on Bun and on Deno (`npm run test:runtimes`). Ends with code 1 when a test fails that
 * `differences.js` does not list. The results of `scripts/setup.js` must be there.
 */

const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { ROOT } = require('../run.js');
const { testFiles } = require('../test-files.js');
const { Counts, table } = require('./counts.js');
const { APART, DIFFERENCES } = require('./differences.js');
const { install, runtimePath } = require('./programs.js');

const USAGE = `usage: npm run test:runtimes -- [--runtime bun|deno]... [FILE...]

  --runtime NAME   may be given several times (default: both)
  FILE             test files (default: those of the server, ${'`SERVER`'} in scripts/platforms/runtimes.js)`;

/** Folders with tests of the server. Those of `tls` test the TLS of the core with the client of Node, and are not among them. */
const SERVER = ['contract', 'hostile', 'attach', 'rooms', 'limits', 'upgrade-policy', 'deflate'];

/** Tests no server, but a document. */
const NONE = '__test__/hostile/table.test.js';

/** Milliseconds that a file may take. */
const PATIENCE = 180_000;

/**
 * How a runtime runs a file, and how it reports a test.
 * @type {Record<string, {args: string[], passed: RegExp, failed: RegExp}>}
 */
const RUNTIMES = {
  bun: {
    args: ['test', '--timeout', '30000'],
    passed: /^\(pass\) .*? > (.*?)(?: \[[\d.]+m?s\])?$/,
    failed: /^\(fail\) .*? > (.*?)(?: \[[\d.]+m?s\])?$/,
  },
  deno: {
    // The package has no `type`: Deno looks at the code to tell that it is CommonJS.
    args: ['test', '--allow-all', '--no-check', '--unstable-detect-cjs'],
    // A suite is reported as well; it has no time of its own when it fails.
    passed: /^ {2}(.*) \.\.\. ok \([\d.a-z ]+\)$/,
    failed: /^ {2}(.*) \.\.\. FAILED \([\d.a-z ]+\)$/,
  },
};

/**
 * @param {string} name Of the runtime.
 * @param {string} file
 * @returns {{counts: Counts, problems: string[]}}
 */
function runFile(name, file) {
  const { args, passed, failed } = RUNTIMES[name];
  const { stdout, stderr, error, signal } = spawnSync(runtimePath(/** @type {'bun' | 'deno'} */ (name)), [...args, `./${file}`], {
    cwd: ROOT, encoding: 'utf8', timeout: PATIENCE, maxBuffer: 1 << 28, env: { ...process.env, LINE_IMPL: 'native', NO_COLOR: '1' },
  });
  const lines = `${stdout}\n${stderr}`.split('\n');
  const names = (/** @type {RegExp} */ pattern) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  const good = names(passed);
  // Bun lists those that have failed again at the end.
  const bad = new Set(names(failed));
  const listed = DIFFERENCES[name][file] ?? {};
  const problems = [...bad].filter((test) => !(test in listed)).map((test) => `fails: ${test}`);
  if (error || signal) problems.push(`did not end: ${error?.message ?? signal}`);
  if (good.length === 0) problems.push(`ran no test:\n${lines.slice(-30).join('\n')}`);
  const counts = new Counts();
  counts.passed = good.length;
  counts.failed = problems.length;
  counts.skipped = [...bad].filter((test) => test in listed).length;
  return { counts, problems };
}

function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { runtime: { type: 'string', multiple: true } } });
  const names = values.runtime ?? Object.keys(RUNTIMES);
  const unknown = names.find((name) => !Object.hasOwn(RUNTIMES, name));
  if (unknown !== undefined) throw new Error(`There is no runtime "${unknown}"`);
  const files = positionals.length > 0 ? positionals : testFiles().filter((file) => SERVER.includes(file.split('/')[1]) && file !== NONE);
  install();
  /** @type {[string, Counts][]} */
  const rows = [];
  for (const name of names) {
    const all = new Counts();
    for (const file of files) {
      if (file in APART[name]) {
        console.log(`${name} ${file}: not run: ${APART[name][file]}`);
        continue;
      }
      const { counts, problems } = runFile(name, file);
      console.log(`${name} ${file}: ${counts.passed} passed, ${counts.skipped} listed as different`);
      for (const problem of problems) console.log(`  ${problem}`);
      all.join(counts);
    }
    rows.push([name, all]);
  }
  console.log(table(rows).replace('skipped', 'listed as different'));
  if (rows.some(([, { isGood }]) => !isGood)) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  console.error(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
