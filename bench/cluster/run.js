// @ts-check
'use strict';

/** `npm run bench -- --cases cluster`: several nodes and Redis, beside the adapters of Socket.IO; see ../README.md. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { median } = require('../lib/results');
const { setup } = require('../lib/setup');
const { peers } = require('./peers');
const { report } = require('./report');
const { rows } = require('./rows');
const { World, takeCore } = require('./world');

const USAGE = `usage: npm run bench -- --cases cluster [option...]

  --quick        short runs, for a first look
  --rounds N     rounds; the results are their medians (default 1)
  --rows a,b     only these: ${rows.map(({ key }) => key).join(', ')}
  --peers a,b    only these: ${peers.map(({ key }) => key).join(', ')}
  --out DIR      where to write cluster.md and cluster.json (default bench/results, for a run of all rows and peers)
  --no-write     print the table and write nothing`;

/**
 * @template {{key: string}} T
 * @param {T[]} all
 * @param {string | undefined} list
 * @param {string} kind
 * @returns {T[]}
 */
function pick(all, list, kind) {
  if (list === undefined) return all;
  const keys = list.split(',');
  const unknown = keys.find((key) => !all.some((one) => one.key === key));
  if (unknown !== undefined) throw new Error(`unknown ${kind} "${unknown}"\n\n${USAGE}`);
  return all.filter(({ key }) => keys.includes(key));
}

/**
 * @param {import('./rows').Row} row
 * @param {import('./peers').Peer} peer
 * @param {boolean} quick
 * @returns {Promise<Record<string, number> | {error: string}>}
 */
async function measure(row, peer, quick) {
  /** @type {World | undefined} */
  let world;
  try {
    world = await World.begin(peer, row.nodes);
    return await row.run(world, { ms: quick ? 1500 : 5000, quick });
  } catch (error) {
    return { error: /** @type {Error} */ (error).message };
  } finally {
    await world?.end();
  }
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '1' },
      rows: { type: 'string' },
      peers: { type: 'string' },
      out: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void console.log(USAGE);
  const [chosenRows, chosenPeers] = [pick(rows, values.rows, 'row'), pick(peers, values.peers, 'peer')];
  setup({ ours: chosenPeers.some(({ key }) => key === 'ours') });
  takeCore();
  /** @type {import('./report').Results} */
  const results = {};
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const row of chosenRows) {
      for (const peer of chosenPeers.filter(({ key }) => row.peers.includes(key))) {
        const figures = await measure(row, peer, values.quick);
        ((results[row.key] ??= {})[peer.key] ??= []).push(figures);
        const shown = Object.entries(figures).map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(3)) : value}`);
        console.error(`${row.key.padEnd(15)} ${peer.key.padEnd(9)} ${shown.join(', ')}`);
        if ('error' in figures) process.exitCode = 1;
      }
    }
  }
  const redis = /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  const text = report({ results, rows: chosenRows, peers: chosenPeers, quick: values.quick, rounds: Number(values.rounds), redis, median });
  console.log(text);
  const isWhole = !values.quick && values.rows === undefined && values.peers === undefined;
  const out = values.out ?? (isWhole ? path.join(__dirname, '../results') : undefined);
  if (out === undefined || values['no-write']) return;
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, 'cluster.md'), text);
  fs.writeFileSync(path.join(out, 'cluster.json'), `${JSON.stringify(results, null, 2)}\n`);
  console.error(`written to ${path.relative(process.cwd(), out)}`);
}

module.exports = { main };
