// @ts-check
'use strict';

/**
 * Publishes the packages of a release: `node scripts/release/publish.js artifacts/packages`. Platform packages come
 * first, so that installs of the package find them. All packages have to be there. Those that the registry already has
 * are left out, so that a release which failed half-way can be run again.
 */

const fs = require('node:fs');
const path = require('node:path');
const { PUBLISHED, packageOf } = require('../../lib/binding/platform.js');
const manifest = require('../../package.json');
const { ROOT } = require('../run.js');
const { npm } = require('./npm.js');
const { checkRepository } = require('./repository.js');

/**
 * @param {string} name Of a package.
 * @returns {Promise<boolean>} Whether the registry has this version of it.
 */
async function isPublished(name) {
  try {
    const found = await npm(['view', `${name}@${manifest.version}`, 'version'], { cwd: ROOT });
    return found.trim() === manifest.version;
  } catch (error) {
    if (/E404/.test(/** @type {Error} */ (error).message)) return false;
    throw error;
  }
}

/** @param {string} folder Where the packages are. */
async function main(folder) {
  checkRepository(manifest, process.env);
  const names = [...PUBLISHED.map(packageOf), manifest.name];
  const packages = names.map((name) => ({ name, file: path.resolve(folder, `${name}-${manifest.version}.tgz`) }));
  const missing = packages.filter(({ file }) => !fs.existsSync(file));
  if (missing.length > 0) throw new Error(`not there: ${missing.map(({ file }) => file).join(', ')}`);
  for (const { name, file } of packages) {
    if (await isPublished(name)) {
      console.log(`${name} ${manifest.version} is published already`);
      continue;
    }
    await npm(['publish', file, '--provenance', '--access', 'public', '--ignore-scripts'], { cwd: ROOT });
    console.log(`${name} ${manifest.version} published`);
  }
}

main(process.argv[2] ?? '').catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
