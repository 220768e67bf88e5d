// @ts-check
'use strict';

/**
 * Runs the tests of JavaScript with every supported release of Node (`npm run test:nodes`), and a part of them with options
 * of V8 that shake lifetimes. Ends with code 1 when a test failed. The results of `scripts/setup.js` must be there.
 */

const { spawn, spawnSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('../run.js');
const { JOBS, makeRunFolder, nodeFiles } = require('../test-commands.js');
const { Counts, table } = require('./counts.js');
const { runFiles } = require('./files.js');
const { NODES, install, nodePath } = require('./programs.js');

const USAGE = `usage: npm run test:nodes -- [--node RELEASE]... [--program PATH]... [--shaken] [--continue] [FILE...]

  --node RELEASE   one of ${NODES.join(', ')}; may be given several times (default: all)
  --program PATH   a Node of your own instead; may be given several times
  --shaken         only the runs with options of V8
  --continue       leave out, and count, the files that passed in the run before, and do no runs with options of V8
  FILE             test files (default: all)`;

/** @param {string} version @returns {import('./files.js').Platform['apart']} Files that do not run with a release, and why. */
const apartOf = (version) => (version.startsWith('v18.') ? [{ files: /package\/bundling/, why: 'the tools that bundle are for Node 20 and later' }] : []);

/** For what the tests print: a folder for each release. */
const HOME = path.join(ROOT, 'target/nodes');

const PATIENCE = 600_000;

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
      continue: { type: 'boolean', default: false },
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
  const { node, program, shaken, continue: isContinued, files } = readArguments();
  if (program === undefined) install();
  const programs = program ?? (node ?? NODES).map(nodePath);
  makeRunFolder();
  /** @type {[string, Counts][]} */
  const rows = [];
  for (const file of programs) {
    const name = `Node ${versionOf(file)}`;
    if (!shaken) {
      const logs = path.join(HOME, versionOf(file), 'logs');
      const platform = { name, command: [file], env: {}, apart: apartOf(versionOf(file)), listed: {}, logs, patience: PATIENCE, jobs: JOBS };
      rows.push([name, await runFiles(platform, files.length > 0 ? files : nodeFiles(), isContinued)]);
      if (files.length > 0 || isContinued) continue;
    }
    for (const options of SHAKEN) {
      const all = new Counts();
      for (const test of files.length > 0 ? files : SHAKEN_FILES) {
        all.join(await count(file, [...options, test], { LINE_IMPL: 'native' }));
      }
      rows.push([`${name} ${options.join(' ')}`, all]);
    }
  }
  console.log(table(rows));
  if (rows.some(([, { isGood }]) => !isGood)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
});
