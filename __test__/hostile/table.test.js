// @ts-check
'use strict';

const { it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { GROUPS, FILE, cell } = require('./table');

it('the published table has every input, and none that ended the process or was treated wrongly here', () => {
  const rows = fs.readFileSync(FILE, 'utf8').split('\n').filter((line) => line.startsWith('| '));
  const cells = rows.map((row) => row.split(/(?<!\\)\|/).map((text) => text.trim()));
  const listed = cells.filter((row) => row.length === 6 && row[1] !== 'input' && row[1] !== '---');
  const inputs = GROUPS.flatMap((group) => group.inputs);
  assert.deepEqual(listed.map((row) => row.slice(1, 3)), inputs.map(({ name, due }) => [cell(name).trim(), cell(due)]));
  assert.deepEqual(listed.filter((row) => row[3].includes('✗')).map((row) => row[1]), [], 'write it anew: npm run hostile');
});
