// @ts-check
'use strict';

/**
 * Run by npm in a checkout (`prepare`, `prepack`). When npm is about to copy the checkout, as with `npm pack`,
 * `npm install --install-links` and installs from git, it has to be built for release, because a copy has no
 * sources. If it is not built, this says what to do. Needs only Node.
 */

const fs = require('node:fs');
const path = require('node:path');
const { fileOf, platformTriple } = require('../lib/binding/platform.js');
const { isAddon } = require('./addon.js');

const ROOT = path.join(__dirname, '..');

/** Whether npm packs this folder, and does not just install its dependencies or link to it. */
function isCopied() {
  const { npm_lifecycle_event: event, npm_package_resolved: resolved } = process.env;
  if (event === 'prepack') return true;
  // A packed package has a folder there; a linked one has nothing.
  return event === 'prepare' && resolved !== undefined && fs.existsSync(resolved) && fs.realpathSync(resolved) === fs.realpathSync(ROOT);
}

const binary = fileOf(platformTriple());
// `prepack` makes the client for browsers itself.
const needed = process.env.npm_lifecycle_event === 'prepack' ? [binary] : [binary, 'dist/client-web.js'];
const missing = needed.filter((file) => !fs.existsSync(path.join(ROOT, file)));
if (isCopied() && missing.length === 0 && (isAddon('tests') || isAddon('debug'))) {
  console.error(
    `line-socket-native cannot be packed or installed as a copy of this checkout, because ${binary} was built for ` +
      `${isAddon('tests') ? 'the tests' : 'debuggers'}, and is slower.\nBuild it for release first: run "npm run build" in ${ROOT}, ` +
      'then pack or install that folder.',
  );
  process.exitCode = 1;
} else if (isCopied() && missing.length > 0) {
  const isTemporary = !fs.existsSync(path.join(ROOT, 'node_modules')) || /git-clone/.test(ROOT);
  const where = isTemporary ? 'in a clone of the repository' : `in ${ROOT}`;
  console.error(
    `line-socket-native cannot be packed or installed as a copy of this checkout, which has not been built: ${missing.join(' and ')} ` +
      `${missing.length > 1 ? 'are' : 'is'} missing.\nBuild it first, which needs Rust (https://rustup.rs) and a C compiler: ` +
      `run "npm ci && npm run build" ${where}, then pack or install that folder.`,
  );
  process.exitCode = 1;
}
