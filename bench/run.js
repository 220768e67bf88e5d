// @ts-check
'use strict';

// The benchmark: see README.md in this folder.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const cluster = require('./cluster/run');
const { charts } = require('./lib/chart');
const { measure } = require('./lib/measure');
const { parse, USAGE, UsageError } = require('./lib/options');
const results = require('./lib/results');
const { setup, SetupError } = require('./lib/setup');
const { markdown, short, whole } = require('./lib/table');

/** Load average above which other programs use the CPU that is measured. */
const BUSY = 0.5;

/** @param {string[]} args Arguments of the command line. */
async function main(args) {
  const options = parse(args);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  setup({ ours: options.peers.some(({ file }) => file === 'ours.js') });
  if (os.loadavg()[0] > BUSY) console.error('warning: the machine is busy with something else; the figures will be rough');

  const found = await runAll(options);
  console.log(markdown(found));
  if (options.out) write(options.out, found);
}

/**
 * Runs every case on every peer, round after round. The peers take turns within a case (`lib/measure.js`), and
 * each round begins with another peer, so that changes on the machine affect all of them.
 * @param {import('./lib/options').Options} options What to run.
 */
async function runAll({ rounds, cases, peers, times, ...rest }) {
  const found = results.begin({ rounds, cases, peers, times, ...rest });
  for (let round = 0; round < rounds; round++) {
    const order = peers.map((_, index) => peers[(index + round) % peers.length]);
    for (const one of cases) {
      const able = order.filter((peer) => peer.sends || !one.sends);
      const together = one.alone ? able.map((peer) => [peer]) : [able];
      for (const group of together) {
        for (const [peer, outcome] of await measure(group, one, times)) {
          results.add(found, one.key, peer.key, outcome);
          console.error(`round ${round + 1}/${rounds}  ${one.key.padEnd(15)} ${peer.key.padEnd(9)} ${line(outcome)}`);
          if (outcome instanceof Error) process.exitCode = 1;
        }
      }
    }
  }
  return found;
}

/**
 * One run in a few words.
 * @param {Record<string, number> | Error} outcome Its figures, or why there are none.
 */
function line(outcome) {
  if (outcome instanceof Error) return `failed: ${outcome.message}`;
  if (outcome.bytes !== undefined) return `${whole(outcome.bytes)} bytes`;
  const { cpu_us: cpu, js_us: js, rate } = outcome;
  return `${short(cpu)} µs CPU, ${short(js)} µs JS thread, ${whole(rate)}/s`;
}

/**
 * Writes the results.
 * @param {string} folder Where to.
 * @param {import('./lib/results').Results} found The results.
 */
function write(folder, found) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'latest.json'), `${JSON.stringify(found, null, 2)}\n`);
  fs.writeFileSync(path.join(folder, 'latest.md'), markdown(found));
  for (const { key, svg } of charts(found)) fs.writeFileSync(path.join(folder, `${key}.svg`), svg);
  console.error(`written to ${path.relative(process.cwd(), folder) || '.'}`);
}

// Servers under measurement are ended by handlers of "exit", which a signal alone does not run.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

// Several nodes have a runner of their own.
const isCluster = /(^|,)cluster(,|$)/.test(process.argv[process.argv.indexOf('--cases') + 1] ?? '');

(isCluster ? cluster.main : main)(process.argv.slice(2)).catch((error) => {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
  else if (error instanceof SetupError) console.error(error.message);
  else console.error(error);
  process.exitCode = 2;
});
