// @ts-check
'use strict';

const os = require('node:os');
const { version } = require('../lib/peers');

/** Figures of each round, by row and peer. @typedef {Record<string, Record<string, (Record<string, number> | {error: string})[]>>} Results */

/**
 * Medians of rounds.
 * @param {(Record<string, number> | {error: string})[] | undefined} rounds
 * @param {(numbers: number[]) => number} median
 * @returns {Record<string, number> | string | undefined} A text when a round failed; undefined when none was run.
 */
function medians(rounds, median) {
  if (rounds === undefined) return undefined;
  const failed = rounds.find((figures) => 'error' in figures);
  if (failed !== undefined) return 'failed';
  const good = /** @type {Record<string, number>[]} */ (rounds);
  return Object.fromEntries(Object.keys(good[0]).map((name) => [name, median(good.map((figures) => figures[name]))]));
}

/**
 * @param {object} run
 * @param {Results} run.results
 * @param {import('./rows').Row[]} run.rows
 * @param {import('./peers').Peer[]} run.peers
 * @param {boolean} run.quick
 * @param {number} run.rounds
 * @param {string} run.redis Its version.
 * @param {(numbers: number[]) => number} run.median
 * @returns {string} Markdown.
 */
function report({ results, rows, peers, quick, rounds, redis, median }) {
  const lines = rows.flatMap((row) => row.lines.map((line) => {
    const cells = peers.map((peer) => {
      const figures = medians(results[row.key]?.[peer.key], median);
      if (figures === undefined) return '–';
      if (typeof figures === 'string') return figures;
      const isMissed = peer.key === 'ours' && line.isReached?.(figures) === false;
      return isMissed ? `**${line.text(figures)}**` : line.text(figures);
    });
    return `| ${[line.title, ...cells, line.least ?? ''].join(' | ')} |`;
  }));
  const versions = new Set(peers.flatMap((peer) => version(/** @type {any} */ (peer)).split(' + ')));
  return [
    '# Several nodes',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${os.cpus()[0].model.trim()}, ${os.cpus().length} cores (all nodes on one, load and Redis on the other),`,
    `Node ${process.version}, Redis ${redis}, ${[...versions].join(', ')}; medians of ${rounds} round${rounds === 1 ? '' : 's'}${quick ? ' (quick run: rough figures)' : ''}.`,
    '`npm run bench -- --cases cluster` measures this; in bold what is missed. [README](../README.md) says how.',
    '',
    `| | ${[...peers.map(({ title }) => title), 'ours at most'].join(' | ')} |`,
    `| --- |${' --: |'.repeat(peers.length + 1)}`,
    ...lines,
    '',
  ].join('\n');
}

module.exports = { report };
