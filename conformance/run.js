// @ts-check
'use strict';

/** `npm run conformance`: see README.md. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../scripts/run.js');
const { MissingError, install } = require('./python.js');
const { SECTIONS, QUICK, isPassed, runCases } = require('./suite.js');
const { report, table } = require('./report.js');

const REPORT = path.join(ROOT, 'docs', 'internals', 'conformance.md');
const ALL = Object.keys(SECTIONS).map((section) => `${section}.*`);

const USAGE = `usage: npm run conformance -- [--quick | PATTERN ...] [--write]

  PATTERN   such as 6.*, 9.1.3 or -12.* (not those); default: all cases, half an hour or so
  --quick   the selection of npm test
  --write   write ${path.relative(ROOT, REPORT)}; only after all cases

Exit status: 1 when a case failed or is not implemented, 2 when the suite could not be run.`;

/**
 * @param {string} program
 * @param {string[]} args
 */
function versionOf(program, args) {
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d[\w.]*/.exec(stdout)?.[0] ?? 'unknown';
}

/** @returns {string} The server's binary, built for release. */
function build() {
  const args = ['build', '--release', '--locked', '--package', 'line-socket-core', '--features', 'echo', '--example', 'echo'];
  const { status } = spawnSync('cargo', args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new MissingError('the example echo could not be built: see above');
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  return path.join(target, 'release', 'examples', process.platform === 'win32' ? 'echo.exe' : 'echo');
}

/**
 * @param {string[]} args Of the command line.
 * @returns {Promise<number>} The exit status.
 */
async function main(args) {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const write = args.includes('--write');
  const given = args.filter((arg) => !arg.startsWith('--'));
  const patterns = args.includes('--quick') ? QUICK : given.length > 0 ? given : ALL;
  if (write && patterns !== ALL) {
    console.error(USAGE);
    return 2;
  }
  const installed = install();
  const program = build();
  const results = await runCases({
    installed,
    program,
    patterns,
    onResult(result) {
      const shown = isPassed(result) ? result.behavior : `${result.behavior}, ${result.close}: ${result.result}`;
      console.log(`${result.id.padEnd(8)} ${String(result.ms).padStart(7)} ms  ${shown}`);
    },
  });
  console.log(['', ...table(results)].join('\n'));
  if (write) {
    const versions = {
      autobahntestsuite: installed.version.split('==')[1],
      Python: versionOf(installed.python, ['--version']),
      rustc: versionOf('rustc', ['--version']),
      'line-socket-native': JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version,
    };
    fs.writeFileSync(REPORT, report(results, new Date().toISOString().slice(0, 10), versions));
  }
  return results.every(isPassed) ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    console.error(error instanceof MissingError ? error.message : error);
    process.exitCode = 2;
  },
);
