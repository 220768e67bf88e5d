// @ts-check
'use strict';

/**
 * Writes `docs/internals/hostile.md`: what becomes of every bad input, here and with the original. Takes some
 * minutes, for the original has to be started anew whenever an input has ended it.
 */

const fs = require('node:fs');
const path = require('node:path');
const { Subject, PATIENCE } = require('./subject');
const { VIOLATIONS } = require('./violations');
const { INVALID } = require('./texts');
const { MESSAGES, FATES } = require('./messages');
const { REQUESTS } = require('./requests');
const { encodeFrame } = require('../helpers/frames');
const { exchange, statusOf } = require('../helpers/raw-http');

const FILE = path.join(__dirname, '../../docs/internals/hostile.md');

/**
 * @typedef {object} Outcome
 * @property {string} what in words
 * @property {boolean} right it is what has to become of the input
 * @property {boolean} died the process has ended
 *
 * @typedef {object} Input
 * @property {string} name
 * @property {string} due what has to become of it, in words
 * @property {(subject: Subject) => Promise<Outcome[]>} hit before the handshake and after it, or once
 *
 * @typedef {{ name: string, about: string, inputs: Input[] }} Group
 */

/** @param {Subject} subject @returns {Outcome} */
const death = (subject) => ({ what: `**process ended**: ${subject.death}`, right: false, died: true });

/**
 * Hits a connection before the handshake and after it.
 *
 * @param {Buffer} bytes
 * @param {(result: Awaited<ReturnType<Subject['hit']>>, phase: 'fresh' | 'connected') => boolean} isRight
 * @returns {Input['hit']}
 */
function onConnections(bytes, isRight) {
  return async (subject) => {
    const outcomes = [];
    for (const phase of /** @type {const} */ (['fresh', 'connected'])) {
      const result = await subject.hit(bytes, phase);
      if (subject.death !== undefined) outcomes.push(death(subject));
      else outcomes.push({ what: describe(result), right: isRight(result, phase), died: false });
    }
    return outcomes;
  };
}

/** @param {Awaited<ReturnType<Subject['hit']>>} result */
function describe({ end, code, calls, texts }) {
  const seen = [];
  for (const [name, reason] of calls) {
    if (name === '_disconnected') continue;
    if (name !== '_error') seen.push(`listener of \`${name}\` called`);
    else seen.push(typeof reason === 'string' ? `reported as ${reason}` : 'an error reported');
  }
  if (texts.length > 0) seen.push(`answered with ${answerOf(texts)}`);
  if (code !== undefined) seen.push(`closed with ${code}`);
  else if (end === 'ends') seen.push('cut without a close frame');
  if (end === 'waits') seen.push(code === undefined ? `nothing for ${PATIENCE / 1000} s` : 'but not ended');
  return seen.length > 0 ? seen.join(', ') : 'dropped';
}

/** @param {string[]} texts */
function answerOf(texts) {
  const { e, p } = JSON.parse(texts[0]);
  return e ? 'an error' : p === 'pong' ? 'pong' : 'a value';
}

/** @type {Group[]} */
const GROUPS = [
  {
    name: 'Frames',
    about: 'Bytes that break RFC 6455.',
    inputs: VIOLATIONS.map(({ name, bytes, code }) => ({
      name,
      due: `closed with ${code}`,
      hit: onConnections(bytes, (result) => result.code === code)
    }))
  },
  {
    name: 'Texts',
    about: 'Text messages that are no JSON, or no message.',
    inputs: INVALID.map(([name, text]) => ({
      name,
      due: 'reported as scInvalidJson',
      hit: onConnections(encodeFrame({ payload: text }), ({ end, calls, texts }, phase) => {
        const reports = calls.map((call) => call[1]).join();
        // Before the handshake there is nobody to report it to.
        return end === 'stays' && texts.length === 0 && reports === (phase === 'fresh' ? '' : 'scInvalidJson');
      })
    }))
  },
  {
    name: 'Messages',
    about: 'Messages that a peer has no business sending, or that look dangerous.',
    inputs: MESSAGES.map((entry) => ({
      name: entry.name,
      due: entry.fresh === entry.connected ? entry.fresh : `${entry.fresh}; ${entry.connected}`,
      hit: onConnections(encodeFrame({ payload: entry.text }), ({ end, calls, texts }, phase) => {
        const fate = entry[phase];
        const due = fate === 'delivered' || fate === 'echoed' ? [JSON.parse(entry.text).n] : [];
        const answer = texts.length > 0 ? answerOf(texts) : 'nothing';
        const called = calls.map(([name]) => name).join();
        return end === 'stays' && called === due.join() && texts.length < 2 && FATES[fate].includes(answer);
      })
    }))
  },
  {
    name: 'Requests',
    about: 'Requests for an upgrade that are none.',
    inputs: REQUESTS.map(({ name, bytes, statuses, end }) => ({
      name,
      due: statuses.map((status) => status || 'an end').join(' or '),
      hit: async (subject) => {
        await subject.start();
        const answer = exchange(Number(subject.port), bytes, { end, patience: PATIENCE });
        const status = await answer.then(statusOf, () => undefined);
        await subject.log('');
        if (subject.death !== undefined) return [death(subject)];
        const what = status === undefined ? `nothing for ${PATIENCE / 1000} s` : String(status || 'an end');
        return [{ what, right: status !== undefined && statuses.includes(status), died: false }];
      }
    }))
  }
];

/**
 * Runs every input of a group on one implementation.
 *
 * @param {Group} group
 * @param {'native' | 'original'} name
 */
async function run(group, name) {
  const subject = new Subject(name);
  const results = [];
  for (const input of group.inputs) results.push(await input.hit(subject));
  await subject.stop();
  return results;
}

/** A cell of a table. @param {string} text */
const cell = (text) => text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/[^\x20-\x7e\xa0-\ud7ff\ue000-\uffff]/g, '\ufffd');

/** @param {Outcome[]} outcomes */
function show(outcomes) {
  const [first, second] = outcomes.map(({ what, right }) => (right ? what : `✗ ${what}`));
  return cell(second === undefined || first === second ? first : `${first}; ${second}`);
}

async function main() {
  const summary = [];
  const tables = [];
  for (const group of GROUPS) {
    const [ours, theirs] = [await run(group, 'native'), await run(group, 'original')];
    const count = (/** @type {Outcome[][]} */ all, /** @type {(outcome: Outcome) => boolean} */ test) =>
      all.filter((outcomes) => outcomes.some(test)).length;
    const total = group.inputs.length;
    const figures = [ours, theirs].flatMap((all) => {
      const died = count(all, ({ died }) => died);
      const wrong = count(all, ({ right }) => !right);
      return [died, wrong - died, total - wrong];
    });
    summary.push([group.name, total, ...figures]);
    const rows = group.inputs.map(({ name, due }, index) => {
      const cells = [cell(name), cell(due), show(ours[index]), show(theirs[index])];
      return `| ${cells.join(' | ')} |`;
    });
    tables.push(
      `## ${group.name}\n\n${group.about}\n\n| input | due | line-socket-native | line-socket |\n` +
        `| --- | --- | --- | --- |\n${rows.join('\n')}\n`
    );
    console.log(`${group.name}: ${figures.join(', ')} of ${total}`);
  }
  const sums = summary[0].map((_, column) =>
    column === 0 ? 'All' : summary.reduce((sum, row) => sum + Number(row[column]), 0)
  );
  const rows = [...summary, sums].map((row) => `| ${row.join(' | ')} |`).join('\n');
  fs.writeFileSync(FILE, `${HEAD}${rows}\n\n${tables.join('\n')}`);
}

const HEAD = `# Every bad input

The effect of each hostile input, on this server and on the original (\`line-socket\` 1.0.0 on \`ws\` 2.2.2), each in a process
of its own. \`npm run hostile\` writes this page. The inputs are those of the tests in \`__test__/hostile\`, which check more:
inputs during the handshake, what follows an input, and that other connections are still served.

Each input is sent before the handshake and after it; where the two differ, both are shown. ✗ marks a result other than the one
that is due, which is in the second column:

- *dropped*: no effect; *refused*: answered with an error; *contained*: either of them;
- *delivered*: reaches the one listener it is meant for; *echoed*: is answered by it as well;
- *closed*: closed with that code; *but not ended*: the connection was still there a second later;
- *pong*: answered with pong; *opens*: completes the handshake.

In some of these cases the original's answer is right by its own documentation (it has no limit of nesting, for example). The
end of the process is never right.

| | inputs | here: process ended | other than due | as due | original: process ended | other than due | as due |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`;

if (require.main === module) main();

module.exports = { GROUPS, FILE, cell };
