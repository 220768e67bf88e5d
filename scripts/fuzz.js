// @ts-check
'use strict';

/** Coverage-guided fuzzing of a target in `crates/fuzz`, with stable Rust: see its README.md. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { ROOT } = require('./run.js');

const FUZZ = path.join(ROOT, 'crates/fuzz');
const TARGETS = fs.readdirSync(path.join(FUZZ, 'seeds')).sort();

const USAGE = `usage: npm run fuzz -- TARGET [--seconds N] [--asan] [FILE ...]

  TARGET         ${TARGETS.join(', ')}
  FILE           run the target on these inputs only, e.g. one of crates/fuzz/artifacts
  --seconds N    stop after N seconds (default: at the first finding, or Ctrl-C)
  --asan         with AddressSanitizer, which is slower and sees misuse of memory too

Exit status: 0 without a finding, 2 when fuzzing could not be started, else that of libFuzzer.`;

/** Part of LLVM that instruments code for libFuzzer, with the settings of cargo-fuzz. */
const COVERAGE = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Cllvm-args=-simplifycfg-branch-fold-threshold=0',
];

/** Largest input, in bytes, and longest run of one, in seconds, that are no finding. */
const LIMITS = ['-max_len=4096', '-timeout=10', '-rss_limit_mb=1024'];

/** A mistake on the command line, or something that has to be installed. */
class UsageError extends Error {}

/**
 * @param {boolean} asan
 * @returns {{ flags: string[], env: Record<string, string> }} How to compile.
 */
function instrumentation(asan) {
  if (!asan) return { flags: COVERAGE, env: {} };
  // Stable Rust has the sanitizer's runtime; only the flag is unstable.
  return { flags: [...COVERAGE, '-Zsanitizer=address'], env: { RUSTC_BOOTSTRAP: '1' } };
}

/**
 * @param {string} target
 * @param {boolean} asan
 * @returns {string} The program.
 */
function build(target, asan) {
  const host = /^host: (.+)$/m.exec(spawnSync('rustc', ['-vV'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (host === undefined) throw new UsageError('rustc was not found: install Rust (https://rustup.rs)');
  const { flags, env } = instrumentation(asan);
  const folder = path.join(ROOT, 'target', asan ? 'fuzz-asan' : 'fuzz');
  const args = ['build', '--locked', '--profile', 'fuzz', '--features', 'libfuzzer', '--bin', target];
  // With a target named, build scripts and macros are not instrumented.
  args.push('--target', host, '--target-dir', folder);
  const { status, error } = spawnSync('cargo', args, {
    cwd: FUZZ,
    stdio: 'inherit',
    env: { ...process.env, ...env, RUSTFLAGS: flags.join(' ') },
  });
  if (error || status !== 0) throw new UsageError('the target could not be built: it needs a C++ compiler as well');
  return path.join(folder, host, 'fuzz', target);
}

/**
 * @param {string[]} args Arguments of the command line.
 * @returns {number} The exit status.
 */
function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seconds: { type: 'string' }, asan: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [target, ...files] = positionals;
  if (!TARGETS.includes(target)) throw new UsageError(USAGE);
  const seconds = Number(values.seconds ?? 0);
  if (!Number.isInteger(seconds) || seconds < 0) throw new UsageError(`--seconds takes a whole number\n\n${USAGE}`);

  const program = build(target, values.asan ?? false);
  /** What was found to reach new code, kept from run to run. */
  const corpus = path.join(FUZZ, 'corpus', target);
  const artifacts = path.join(FUZZ, 'artifacts', target);
  for (const folder of [corpus, artifacts]) fs.mkdirSync(folder, { recursive: true });
  const inputs = files.length > 0 ? files : [
    ...LIMITS,
    `-max_total_time=${seconds}`,
    `-dict=${path.join(FUZZ, 'dictionaries', `${target}.dict`)}`,
    '-print_final_stats=1',
    corpus,
    path.join(FUZZ, 'seeds', target),
  ];
  const { status } = spawnSync(program, [`-artifact_prefix=${artifacts}/`, ...inputs], { stdio: 'inherit' });
  return status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof UsageError || String(/** @type {any} */ (error).code).startsWith('ERR_PARSE_ARGS');
  if (!known) throw error;
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 2;
}
