// @ts-check
'use strict';

/**
 * The cost of floods for others, for each kind of message and state, with 1, 4 and 20 peers that send as fast as
 * they can. Measured are the longest gap of a timer of 5 ms in the server's process, and the time that an honest
 * client and an HTTP server of the process wait for an answer. Rates are off, so only fair scheduling bounds a
 * flood (contract section 5, Time).
 *
 *     node bench/flood.js [--flooders 1,4,20] [--seconds 1] [--node PATH]... [--kind NAME]... [--as-built] [--out DIR]
 *
 * It builds the addon for release; with `--as-built` it takes the one that was built last, such as that of the tests.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Scene } = require('../__test__/process/support/scene');
const { besiege } = require('../__test__/process/support/siege');
const { FLOODS } = require('../__test__/process/children/besiegers');
const { isAddon } = require('../scripts/addon');
const { buildAddon } = require('./lib/setup');

/** The goal: the longest gap, in ms, beyond the timer's own 5 ms and a handler of 1 ms. */
const BOUND = 50;

/**
 * @param {number[]} sorted
 * @param {number} part
 */
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** @param {number} ms */
const shown = (ms) => ms.toFixed(ms < 10 ? 1 : 0);

/**
 * @param {string[]} nodes
 * @param {string[]} kinds
 * @param {number[]} counts
 * @param {number} time
 */
async function measure(nodes, kinds, counts, time) {
  let worst = 0;
  const lines = [];
  for (const node of nodes) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    lines.push(`## Node ${version}`, '');
    lines.push(`| flood | ${counts.map((count) => `from ${count}: gap, p50, p99`).join(' | ')} |`);
    lines.push(`| --- |${' --: |'.repeat(counts.length)}`);
    for (const kind of kinds) {
      const cells = [];
      for (const count of counts) {
        const scene = new Scene();
        try {
          const { late, times } = await besiege(scene, { kind, count, time, node });
          worst = Math.max(worst, late);
          cells.push(`${shown(late)}, ${shown(quantile(times, 0.5))}, ${shown(quantile(times, 0.99))}`);
          process.stderr.write(`${version}  ${kind}, from ${count}: ${cells.at(-1)}\n`);
        } finally {
          await scene.dispose();
        }
      }
      lines.push(`| ${kind} | ${cells.join(' | ')} |`);
    }
    lines.push('');
  }
  return { worst, lines };
}

async function main() {
  const { values } = parseArgs({
    options: {
      flooders: { type: 'string', default: '1,4,20' },
      seconds: { type: 'string', default: '1' },
      node: { type: 'string', multiple: true, default: [process.execPath] },
      kind: { type: 'string', multiple: true, default: Object.keys(FLOODS) },
      'as-built': { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  if (!values['as-built']) buildAddon();
  const counts = values.flooders.split(',').map(Number);
  const { worst, lines } = await measure(values.node, values.kind, counts, Number(values.seconds) * 1000);
  const date = new Date().toISOString().slice(0, 10);
  const report = [
    '# Floods',
    '',
    'Longest gap of a timer of 5 ms, and the time to an answer for an honest client and the HTTP server of the',
    'process (median, 99th percentile), in ms. The gap leaves out the time that other processes took; the answers',
    'include it. `node bench/flood.js` measures this.',
    '',
    `${date}, ${os.cpus()[0].model}, ${os.cpus().length} cores for server, flooders and client, addon ${isAddon('release') ? 'for release' : 'for the tests, which is optimized less'}`,
    '',
    ...lines,
    `Longest gap of all: ${shown(worst)} ms; at most ${BOUND + 5} are allowed.`,
    '',
  ].join('\n');
  process.stdout.write(report);
  if (values.out !== undefined) {
    fs.mkdirSync(values.out, { recursive: true });
    fs.writeFileSync(path.join(values.out, 'flood.md'), report);
  }
  process.exitCode = worst > BOUND + 5 ? 1 : 0;
}

main();
