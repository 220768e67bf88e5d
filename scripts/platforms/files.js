// @ts-check
'use strict';

/**
 * Runs test files with a Node of another platform, each in a process of its own, and counts the tests. Those that fail are
 * compared with a list of known differences.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ALONE, QUIET } = require('../../__test__/alone.js');
const { ROOT } = require('../run.js');
const { testFiles } = require('../test-files.js');
const { Counts, table } = require('./counts.js');

/**
 * @typedef {object} Platform
 * @property {string} name For the table.
 * @property {string[]} command The Node, and what it is run by; the options and the file come behind.
 * @property {NodeJS.ProcessEnv} env Added to the environment.
 * @property {{files: RegExp, why: string}[]} apart Files that are not run, and why.
 * @property {Record<string, Record<string, string>>} listed Tests that fail, by file and name, and why.
 * @property {string} logs The folder for what the files print.
 * @property {number} patience Milliseconds that a file may take.
 */

/**
 * Runs a test file. Standard output is a file: the one of Wine's own console has no reader.
 * @param {Platform} platform
 * @param {string} file
 * @returns {Promise<{counts: Counts, failed: string[], output: string}>}
 */
async function runFile({ command, env, logs, patience }, file) {
  const log = path.join(logs, `${file.replaceAll('/', '_')}.txt`);
  const descriptor = fs.openSync(log, 'w');
  const [program, ...args] = [...command, '--test-reporter=spec', file];
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', descriptor, descriptor], timeout: patience, env: { ...process.env, ...env } });
  const counts = new Counts();
  counts.status = await new Promise((resolve) => child.on('error', () => resolve(1)).on('close', (code) => resolve(code ?? 1)));
  fs.closeSync(descriptor);
  const output = fs.readFileSync(log, 'utf8').replaceAll('\r', '');
  counts.add(`${output}\n`);
  const [report] = output.split('failing tests:');
  const named = (/** @type {RegExp} */ pattern) => [...report.matchAll(pattern)].map(([, name]) => name);
  // A suite has failed because a test in it has.
  const suites = new Set(named(/^ *▶ (.*)$/gm));
  const failed = new Set(named(/^ *✖ (.*) \([\d.]+ms\)$/gm).filter((name) => !suites.has(name)));
  return { counts, failed: [...failed], output };
}

/** Whether a file measures something, so that nothing else may run beside it. @param {string} file */
const isMeasuring = (file) => Object.hasOwn(QUIET, file) || Object.hasOwn(ALONE, file);

/**
 * Runs the files and prints how each did, and a table. Sets the exit code 1 when a test fails that is not listed.
 * @param {Platform} platform
 * @param {string[]} files From the root; when empty, all test files.
 */
async function runFiles(platform, files) {
  fs.mkdirSync(platform.logs, { recursive: true });
  const wanted = (files.length > 0 ? files : testFiles()).filter((file) => !platform.apart.some(({ files: apart }) => apart.test(file)));
  const all = new Counts();
  const work = async (/** @type {string[]} */ waiting) => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { counts, failed, output } = await runFile(platform, file);
      const listed = platform.listed[file] ?? {};
      const problems = failed.filter((name) => !(name in listed));
      const known = failed.length - problems.length;
      if (counts.status !== 0 && failed.length === 0) problems.push(`ended with ${counts.status}:\n${output.slice(-2000)}`);
      else if (!/^ℹ tests \d+$/m.test(output)) problems.push(`printed no report:\n${output.slice(-2000)}`);
      console.log(`${file}: ${counts.passed} passed, ${known} listed`);
      for (const problem of problems) console.log(`  ✖ ${problem}`);
      all.passed += counts.passed;
      all.skipped += known;
      all.failed += problems.length;
    }
  };
  const together = wanted.filter((file) => !isMeasuring(file));
  await Promise.all(Array.from({ length: os.cpus().length }, () => work(together)));
  await work(wanted.filter(isMeasuring));
  console.log(table([[`${platform.name}, ${wanted.length} files`, all]]).replace('skipped', 'listed as different'));
  for (const { files: apart, why } of platform.apart) console.log(`not run: ${apart.source}: ${why}`);
  if (!all.isGood) process.exitCode = 1;
}

module.exports = { runFiles };
