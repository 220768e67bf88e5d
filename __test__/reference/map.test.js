// @ts-check
'use strict';

/** The map of the files (`docs/internals/map.md`) names every file of the package and of the core, and none that is not there. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '../..');

/** Folders, each with a heading of its own. */
const FOLDERS = ['lib', 'client', 'crates/core/src', 'src'];

/** Files of Rust with tests alone, and what they share. */
const OF_TESTS = /(?:^|\/)(?:tests\/.*|(?:\w+_)?tests|testing)\.rs$/;

const map = fs.readFileSync(path.join(ROOT, 'docs/internals/map.md'), 'utf8');

/** @param {string} folder @returns {string} What the map says of a folder. */
function sectionOf(folder) {
  const section = map.split(/^## /m).find((text) => text.startsWith(`\`${folder}/\``));
  assert.ok(section !== undefined, `the map has a heading for ${folder}/`);
  return section;
}

/** @param {string} folder @returns {string[]} The files in it that hold code, by their paths from there. */
function filesIn(folder) {
  const found = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  // The modules that a crate is made of have headings or tables of their own, as their files have.
  const isRoot = (/** @type {string} */ file) => file === 'lib.rs' || found.some((other) => file === `${other}.rs` && !other.includes('/'));
  return found.filter((file) => /\.(?:rs|js|mjs)$/.test(file) && !OF_TESTS.test(file) && !isRoot(file));
}

/** @param {string} text @returns {string[]} Paths of files in it. */
const namedIn = (text) => [...text.matchAll(/`([\w./-]+\.(?:rs|js|mjs))`/g)].map(([, file]) => file);

/** @param {string} file @param {string} name Ends with the file's own name. */
const isNameOf = (file, name) => `/${file}`.endsWith(`/${name}`);

describe('the map', () => {
  for (const folder of FOLDERS) {
    it(`names every file of ${folder}/`, () => {
      const names = namedIn(sectionOf(folder));
      const files = filesIn(folder);
      assert.ok(files.length > 10);
      assert.deepEqual(files.filter((file) => !names.some((name) => isNameOf(file, name))), []);
    });
  }

  it('names no file that is not there', () => {
    const folders = ['.github', '__test__', 'bench', 'client', 'common', 'conformance', 'crates', 'examples', 'facts', 'lib', 'scripts', 'src', 'types'];
    const files = folders.flatMap((folder) => {
      const found = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
      return found.map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
    });
    const all = [...files, ...fs.readdirSync(ROOT)];
    // `x.rs` stands for any file.
    const named = namedIn(map).filter((name) => !/^x[./]/.test(name));
    const missing = named.filter((name) => !all.some((file) => isNameOf(file, name.replace(/^(?:\.\.\/)+/, ''))));
    assert.deepEqual(missing, []);
  });
});
