// @ts-check
'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');

/** The most that is taken of what npm writes, in bytes. */
const MAX_OUTPUT = 1 << 24;

/**
 * The npm of this Node. On Windows the one on the `PATH` is a script for a shell, which would read the
 * arguments in its own way.
 * @returns {[program: string, ...args: string[]]}
 */
function command() {
  if (process.platform !== 'win32') return ['npm'];
  return [process.execPath, path.join(path.dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')];
}

/**
 * Runs npm as a user would: without what an npm that runs this script has put into the environment.
 * @param {string[]} args
 * @param {{cwd: string, env?: Record<string, string>}} options
 * @returns {Promise<string>} What it wrote to its output. Rejects with what it said, when it fails.
 */
function npm(args, { cwd, env = {} }) {
  const outer = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const options = { cwd, env: { ...Object.fromEntries(outer), ...env }, maxBuffer: MAX_OUTPUT };
  const [program, ...first] = command();
  return new Promise((resolve, reject) => {
    execFile(program, [...first, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`npm ${args.join(' ')} failed: ${error.message}\n${stderr}${stdout}`, { cause: error }));
    });
  });
}

module.exports = { npm };
