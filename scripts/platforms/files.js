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
 * @property {number} [jobs] Files at a time (default: one for each core).
 */

/**
 * Runs a test file. Standard output is a file: the one of Wine's own console has no reader.
 * @param {Platform} platform
 * @param {string} file
 * @returns {Promise<{counts: Counts, failed: string[], output: string, signal: NodeJS.Signals | null}>} With the
 *   signal that ended it, if any: SIGTERM after too long a time.
 */
async function runFile({ command, env, logs, patience }, file) {
  const log = path.join(logs, `${file.replaceAll('/', '_')}.txt`);
  const descriptor = fs.openSync(log, 'w');
  const [program, ...args] = [...command, '--test-reporter=spec', file];
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', descriptor, descriptor], timeout: patience, env: { ...process.env, ...env } });
  const counts = new Counts();
  /** @type {[number | null, NodeJS.Signals | null]} */
  const [code, signal] = await new Promise((resolve) => child.on('error', () => resolve([1, null])).on('close', (...end) => resolve(end)));
  counts.status = code ?? 1;
  fs.closeSync(descriptor);
  const output = fs.readFileSync(log, 'utf8').replaceAll('\r', '');
  counts.add(`${output}\n`);
  const [report] = output.split('failing tests:');
  const named = (/** @type {RegExp} */ pattern) => [...report.matchAll(pattern)].map(([, name]) => name);
  // A suite has failed because a test in it has.
  const suites = new Set(named(/^ *▶ (.*)$/gm));
  const failed = new Set(named(/^ *✖ (.*) \([\d.]+ms\)$/gm).filter((name) => !suites.has(name)));
  return { counts, failed: [...failed], output, signal };
}

/**
 * What the files of a run have shown, by file: how many tests passed, how many failed as listed, and what is wrong.
 * @typedef {Record<string, {passed: number, listed: number, problems: string[]}>} Results
 */

/**
 * @param {string} file JSON, which a run writes after each of its files, so that it can be continued when it was ended.
 * @returns {Results} Those of the files in which nothing was wrong.
 */
function readGood(file) {
  if (!fs.existsSync(file)) return {};
  const results = /** @type {Results} */ (JSON.parse(fs.readFileSync(file, 'utf8')));
  return Object.fromEntries(Object.entries(results).filter(([, { problems }]) => problems.length === 0));
}

/** Whether a file measures something, so that nothing else may run beside it. @param {string} file */
const isMeasuring = (file) => Object.hasOwn(QUIET, file) || Object.hasOwn(ALONE, file);

/**
 * Runs a file, and compares what fails with what is listed.
 * @param {Platform} platform
 * @param {string} file
 * @returns {Promise<Results[string]>}
 */
async function resultOf(platform, file) {
  const { counts, failed, output, signal } = await runFile(platform, file);
  const listed = platform.listed[file] ?? {};
  const problems = failed.filter((name) => !(name in listed));
  const known = failed.length - problems.length;
  if (signal !== null) problems.push(`was ended by ${signal}; a file may take ${platform.patience / 1000} s`);
  else if (counts.status !== 0 && failed.length === 0) problems.push(`ended with ${counts.status}:\n${output.slice(-2000)}`);
  else if (!/^ℹ tests \d+$/m.test(output)) problems.push(`printed no report:\n${output.slice(-2000)}`);
  return { passed: counts.passed, listed: known, problems };
}

/**
 * Runs the files and prints how each did, and a table. Sets the exit code 1 when a test fails that is not listed.
 * @param {Platform} platform
 * @param {string[]} files From the root; when empty, all test files.
 * @param {boolean} isContinued Whether files are left out, and counted, in which nothing was wrong when they ran before.
 * @returns {Promise<Counts>} Those that are listed count as skipped.
 */
async function runFiles(platform, files, isContinued) {
  fs.mkdirSync(platform.logs, { recursive: true });
  const record = path.join(platform.logs, 'results.json');
  const wanted = (files.length > 0 ? files : testFiles()).filter((file) => !platform.apart.some(({ files: apart }) => apart.test(file)));
  const results = isContinued ? readGood(record) : {};
  const work = async (/** @type {string[]} */ waiting) => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await resultOf(platform, file);
      results[file] = result;
      fs.writeFileSync(record, JSON.stringify(results, null, 2));
      console.log(`${file}: ${result.passed} passed, ${result.listed} listed`);
      for (const problem of result.problems) console.log(`  ✖ ${problem}`);
    }
  };
  const left = wanted.filter((file) => !(file in results));
  const together = left.filter((file) => !isMeasuring(file));
  await Promise.all(Array.from({ length: platform.jobs ?? os.cpus().length }, () => work(together)));
  await work(left.filter(isMeasuring));
  const all = new Counts();
  for (const file of wanted) {
    all.passed += results[file].passed;
    all.skipped += results[file].listed;
    all.failed += results[file].problems.length;
  }
  console.log(table([[`${platform.name}, ${wanted.length} files`, all]]).replace('skipped', 'listed as different'));
  for (const { files: apart, why } of platform.apart) console.log(`not run: ${apart.source}: ${why}`);
  if (!all.isGood) process.exitCode = 1;
  return all;
}

module.exports = { runFiles };
