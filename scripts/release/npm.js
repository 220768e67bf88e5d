// @ts-check
'use strict';

const { execFile } = require('node:child_process');

/** The most that is taken of what npm writes, in bytes. */
const MAX_OUTPUT = 1 << 24;

/**
 * Runs npm as a user would: without what an npm that runs this script has put into the environment.
 * @param {string[]} args
 * @param {{cwd: string, env?: Record<string, string>}} options
 * @returns {Promise<string>} What it wrote to its output. Rejects with what it said, when it fails.
 */
function npm(args, { cwd, env = {} }) {
  const outer = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const options = {
    cwd,
    env: { ...Object.fromEntries(outer), ...env },
    maxBuffer: MAX_OUTPUT,
    // A script on Windows, which only a shell can run.
    shell: process.platform === 'win32',
  };
  return new Promise((resolve, reject) => {
    execFile('npm', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`npm ${args.join(' ')} failed: ${error.message}\n${stderr}${stdout}`, { cause: error }));
    });
  });
}

module.exports = { npm };
