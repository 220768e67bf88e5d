// @ts-check
'use strict';

const { outage, ghosts } = require('./rows/outages');
const { memory, recovery, resubscribing } = require('./rows/many');
const { answers, fetch, room, rooms, without } = require('./rows/traffic');

/**
 * A row of the table, or several that one run measures.
 * @typedef {object} Row
 * @property {string} key Name on the command line.
 * @property {(world: import('./world').World, times: import('./rows/traffic').Times) => Promise<Record<string, number>>} run
 * @property {number} nodes
 * @property {string[]} peers Those that have what it measures.
 * @property {Line[]} lines
 */

/**
 * A line of the table.
 * @typedef {object} Line
 * @property {string} title
 * @property {string} [least] What ours has to reach, in words.
 * @property {(figures: Record<string, number>) => string} text
 * @property {(figures: Record<string, number>) => boolean} [isReached]
 * @property {string[]} [peers] Those that it says something of.
 */

const ALL = ['classic', 'sharded', 'streams', 'ours'];

/** @param {number} value */
const short = (value) => (value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));

/**
 * A line of one figure that has to be at most so much.
 * @param {string} title
 * @param {string} figure
 * @param {number} [most]
 * @param {string} [unit]
 * @returns {Line}
 */
const line = (title, figure, most, unit = '') => ({
  title,
  least: most === undefined ? undefined : `${most.toLocaleString('en')}${unit}`,
  text: (figures) => `${short(figures[figure])}${unit}`,
  isReached: most === undefined ? undefined : (figures) => figures[figure] <= most,
});

/** @param {string} kind @returns {Line[]} */
const outageLines = (kind) => [
  {
    title: `Redis killed for 10 s, 50/s, ${kind}: of those published meanwhile, lost by clients of other nodes; of all`,
    least: kind === 'with history' ? '0 %, 0 %' : undefined,
    text: ({ lost, lostever }) => `${Math.round(lost)} %, ${Math.round(lostever)} %`,
    isReached: kind === 'with history' ? ({ worst, lostever }) => worst === 0 && lostever === 0 : undefined,
  },
  {
    title: 'the same: twice, out of order',
    least: kind === 'with history' ? '0, 0' : undefined,
    text: ({ twice, disorder }) => `${twice}, ${disorder}`,
    isReached: kind === 'with history' ? ({ twice, disorder }) => twice + disorder === 0 : undefined,
  },
  {
    title: 'the same: the last of them comes so long after Redis is back',
    least: kind === 'with history' ? '1 s' : undefined,
    text: ({ late }) => (late > 0 ? `${short(late)} s` : '–'),
    isReached: kind === 'with history' ? ({ late }) => late <= 1 : undefined,
  },
  {
    title: 'the same: delivered to clients of the publishing node at once',
    least: kind === 'with history' ? undefined : 'all, within 5 ms',
    text: ({ here, herelate }) => `${Math.min(100, Math.round(here))} %${here > 0 ? `, within ${short(herelate)} ms` : ''}`,
    isReached: kind === 'with history' ? undefined : ({ here, herelate }) => here > 99 && herelate <= 5,
  },
];

/** @type {Row[]} */
const rows = [
  {
    key: 'room', run: room, nodes: 3, peers: ALL,
    lines: [
      line('one room of 300, 128 B, 100/s: µs of server CPU a delivery', 'cpu', 6),
      line('the same on the JavaScript threads', 'js', 0.3),
    ],
  },
  {
    key: 'rooms', run: rooms, nodes: 3, peers: ALL,
    lines: [
      line('300 rooms of one, 2,000/s: µs of server CPU a message, all nodes', 'cpu', 50),
      {
        title: 'publish to delivery at another node, 2,000/s: p50, p99 in ms',
        least: '0.3, 3',
        text: ({ p50, p99 }) => `${short(p50)}, ${short(p99)}`,
        isReached: ({ p50, p99 }) => p50 <= 0.3 && p99 <= 3,
      },
    ],
  },
  { key: 'without', run: without, nodes: 3, peers: ALL, lines: [line('a node without the rooms: µs of its CPU a message of others', 'cpu', 0.5)] },
  { key: 'answers', run: answers, nodes: 3, peers: ALL, lines: [line('answers to a broadcast to 300: µs of server CPU a response', 'cpu', 15)] },
  {
    key: 'fetch', run: fetch, nodes: 3, peers: ALL,
    lines: [
      line('fetch of 300: p99 in ms', 'p99'),
      line('the same, one node\'s JavaScript blocked for 1 s: p99 in ms', 'blockedp99', 10),
    ],
  },
  { key: 'outage', run: (world, times) => outage(world, times, 'room'), nodes: 3, peers: ALL, lines: outageLines('plain') },
  { key: 'outage-history', run: (world, times) => outage(world, times, 'h:room'), nodes: 3, peers: ['ours'], lines: outageLines('with history') },
  {
    key: 'recovery-300', run: (world, times) => recovery(world, times, 300), nodes: 1, peers: ['streams', 'ours'],
    lines: [
      line('300 clients come back to a fresh node, 100 missed, 5,000 foreign between: s', 'seconds'),
      line('the same: ms of its CPU a client', 'cpu'),
      line('the same: reads of streams', 'reads'),
    ],
  },
  {
    key: 'recovery', run: (world, times) => recovery(world, times, 10_000), nodes: 1, peers: ['ours'],
    lines: [
      line('10,000 clients come back to a fresh node, 100 missed, 5,000 foreign between: s', 'seconds', 5),
      line('the same: ms of its CPU a client', 'cpu', 0.25),
      line('the same: reads of streams', 'reads', 1),
    ],
  },
  { key: 'resubscribing', run: resubscribing, nodes: 1, peers: ['sharded', 'ours'], lines: [line('resubscribing 100,000 rooms: s', 'seconds', 1.5)] },
  { key: 'memory', run: memory, nodes: 1, peers: ALL, lines: [line('memory of a room with one member: bytes', 'bytes', 700)] },
  { key: 'ghosts', run: ghosts, nodes: 3, peers: ['ours'], lines: [line('ghosts of a dead node in presence: s', 'seconds', 16)] },
];

module.exports = { rows };
