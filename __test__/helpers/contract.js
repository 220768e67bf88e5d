// @ts-check
'use strict';

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { implementations } = require('./implementations');
const { Context } = require('./context');
const { collectFatal } = require('./uncaught');

/** In place of the original's observation: the case ends the original's process. */
const CRASHES = Symbol('the original crashes');
/** In place of the original's observation: the original has no such feature, or cannot do it. */
const ABSENT = Symbol('not in the original');

/**
 * One case of the contract: `run` does something to a server and returns what it saw, as plain
 * values. Both implementations must see `expected`; where the contract asks for something else
 * than the original does, `original` and `ours` say what each of them does.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {(context: Context) => Promise<unknown>} run
 * @property {unknown} [expected] of both
 * @property {unknown} [original] an observation, CRASHES or ABSENT
 * @property {unknown} [ours] an observation
 */

/**
 * Registers the cases of one subject for every selected implementation.
 *
 * @param {string} subject
 * @param {Case[]} cases
 */
function contract(subject, cases) {
  const names = new Set(cases.map((entry) => entry.name));
  assert.equal(names.size, cases.length, `two cases of "${subject}" have the same name`);
  for (const implementation of implementations()) {
    describe(`${subject} (${implementation.name})`, () => {
      for (const entry of cases) {
        const expected = expectation(entry, implementation.name);
        if (expected !== ABSENT) it(entry.name, () => check(entry, new Context(implementation), expected));
      }
    });
  }
}

/**
 * @param {{name: string, expected?: unknown, original?: unknown, ours?: unknown}} entry
 * @param {string} name of an implementation
 */
function expectation(entry, name) {
  const keys = Object.keys(entry).filter((key) => ['expected', 'original', 'ours'].includes(key));
  const shape = keys.sort().join(' ');
  assert.ok(shape === 'expected' || shape === 'original ours', `case "${entry.name}" expects ${shape || 'nothing'}`);
  if (shape === 'expected') return entry.expected;
  return name === 'original' ? entry.original : entry.ours;
}

/**
 * Runs a case and compares what it saw.
 *
 * @template {Context} C
 * @param {{name: string, run: (context: C) => Promise<unknown>}} entry
 * @param {C} context disposed of at the end
 * @param {unknown} expected
 */
async function check(entry, context, expected) {
  const { value, error, fatal } = await collectFatal(() => entry.run(context));
  const end = await collectFatal(() => context.dispose());
  fatal.push(...end.fatal);
  if (expected === CRASHES) {
    assert.notEqual(fatal.length, 0, 'the original was expected to crash');
    return;
  }
  if (fatal.length) throw fatal[0];
  if (error ?? end.error) throw error ?? end.error;
  assert.deepEqual(value, expected);
}

module.exports = { contract, expectation, check, CRASHES, ABSENT };
