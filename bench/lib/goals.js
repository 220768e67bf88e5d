// @ts-check
'use strict';

/**
 * A goal: a figure of this package divided by that of another, or alone.
 * @typedef {object} Goal
 * @property {string} title What it is about.
 * @property {string} case Key of the case.
 * @property {string} figure Name of the figure.
 * @property {string} [peer] Key of the other; without one the figure itself is looked at.
 * @property {number} most What it may be at most.
 */

/** @type {Goal[]} */
const goals = [
  { title: '64 B, 64 connections: CPU', case: 'echo-64', figure: 'cpu_us', peer: 'original', most: 0.28 },
  { title: 'the same', case: 'echo-64', figure: 'cpu_us', peer: 'uws', most: 1 },
  { title: 'the same: JavaScript thread', case: 'echo-64', figure: 'js_us', peer: 'uws', most: 0.6 },
  { title: '16 in flight: CPU', case: 'echo-64x16', figure: 'cpu_us', peer: 'uws', most: 0.6 },
  { title: 'the same', case: 'echo-64x16', figure: 'cpu_us', peer: 'bun', most: 1.2 },
  { title: 'the same: JavaScript thread, µs', case: 'echo-64x16', figure: 'js_us', most: 1.5 },
  { title: '1 KiB of objects: CPU', case: 'echo-1k', figure: 'cpu_us', peer: 'uws', most: 0.9 },
  { title: '64 KiB of objects, 16 connections: CPU', case: 'echo-64k', figure: 'cpu_us', peer: 'uws', most: 1 },
  { title: 'one connection: p50', case: 'single', figure: 'p50_us', peer: 'uws', most: 1.05 },
  { title: '4 connections: CPU', case: 'few', figure: 'cpu_us', peer: 'uws', most: 1.05 },
  { title: 'the same: p50', case: 'few', figure: 'p50_us', peer: 'uws', most: 1.1 },
  { title: 'broadcast to 1,000: CPU a delivery', case: 'broadcast-1000', figure: 'cpu_us', peer: 'uws', most: 0.95 },
  { title: 'broadcast to 5,000: CPU a delivery', case: 'broadcast-5000', figure: 'cpu_us', peer: 'uws', most: 0.95 },
  { title: 'the same: JavaScript thread', case: 'broadcast-5000', figure: 'js_us', peer: 'uws', most: 0.1 },
  { title: 'connect, handshake, one request, close: CPU', case: 'connect', figure: 'cpu_us', peer: 'uws', most: 1.15 },
  { title: 'idle connection: bytes', case: 'idle', figure: 'bytes', most: 2300 },
];

/**
 * The result for a goal.
 * @typedef {object} Outcome
 * @property {Goal} goal The goal.
 * @property {string | undefined} other Title of the other.
 * @property {number} value The medians' ratio, or the median.
 * @property {[number, number]} range The least and the largest of the rounds.
 */

/**
 * The results for the goals that were measured.
 * @param {import('./results').Results} results The results.
 * @returns {Outcome[]} In the order of the goals.
 */
function reached({ cases, peers }) {
  return goals.flatMap((goal) => {
    const cells = cases.find(({ key }) => key === goal.case)?.cells ?? {};
    const ours = cells.ours;
    const theirs = goal.peer === undefined ? undefined : cells[goal.peer];
    if (!ours?.median || (goal.peer !== undefined && !theirs?.median)) return [];
    const { figure } = goal;
    const beside = (/** @type {Record<string, number>} */ own, /** @type {Record<string, number> | undefined} */ other) => (
      other ? own[figure] / other[figure] : own[figure]
    );
    const rounds = ours.rounds.map((round, index) => beside(round, theirs?.rounds[index]));
    return [{
      goal,
      other: peers.find(({ key }) => key === goal.peer)?.title,
      value: beside(ours.median, theirs?.median),
      range: /** @type {[number, number]} */ ([Math.min(...rounds), Math.max(...rounds)]),
    }];
  });
}

module.exports = { reached };
