// @ts-check
'use strict';

/**
 * Tests a binary on a system that it is for: `node scripts/release/test-binary.js linux-x64-musl` takes
 * it from `artifacts`, and the packages from `artifacts/packages`. Needs only Node: no compiler, no Rust.
 */

const fs = require('node:fs');
const path = require('node:path');
const { platformTriple } = require('../../lib/binding/platform.js');
const { ROOT, runAll } = require('../run.js');
const { npm } = require('./npm.js');
const { targetOf } = require('./targets.js');

const ARTIFACTS = path.join(ROOT, 'artifacts');

/** Folders with tests that need the binary alone. */
const FOLDERS = ['attach', 'contract', 'deflate', 'limits', 'tls', 'upgrade-policy'];

/** Of these: tests that need Python as well. */
const LEFT_OUT = ['__test__/deflate/others.test.js'];

/** Further tests: what is published can be installed, and the README's examples run from there. */
const FILES = ['__test__/package/install.test.js'];

/** @param {string} folder In `__test__`. */
function testsOf(folder) {
  const names = fs.readdirSync(path.join(ROOT, '__test__', folder));
  const files = names.filter((name) => name.endsWith('.test.js')).map((name) => `__test__/${folder}/${name}`);
  return files.filter((file) => !LEFT_OUT.includes(file));
}

/** @param {string} triple */
async function main(triple) {
  if (platformTriple() !== triple) throw new Error(`this is ${platformTriple()}, where ${triple} cannot be tested`);
  const { file } = targetOf(triple);
  fs.copyFileSync(path.join(ARTIFACTS, file), path.join(ROOT, file));
  await npm(['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: ROOT });
  process.env.LINE_PACKAGES = path.join(ARTIFACTS, 'packages');
  const node = process.execPath;
  const tests = [...FOLDERS.flatMap(testsOf), ...FILES];
  runAll([
    ['build-client.js', node, path.join(ROOT, 'scripts/build-client.js')],
    [`test.js (${tests.length} files)`, node, path.join(ROOT, 'scripts/test.js'), ...tests],
  ]);
}

main(process.argv[2]).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
