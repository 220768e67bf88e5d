// @ts-check
'use strict';

/**
 * The programs that run JavaScript on which the package is tested: releases of Node, Bun and Deno. npm installs them into
 * `target/platforms`, as `package-lock.json` in this folder says.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ROOT } = require('../run.js');

const HOME = path.join(ROOT, 'target/platforms');
const FILES = ['package.json', 'package-lock.json'];

/** Releases of Node, the oldest first. */
const NODES = ['18', '20', '22', '24', '26'];

const RUNTIMES = {
  bun: 'node_modules/@oven/bun-linux-x64/bin/bun',
  deno: 'node_modules/@deno/linux-x64-glibc/deno',
};

/** @param {string} file */
const wanted = (file) => fs.readFileSync(path.join(__dirname, file), 'utf8');

/** @param {string} folder */
function isCurrent(folder) {
  try {
    return FILES.every((file) => fs.readFileSync(path.join(folder, file), 'utf8') === wanted(file)) && fs.existsSync(path.join(folder, 'installed'));
  } catch {
    return false;
  }
}

/**
 * Installs the programs, if they are not there.
 * @throws {Error} On other platforms than Linux x64 with glibc, or when npm fails.
 */
function install() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The releases of Node and the other runtimes are installed on Linux x64 only; elsewhere name one with --program PATH');
  }
  if (isCurrent(HOME)) return;
  fs.rmSync(HOME, { recursive: true, force: true });
  fs.mkdirSync(HOME, { recursive: true });
  for (const file of FILES) fs.writeFileSync(path.join(HOME, file), wanted(file));
  // The packages have their programs in them; their scripts only link them. Some are of other systems.
  const { status } = spawnSync('npm', ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: HOME, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci failed in ${HOME}`);
  fs.writeFileSync(path.join(HOME, 'installed'), '');
}

/** @param {string} release @returns {string} The path of a release of Node. */
const nodePath = (release) => path.join(HOME, `node_modules/node-${release}/bin/node`);

/** @param {keyof typeof RUNTIMES} name @returns {string} Its path. */
const runtimePath = (name) => path.join(HOME, RUNTIMES[name]);

/** @returns {string} The path of Node for Windows. */
const windowsNode = () => path.join(HOME, 'node_modules/node-windows/bin/node.exe');

/** @returns {string} The path of Node for Linux on arm64. */
const armNode = () => path.join(HOME, 'node_modules/node-arm64/bin/node');

module.exports = { NODES, armNode, install, nodePath, runtimePath, windowsNode };
