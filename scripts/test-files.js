// @ts-check
'use strict';

/** The files of JavaScript tests. */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');

/** Folders with tests for Node's test runner. */
const FOLDERS = ['__test__', 'bench/test'];

/**
 * The test files of a folder and those in it. Named one by one: Node 18 has no patterns here.
 * @param {string} folder Path from the root.
 * @returns {string[]} Paths from the root, sorted.
 */
function filesOf(folder) {
  const entries = fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return filesOf(file);
      return entry.name.endsWith('.test.js') ? [file] : [];
    })
    .sort();
}

/** @returns {string[]} All of them: paths from the root, with `/` on every system. */
function testFiles() {
  return FOLDERS.flatMap(filesOf);
}

module.exports = { testFiles };
