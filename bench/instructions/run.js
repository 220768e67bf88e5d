// @ts-check
'use strict';

// Counts the instructions of single messages and compares them with the baseline: see README.md.

const fs = require('node:fs');
const path = require('node:path');
const { build, cases, count } = require('./count');
const { chooseCounter, CounterError } = require('./counter');

const BASELINE = path.join(__dirname, 'baseline.json');

/** How far above the baseline a count may be, as a part of it: compilers and C libraries differ by less. */
const TOLERANCE = 0.05;

const USAGE = `usage: node bench/instructions/run.js [--write] [CASE ...]

  CASE      only these cases (default: all)
  --write   make what is counted the new baseline

Exit status: 1 when a case is more than ${TOLERANCE * 100} % above the baseline, 2 when nothing could be compared.`;

/**
 * @typedef {object} Baseline What was counted once, and with what.
 * @property {string} counter Name of the counter.
 * @property {string} arch Processor architecture, as Node names it.
 * @property {string} rustc Version of the compiler.
 * @property {Record<string, number>} instructions Instructions per iteration, by case.
 */

/**
 * @param {string[]} args Arguments of the command line.
 * @returns {number} The exit status.
 */
function main(args) {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const write = args.includes('--write');
  const names = args.filter((arg) => arg !== '--write');

  const counter = chooseCounter();
  const { program, rustc } = build();
  const known = cases(program);
  const unknown = names.filter((name) => !known.some((one) => one.name === name));
  if (unknown.length > 0) throw new CounterError(`no such case: ${unknown.join(', ')}\n\n${USAGE}`);
  const wanted = known.filter((one) => names.length === 0 || names.includes(one.name));

  const baseline = readBaseline();
  const now = { counter: counter.name, arch: process.arch, rustc };
  const differs = baseline && incomparable(baseline, now);
  if (differs && write && names.length > 0) throw new CounterError(`${differs}: write all cases, not some`);
  const before = baseline && !differs ? baseline.instructions : {};

  console.error(`counting with ${counter.name}, ${rustc} ...`);
  if (baseline && baseline.rustc !== rustc) console.error(`note: the baseline is of ${baseline.rustc}`);
  /** @type {Record<string, number>} */
  const found = {};
  for (const one of wanted) found[one.name] = count(counter, program, one);
  console.log(table(found, before));

  if (write) {
    const instructions = { ...before, ...found };
    fs.writeFileSync(BASELINE, `${JSON.stringify({ ...now, instructions }, null, 2)}\n`);
    return 0;
  }
  if (differs) throw new CounterError(`${differs}: compare on a machine like that, or write a new baseline`);
  if (Object.keys(found).some((name) => before[name] === undefined)) {
    throw new CounterError('the baseline lacks some cases: add them with --write');
  }
  const worse = Object.keys(found).filter((name) => found[name] > before[name] * (1 + TOLERANCE));
  if (worse.length > 0) console.error(`more than ${TOLERANCE * 100} % above the baseline: ${worse.join(', ')}`);
  return worse.length > 0 ? 1 : 0;
}

/** @returns {Baseline | undefined} The committed baseline; nothing when there is none yet. */
function readBaseline() {
  if (!fs.existsSync(BASELINE)) return undefined;
  return JSON.parse(fs.readFileSync(BASELINE, 'utf8'));
}

/**
 * Why counts cannot be compared with the baseline.
 * @param {Baseline} baseline The baseline.
 * @param {Omit<Baseline, 'instructions'>} now What is counted with now.
 * @returns {string | undefined} The reason, if there is one.
 */
function incomparable(baseline, now) {
  if (baseline.counter !== now.counter) return `the baseline was counted with ${baseline.counter}, not ${now.counter}`;
  if (baseline.arch !== now.arch) return `the baseline is of ${baseline.arch}, this machine is ${now.arch}`;
  return undefined;
}

/**
 * The counts beside those of the baseline.
 * @param {Record<string, number>} found Instructions per iteration, by case.
 * @param {Record<string, number>} before The same in the baseline.
 * @returns {string} Lines of text.
 */
function table(found, before) {
  const rows = Object.entries(found).map(([name, instructions]) => {
    const old = before[name];
    return old === undefined
      ? [name, instructions.toLocaleString('en'), '-', '-']
      : [name, instructions.toLocaleString('en'), old.toLocaleString('en'), percent(instructions / old - 1)];
  });
  return [['case', 'instructions', 'baseline', 'change'], ...rows]
    .map(([name, ...figures]) => name.padEnd(16) + figures.map((figure) => figure.padStart(14)).join(''))
    .join('\n');
}

/** @param {number} part A part of one. */
function percent(part) {
  return `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CounterError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
