// @ts-check
'use strict';

/**
 * Generates files and parts of files from `facts/`: tables of the documentation, published types, enumerations and
 * checks in JavaScript, constants and settings in Rust. `--check` only compares: a file that is not current fails.
 *
 * An output is a whole file, or the lines between two comments of one: `facts: NAME` and `/facts`.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');

/**
 * One output of a writer.
 * @typedef {object} Output
 * @property {string} file Path from the root.
 * @property {string} text
 * @property {string} [region] Name of the lines that it stands between; without it is the whole file.
 */

const NAMES = ['counters', 'close-codes', 'enums', 'server-options', 'nested-options', 'protocol', 'client-options'];

/** @type {(() => Output[])[]} */
const WRITERS = NAMES.map((name) => require(`./facts/${name}.js`));

/** @param {string} file */
function read(file) {
  const whole = path.join(ROOT, file);
  return fs.existsSync(whole) ? fs.readFileSync(whole, 'utf8').replaceAll('\r\n', '\n') : '';
}

/**
 * Rust, formatted by rustfmt.
 * @param {string} text
 */
function formatted(text) {
  const { status, stdout, stderr } = spawnSync('rustfmt', ['--edition', '2024'], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`rustfmt failed: ${stderr ?? 'it was not found'}`);
  return stdout;
}

/**
 * @param {string} whole The file as it is.
 * @param {Output} output
 */
function replaceRegion(whole, { file, region, text }) {
  const [begin, end] = file.endsWith('.md') ? [`<!-- facts: ${region} -->`, '<!-- /facts -->'] : [`// facts: ${region}`, '// /facts'];
  const start = whole.indexOf(`${begin}\n`);
  const stop = whole.indexOf(end, start);
  if (start < 0 || stop < 0) throw new Error(`${file} has no lines "${begin}" and "${end}"`);
  const indent = file.endsWith('.md') ? '' : (/[ ]*$/.exec(whole.slice(0, stop))?.[0] ?? '');
  return `${whole.slice(0, start + begin.length + 1)}${text}${indent}${whole.slice(stop)}`;
}

/** @returns {Map<string, string>} What the files should be. */
function derived() {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const output of WRITERS.flatMap((write) => write())) {
    const { file, region, text } = output;
    if (region !== undefined) files.set(file, replaceRegion(files.get(file) ?? read(file), output));
    else files.set(file, file.endsWith('.rs') ? formatted(text) : text);
  }
  return files;
}

function main() {
  const stale = [...derived()].filter(([file, text]) => read(file) !== text);
  if (process.argv.includes('--check')) {
    if (stale.length === 0) return;
    throw new Error(`Not what facts/ says: ${stale.map(([file]) => file).join(', ')}. Run npm run facts`);
  }
  for (const [file, text] of stale) {
    fs.writeFileSync(path.join(ROOT, file), text);
    console.log(`wrote ${file}`);
  }
}

try {
  main();
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
