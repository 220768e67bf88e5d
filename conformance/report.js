// @ts-check
'use strict';

/** The results of the suite as Markdown. */

const { SECTIONS, isPassed } = require('./suite.js');

/** @typedef {import('./suite.js').Result} Result */

/**
 * Counts by what was said: `247 OK, 3 INFORMATIONAL`.
 * @param {string[]} words
 */
function counts(words) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
  return [...found].sort(([, one], [, other]) => other - one).map(([word, count]) => `${count} ${word}`).join(', ');
}

/**
 * @param {Result[]} results
 * @returns {string[]} The lines of a table, a row for each section.
 */
function table(results) {
  const rows = Object.entries(SECTIONS).flatMap(([section, name]) => {
    const own = results.filter(({ id }) => id.startsWith(`${section}.`));
    return own.length === 0 ? [] : [row(section, name, own)];
  });
  return [
    '| section | what | cases | behaviour | close | failed |',
    '| --: | --- | --: | --- | --- | --: |',
    ...rows,
    row('', 'all', results),
  ];
}

/**
 * @param {string} section
 * @param {string} name
 * @param {Result[]} results
 */
function row(section, name, results) {
  const behavior = counts(results.map((result) => result.behavior));
  const close = counts(results.map((result) => result.close));
  const failed = results.filter((result) => !isPassed(result)).length;
  return `| ${section} | ${name} | ${results.length} | ${behavior} | ${close} | ${failed} |`;
}

/**
 * @param {Result[]} results Of the whole suite.
 * @param {string} date
 * @param {{[what: string]: string}} versions
 * @returns {string} A document.
 */
function report(results, date, versions) {
  const notable = results.filter(({ behavior, close }) => behavior !== 'OK' || close !== 'OK');
  return [
    '# Conformance',
    '',
    'The [Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) against `crates/core/examples/echo.rs`: the',
    'listener, opening handshake, codec and out queue of this package under a server that sends back what it gets,',
    'with permessage-deflate and context takeover in both directions. Written by',
    '',
    '```sh',
    'npm run conformance -- --write',
    '```',
    '',
    `${date}: ${Object.entries(versions).map(([what, version]) => `${what} ${version}`).join(', ')}.`,
    '',
    ...table(results),
    '',
    'The two columns are the suite\'s own verdicts: on what the server did, and on how it closed the connection.',
    '`INFORMATIONAL` cases have no wrong answer. A quick selection runs in `npm test`.',
    ...(notable.length === 0 ? [] : ['', '## All that is not OK', '', '| case | behaviour | close | |', '| --- | --- | --- | --- |']),
    ...notable.map(({ id, behavior, close, result }) => `| ${id} | ${behavior} | ${close} | ${result} |`),
    '',
  ].join('\n');
}

module.exports = { table, report };
