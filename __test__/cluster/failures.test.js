// @ts-check
'use strict';

/** Each line of the table of failures in the guide names tests that there are. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const GUIDE = path.join(__dirname, '../../docs/guides/several-machines.md');

it('the guide names a test for every failure', () => {
  const [, section] = fs.readFileSync(GUIDE, 'utf8').split('## What happens in which failure');
  const rows = section.split('\n## ', 1)[0].split('\n').filter((line) => line.startsWith('| ')).slice(2);
  assert.ok(rows.length >= 15, String(rows.length));
  for (const row of rows) {
    const tests = /** @type {string} */ (row.split(' | ').at(-1)).replace(/ \|$/, '').split('; ');
    for (const test of tests) {
      const [, file, name] = /^`(\w+)`: (.+)$/.exec(test) ?? [];
      assert.ok(file, `no test named: ${row}`);
      const text = fs.readFileSync(path.join(__dirname, `${file}.test.js`), 'utf8');
      assert.ok([...text.matchAll(/\bit\(['`](.*)/g)].some(([, title]) => title.startsWith(name)), `no such test: ${test}`);
    }
  }
});
