// @ts-check
'use strict';

/** The part of `scripts/imports.js` that checks the published JavaScript. */

const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('./run.js');

/** The folders, with those that each may require from. */
const ALLOWED = /** @type {Record<string, string[]>} */ ({
  lib: ['lib', 'common'],
  client: ['client', 'common'],
  common: ['common'],
});

/**
 * @param {string} file From the checkout.
 * @returns {string[]} The files that it requires or imports, from the checkout. Types do not count.
 */
function requiredBy(file) {
  const code = fs.readFileSync(path.join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/\brequire\('(\.[^']+)'\)|^import .*'(\.[^']+)';$/gm);
  return [...found].map(([, required, imported]) => path.posix.join(path.posix.dirname(file), required ?? imported));
}

/**
 * @param {(edges: Map<string, Set<string>>) => string[][]} circlesOf
 * @returns {string[]} What is wrong, in words.
 */
function requireProblems(circlesOf) {
  const problems = [];
  /** @type {Map<string, Set<string>>} */
  const edges = new Map();
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    const names = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => /\.m?js$/.test(each))) {
      const file = path.posix.join(folder, name.replaceAll(path.sep, '/'));
      const targets = requiredBy(file);
      edges.set(file, new Set(targets));
      for (const target of targets) {
        if (allowed.includes(target.split('/')[0])) continue;
        problems.push(`${file} requires ${target}: ${folder}/ may only require files of ${allowed.join('/ and ')}/`);
      }
    }
  }
  for (const circle of circlesOf(edges)) problems.push(`These files require each other in a circle: ${circle.join(', ')}`);
  return problems;
}

module.exports = { requireProblems };
