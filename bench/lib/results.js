// @ts-check
'use strict';

const os = require('node:os');
const { version } = require('./peers');

/**
 * Result of one case on one peer.
 * @typedef {object} Cell
 * @property {Record<string, number>} [median] Median of each figure over the rounds.
 * @property {Record<string, number>[]} rounds The figures of each round.
 * @property {string} [error] Why a round failed; then there is no median.
 */

/**
 * Everything a run found out.
 * @typedef {object} Results
 * @property {string} date Day of the run.
 * @property {boolean} quick Whether it was a quick run.
 * @property {number} rounds Rounds over all peers.
 * @property {{cpu: string, cores: number, memory: string, kernel: string, node: string}} machine
 *   Where it ran.
 * @property {{key: string, title: string, version: string}[]} peers What was measured.
 * @property {{key: string, group: string, title: string, short: string, operation: string,
 *   cells: Record<string, Cell>}[]} cases What it was measured with.
 */

/**
 * Results without figures.
 * @param {import('./options').Options} options What will run.
 * @returns {Results} To be filled with {@link add}.
 */
function begin({ quick, rounds, peers, cases }) {
  return {
    date: new Date().toISOString().slice(0, 10),
    quick,
    rounds,
    machine: {
      cpu: os.cpus()[0].model.trim(),
      cores: os.cpus().length,
      memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
      kernel: `${os.type()} ${os.release()}`,
      node: process.version,
    },
    peers: peers.map((peer) => ({ key: peer.key, title: peer.title, version: version(peer) })),
    cases: cases.map(({ key, group, title, short, operation }) => ({ key, group, title, short, operation, cells: {} })),
  };
}

/**
 * Adds one round of one case on one peer.
 * @param {Results} results The results.
 * @param {string} caseKey The case.
 * @param {string} peerKey The peer.
 * @param {Record<string, number> | Error} outcome Its figures, or why there are none.
 */
function add(results, caseKey, peerKey, outcome) {
  const found = results.cases.find(({ key }) => key === caseKey);
  if (!found) throw new RangeError(`no case ${caseKey}`);
  const cell = found.cells[peerKey] ??= { rounds: [] };
  if (outcome instanceof Error) cell.error = outcome.message;
  else cell.rounds.push(outcome);
  cell.median = cell.error === undefined ? medians(cell.rounds) : undefined;
}

/**
 * Median of each figure.
 * @param {Record<string, number>[]} rounds Rounds with the same figures.
 * @returns {Record<string, number>} The medians.
 */
function medians(rounds) {
  return Object.fromEntries(Object.keys(rounds[0]).map((name) => [name, median(rounds.map((figures) => figures[name]))]));
}

/**
 * Median of some numbers.
 * @param {number[]} numbers At least one.
 * @returns {number} The middle one, or the mean of the two middle ones.
 */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

module.exports = { begin, add, median };
