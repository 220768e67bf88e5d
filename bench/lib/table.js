// @ts-check
'use strict';

const { groups } = require('./cases');
const { reached } = require('./goals');

/** Share of its core above which the load generator may have limited the rate. */
const LOAD_LIMIT = 0.95;

/** Columns of a case's table: figure, heading, text of a value. */
const columns = [
  { figure: 'rate', heading: 'per second', text: whole },
  { figure: 'cpu_us', heading: 'CPU µs', text: short },
  { figure: 'js_us', heading: 'JS thread µs', text: short },
  { figure: 'p50_us', heading: 'p50 µs', text: short },
  { figure: 'p99_us', heading: 'p99 µs', text: short },
  { figure: 'bytes', heading: 'bytes', text: whole },
];

/**
 * A number with three or so significant digits.
 * @param {number} value The number.
 * @returns {string} Its text.
 */
function short(value) {
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : whole(value);
}

/**
 * A number without digits after the point.
 * @param {number} value The number.
 * @returns {string} Its text, with commas.
 */
function whole(value) {
  return Math.round(value).toLocaleString('en');
}

/**
 * Where, when and with which versions the results were measured.
 * @param {import('./results').Results} results The results.
 * @returns {string[]} Lines of text.
 */
function circumstances({ date, quick, rounds, machine, peers }) {
  const { cpu, cores, memory, kernel, node } = machine;
  return [
    `${date}, ${cpu}, ${cores} cores (server on one, load on the other), ${memory}, ${kernel}, Node ${node}`,
    `medians of ${rounds} round${rounds === 1 ? '' : 's'}${quick ? ' (quick run: rough figures)' : ''}; ` +
      peers.map(({ version }) => version).join(', '),
  ];
}

/**
 * All results as Markdown: a summary, then one table for each case.
 * @param {import('./results').Results} results The results.
 * @returns {string} The text.
 */
function markdown(results) {
  const parts = [
    '# Results',
    circumstances(results).join('  \n'),
    'How they are measured: [README](../README.md). CPU figures are per operation, over all threads of the\n' +
      'server process; "JS thread" is the part on the thread that runs JavaScript.',
    '## Summary',
    'Server CPU in µs per operation; for few connections, the median round trip in µs; for idle ones, bytes.',
    summary(results),
    ...goalsPart(results),
    ...results.cases.flatMap((one) => [
      `## ${one.title}`,
      `One operation is one ${one.operation}.`,
      caseTable(results, one),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * One line for each case, one column for each peer.
 * @param {import('./results').Results} results The results.
 */
function summary({ cases, peers }) {
  return table(
    ['', ...peers.map(({ title }) => title)],
    cases.map(({ title, group, cells }) => [title, ...peers.map(({ key }) => {
      const cell = cells[key];
      if (!cell) return '–';
      return cell.median ? short(cell.median[figureOf(group)]) : 'failed';
    })]),
  );
}

/**
 * The goals and their results.
 * @param {import('./results').Results} results The results.
 * @returns {string[]} Nothing when no goal was measured, or too roughly to tell.
 */
function goalsPart(results) {
  const outcomes = results.quick ? [] : reached(results);
  if (outcomes.length === 0) return [];
  return [
    '## Goals',
    'Ratios of the medians, this package to another; in bold what is missed. Beside them the least and the largest ratio\n' +
      'of a round, in which the two took turns.',
    table(
      ['', 'beside', 'at most', 'reached', 'rounds'],
      outcomes.map(({ goal, other, value, range }) => {
        const text = goal.peer === undefined ? (goal.figure === 'bytes' ? whole : short) : (/** @type {number} */ ratio) => ratio.toFixed(2);
        const reachedText = value > goal.most ? `**${text(value)}**` : text(value);
        return [goal.title, other ?? '', text(goal.most), reachedText, range.map(text).join(' to ')];
      }),
    ),
  ];
}

/**
 * The figure that a group of cases is about.
 * @param {string} key Key of the group.
 */
function figureOf(key) {
  return groups.find((group) => group.key === key)?.figure ?? 'cpu_us';
}

/**
 * All figures of one case.
 * @param {import('./results').Results} results The results.
 * @param {import('./results').Results['cases'][0]} one The case.
 */
function caseTable({ peers }, { cells }) {
  const measured = peers.filter(({ key }) => cells[key]);
  const medians = measured.map(({ key }) => cells[key].median ?? {});
  const shown = columns.filter(({ figure }) => medians.some((median) => figure in median));
  const rows = measured.map(({ key, title }, index) => {
    const median = medians[index];
    if (cells[key].error !== undefined) return [title, 'failed', ...shown.slice(1).map(() => '–')];
    const mark = median.load_busy > LOAD_LIMIT ? ' (1)' : '';
    return [title + mark, ...shown.map(({ figure, text }) => (figure in median ? text(median[figure]) : '–'))];
  });
  const note = rows.some(([title]) => title.endsWith(' (1)'))
    ? '\n\n(1) The load generator had no time to spare: the server could have done more per second.'
    : '';
  return table(['', ...shown.map(({ heading }) => heading)], rows) + note;
}

/**
 * A Markdown table with text on the left and numbers on the right.
 * @param {string[]} head Headings.
 * @param {string[][]} rows Rows.
 * @returns {string} The text.
 */
function table(head, rows) {
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

module.exports = { markdown, circumstances, short, whole };
