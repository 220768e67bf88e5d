// @ts-check
'use strict';

/**
 * Runs the tests of JavaScript with every supported release of Node (`npm run test:nodes`), and a part of them with options
 * of V8 that shake lifetimes. Ends with code 1 when a test failed. The results of `scripts/setup.js` must be there.
 */

const { spawn, spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { ROOT } = require('../run.js');
const { NODES, install, nodePath } = require('./programs.js');
const { Counts, table } = require('./counts.js');

const USAGE = `usage: npm run test:nodes -- [--node RELEASE]... [--program PATH]... [--shaken] [FILE...]

  --node RELEASE   one of ${NODES.join(', ')}; may be given several times (default: all)
  --program PATH   a Node of your own instead; may be given several times
  --shaken         only the runs with options of V8
  FILE             test files (default: all)`;

/** Options of V8 under which code that keeps or frees objects too early or too late fails soon. */
const SHAKEN = [
  ['--jitless'],
  ['--stress-compaction'],
  ['--stress-scavenge=50'],
  ['--gc-interval=500'],
];

/** The files that run with them: objects that live as long as connections, and what crosses the seam to Rust. */
const SHAKEN_FILES = [
  '__test__/contract/answers.test.js',
  '__test__/contract/close.test.js',
  '__test__/contract/messages.test.js',
  '__test__/contract/payloads.test.js',
  '__test__/contract/rooms.test.js',
  '__test__/contract/send.test.js',
  '__test__/process/lifetime.test.js',
];

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      node: { type: 'string', multiple: true },
      program: { type: 'string', multiple: true },
      shaken: { type: 'boolean', default: false },
    },
  });
  const unknown = values.node?.find((release) => !NODES.includes(release));
  if (unknown !== undefined) throw new Error(`There is no Node "${unknown}" here: name one of ${NODES.join(', ')}`);
  return { ...values, files: positionals };
}

/**
 * Runs a command to its end, shows what it prints, and counts the tests.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<Counts>}
 */
async function count(program, args, environment = {}) {
  const counts = new Counts();
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    counts.add(text);
  });
  counts.status = await new Promise((resolve) => child.on('close', resolve));
  return counts;
}

/** @param {string} program */
const versionOf = (program) => spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();

async function main() {
  const { node, program, shaken, files } = readArguments();
  if (program === undefined) install();
  const programs = program ?? (node ?? NODES).map(nodePath);
  /** @type {[string, Counts][]} */
  const rows = [];
  for (const path of programs) {
    const version = versionOf(path);
    if (!shaken) rows.push([`Node ${version}`, await count(path, ['scripts/test.js', ...(files.length > 0 ? files : ['--node'])])]);
    for (const options of files.length > 0 && !shaken ? [] : SHAKEN) {
      const all = new Counts();
      for (const file of files.length > 0 ? files : SHAKEN_FILES) {
        all.join(await count(path, [...options, file], { LINE_IMPL: 'native' }));
      }
      rows.push([`Node ${version} ${options.join(' ')}`, all]);
    }
  }
  console.log(table(rows));
  if (rows.some(([, { isGood }]) => !isGood)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
