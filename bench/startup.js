// @ts-check
'use strict';

/**
 * What loading the package and starting a server without `adapter` costs, of this checkout and of others beside it:
 * `node bench/startup.js [--rounds 40] [FOLDER…]`. A folder is a checkout with a built addon. Each round has a process for
 * each, one after the other. CPU time and the least of all rounds say most where other programs run.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { median } = require('./lib/results');

/** What a process measures, and prints as JSON. Its argument is the folder; without one it loads nothing. */
const PROGRAM = `
const fs = require('node:fs');
const [folder] = process.argv.slice(1);
const memory = (name) => Number(new RegExp('^' + name + ': +(\\\\d+)', 'm').exec(fs.readFileSync('/proc/self/smaps_rollup', 'utf8'))[1]);
// What reading it needs is loaded before.
memory('Rss');
const before = { time: performance.now(), cpu: process.cpuUsage(), rss: memory('Rss') };
async function main() {
  const Server = folder && require(folder);
  const loaded = performance.now() - before.time;
  const { user, system } = process.cpuUsage(before.cpu);
  const server = Server && new Server({ host: '127.0.0.1', port: 0 });
  await server?.start();
  const figures = {
    load: loaded,
    loadCpu: (user + system) / 1000,
    rss: memory('Rss') - before.rss,
    own: memory('Private_Dirty') + memory('Private_Clean'),
    threads: fs.readdirSync('/proc/self/task').length,
    files: Object.keys(require.cache).length,
  };
  await server?.stop();
  console.log(JSON.stringify(figures));
}
main();
`;

/** Names of the figures in the table, and their digits. @type {[key: string, title: string, digits: number][]} */
const COLUMNS = [
  ['load', '`require`, ms', 2],
  ['loadCpu', 'its CPU, ms', 2],
  ['rss', 'resident memory added until it listens, KiB', 0],
  ['own', 'private memory of the process, KiB', 0],
  ['threads', 'threads', 0],
  ['files', 'files of JavaScript', 0],
];

function main() {
  const { values, positionals } = parseArgs({ options: { rounds: { type: 'string', default: '40' } }, allowPositionals: true });
  const folders = ['', path.join(__dirname, '..'), ...positionals.map((folder) => path.resolve(folder))];
  /** @type {Record<string, number>[][]} */
  const results = folders.map(() => []);
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const [index, folder] of folders.entries()) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', PROGRAM, ...(folder ? [folder] : [])], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${folder} failed: ${stderr}`);
      // The first one reads files that are not in the system's cache.
      if (round > 0) results[index].push(JSON.parse(stdout));
    }
  }
  console.log(`Node ${process.version}, ${values.rounds} rounds; median (least)\n`);
  console.log(`| | ${COLUMNS.map(([, title]) => title).join(' | ')} |\n| --- | ${COLUMNS.map(() => '--:').join(' | ')} |`);
  for (const [index, folder] of folders.entries()) {
    const cells = COLUMNS.map(([key, , digits]) => {
      const numbers = results[index].map((figures) => figures[key]);
      const [middle, least] = [median(numbers), Math.min(...numbers)].map((number) => number.toFixed(digits));
      return middle === least ? middle : `${middle} (${least})`;
    });
    console.log(`| ${folder ? path.basename(folder) : 'nothing loaded'} | ${cells.join(' | ')} |`);
  }
}

main();
