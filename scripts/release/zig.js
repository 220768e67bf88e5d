// @ts-check
'use strict';

/** zig, which links for other systems, and cargo's command for it: installed by pip (Python 3) into `target/tools`. */

const fs = require('node:fs');
const path = require('node:path');
const pythonTool = require('../python-tool.js');

const ZIG = pythonTool.folderOf('zig');

/** The program to run as `cargo` for another system, with `zigbuild` as its first argument. */
const CARGO_ZIGBUILD = path.join(ZIG, 'bin', 'cargo-zigbuild');

/**
 * Installs both, exactly as their hashes say, if they are not there.
 * @throws {Error} When they cannot be got.
 */
function installZig() {
  if (fs.existsSync(CARGO_ZIGBUILD)) return;
  if (!pythonTool.install('zig', path.join(__dirname, 'requirements.txt'))) {
    throw new Error('zig could not be got, which takes Python with pip: see the messages above');
  }
}

/** @returns {Record<string, string>} Variables with which both are found. */
function zigEnvironment() {
  const join = (/** @type {(string | undefined)[]} */ ...parts) => parts.filter(Boolean).join(path.delimiter);
  return { PATH: join(path.join(ZIG, 'bin'), process.env.PATH), PYTHONPATH: join(ZIG, process.env.PYTHONPATH) };
}

module.exports = { CARGO_ZIGBUILD, installZig, zigEnvironment };
