// @ts-check
'use strict';

/**
 * The figures of docs/internals/reliability.md from one run, item after item: tests that print figures, the soak,
 * the chaos, fuzzing, the checks of threads and of memory, and the bad inputs, which are written to
 * docs/internals/hostile.md. About 40 minutes in all.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('./run.js');

/**
 * A command of Node or another program, and which lines of what it prints are figures.
 * @typedef {{ command: string[], figures: RegExp }} Step
 */

/** Lines of Node's test runner: diagnostics of tests, and their number. */
const OF_TESTS = /^\s*ℹ (?!suites|cancelled|skipped|todo|duration_ms)(.+)$/;

/** @param {string[]} files In `__test__`, without `.test.js`. @returns {Step} */
const tests = (...files) => ({
  command: [
    process.execPath, '--test', '--test-concurrency=1', '--test-reporter=spec',
    ...files.map((file) => path.join('__test__', `${file}.test.js`)),
  ],
  figures: OF_TESTS,
});

/** @param {RegExp} figures @param {string[]} args @returns {Step} */
const script = (figures, ...args) => ({ command: [process.execPath, ...args], figures });

const OF_CARGO = /^(test result: .+?); 0 measured/;

/** What is run for each item, by the headings of docs/internals/reliability.md. @type {Record<string, Step[]>} */
const ITEMS = {
  'back-pressure': [tests('process/flood', 'process/slow-consumer')],
  limits: [tests('limits/limits', 'limits/connections', 'limits/rates')],
  draining: [tests('limits/draining', 'examples/graceful-shutdown')],
  life: [
    tests(
      ...['lifetime', 'traffic', 'workers', 'restart', 'start-failure', 'clock', 'descriptors', 'silent-peer', 'verdict']
        .map((name) => `process/${name}`),
    ),
  ],
  leaks: [tests('process/garbage')],
  soak: [script(/^(.*\S.*)$/, '__test__/soak/run.js', '--minutes', '10')],
  chaos: [script(/^(Node v.* in .*| {2}(?!FAULT).*|passed|failed.*)$/, '__test__/chaos/run.js', '--minutes', '10')],
  fuzzing: fs.readdirSync(path.join(ROOT, 'crates/fuzz/seeds')).sort()
    .map((target) => script(/^((?:#\d+\s+DONE|stat::number_of_executed|SUMMARY).*)$/, 'scripts/fuzz.js', target, '--seconds', '90')),
  threads: [{ command: ['cargo', 'test', '--locked', '--package', 'line-socket-native-models'], figures: OF_CARGO }],
  memory: [script(OF_CARGO, 'scripts/memory.js')],
  'bad-inputs': [script(/^(.*\S.*)$/, '__test__/hostile/table.js')],
};

/** Lines that are shown of an item that fails. */
const SHOWN = 40;

const USAGE = `usage: npm run reliability -- [ITEM ...]

  ITEM    ${Object.keys(ITEMS).join(', ')} (default: all)`;

/**
 * @param {Step} step
 * @returns {boolean} Whether it succeeded.
 */
function run({ command: [file, ...args], figures }) {
  console.log(`> ${[path.basename(file), ...args].join(' ')}`);
  const begin = performance.now();
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n');
  for (const line of lines) {
    const figure = figures.exec(line)?.[1];
    if (figure !== undefined) console.log(`  ${figure}`);
  }
  const seconds = Math.round((performance.now() - begin) / 1000);
  const succeeded = status === 0;
  if (!succeeded) console.log([...lines.slice(-SHOWN), error?.message ?? ''].join('\n'));
  console.log(`  ${succeeded ? 'done' : 'FAILED'} in ${seconds} s`);
  return succeeded;
}

const { positionals } = parseArgs({ allowPositionals: true, strict: false });
const wanted = positionals.length > 0 ? positionals : Object.keys(ITEMS);
if (wanted.every((name) => Object.hasOwn(ITEMS, name))) {
  for (const name of wanted) {
    console.log(`\n${name}`);
    if (!ITEMS[name].map(run).every(Boolean)) process.exitCode = 1;
  }
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
