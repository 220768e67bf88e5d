// @ts-check
'use strict';

const path = require('node:path');
const { parseArgs } = require('node:util');
const { cases } = require('./cases');
const { peers } = require('./peers');

const USAGE = `usage: npm run bench -- [option...]

  --quick         fewer cases, one short round: under a minute, for a first look; writes nothing
  --rounds N      rounds over all peers (default 3, quick: 1); the results are their medians
  --cases a,b     only these: ${cases.map(({ key }) => key).join(', ')};
                  or cluster, several nodes and Redis: see --cases cluster --help
  --peers a,b     only these: ${peers.map(({ key }) => key).join(', ')}
  --out DIR       where to write (default bench/results, for a full run of all cases and peers)
  --no-write      print the table and write nothing
  --help          this text`;

/** A command line that makes no sense. */
class UsageError extends Error {}

/**
 * What to run.
 * @typedef {object} Options
 * @property {boolean} help Whether only the usage was asked for.
 * @property {boolean} quick Whether this is a quick run.
 * @property {number} rounds How often each case runs on each peer.
 * @property {import('./cases').Case[]} cases The cases.
 * @property {import('./peers').Peer[]} peers The peers.
 * @property {string | undefined} out Folder to write to.
 * @property {{warmup: number, duration: number}} times Of each run, in ms.
 */

/**
 * Reads the command line.
 * @param {string[]} args The arguments.
 * @returns {Options} What to run.
 * @throws {UsageError} When an argument is unknown or its value bad.
 */
function parse(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        cases: { type: 'string' },
        peers: { type: 'string' },
        out: { type: 'string' },
        'no-write': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { quick, help } = values;
  const rounds = values.rounds === undefined ? (quick ? 1 : 3) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds must be a whole number, at least 1');

  // Partial and quick results do not replace the published ones unless a folder is named.
  const whole = !quick && values.cases === undefined && values.peers === undefined;
  const out = values.out ?? (whole ? path.join(__dirname, '../results') : undefined);
  return {
    help,
    quick,
    rounds,
    cases: values.cases === undefined ? cases.filter((one) => one.quick || !quick) : pick(cases, values.cases, 'case'),
    peers: values.peers === undefined ? peers : pick(peers, values.peers, 'peer'),
    out: values['no-write'] ? undefined : out,
    times: quick ? { warmup: 250, duration: 500 } : { warmup: 1000, duration: 3000 },
  };
}

/**
 * Picks things by their keys.
 * @template {{key: string}} T
 * @param {T[]} all All there are.
 * @param {string} list Keys with commas between them.
 * @param {string} kind What they are, for the error.
 * @returns {T[]} Those asked for, in the order of `all`.
 */
function pick(all, list, kind) {
  const keys = list.split(',');
  const unknown = keys.find((key) => !all.some((one) => one.key === key));
  if (unknown !== undefined) throw new UsageError(`unknown ${kind} "${unknown}"`);
  return all.filter((one) => keys.includes(one.key));
}

module.exports = { parse, USAGE, UsageError };
