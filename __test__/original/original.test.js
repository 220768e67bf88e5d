// @ts-check
'use strict';

/**
 * Contract section 2: the original's own test suite passes unmodified, with every pair of server and client. It waits most of
 * the time, so several of them run at a time, on ports of their own.
 */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { implementations } = require('../helpers/implementations');
const { clients } = require('../helpers/clients');
const { reservePort } = require('../helpers/ports');

/** Number of tests in the suite of `line-socket@1.0.0`: fewer would mean that some did not run. */
const TESTS = 15;

/** Suites at a time: no more, because some of their tests wait for 10 ms only. */
const TOGETHER = 3;

/** How often such a test may be tried again on a busy machine. What the implementation does wrong fails each time. */
const RETRIES = 2;

/** The suite waits 3.5 s for pings once; a hanging one is ended, in ms. */
const LIMIT = 60_000;

/**
 * Runs the suite in a process of its own, since it wants globals and may leave handles open.
 *
 * @param {string} server Name of the implementation.
 * @param {string} client
 * @returns {Promise<any>} mocha's JSON report
 */
async function runSuite(server, client) {
  const mocha = path.join(path.dirname(require.resolve('mocha/package.json')), 'bin/mocha.js');
  const args = [mocha, '--no-config', '--exit', '--retries', String(RETRIES), '--reporter', 'json', path.join(__dirname, 'run.js')];
  const env = { ...process.env, LINE_IMPL: server, LINE_CLIENT_IMPL: client, LINE_PORTS: `${await reservePort()},${await reservePort()}` };
  // A child that believes to be part of this test run would report in the runner's own format.
  delete env.NODE_TEST_CONTEXT;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, timeout: LIMIT, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const start = stdout.indexOf('{\n  "stats"');
      if (start < 0) reject(error ?? new Error(`no report: ${stdout}${stderr}`));
      else resolve(JSON.parse(stdout.slice(start)));
    });
  });
}

describe('the suite of the original', { concurrency: TOGETHER }, () => {
  const pairs = implementations().flatMap((server) => clients().map((client) => [server.name, client.name]));
  for (const [server, client] of pairs) {
    it(`passes (server ${server}, client ${client})`, async () => {
      const { stats, failures } = await runSuite(server, client);
      const reasons = failures.map((/** @type {any} */ { fullTitle, err }) => `${fullTitle}: ${err.message}`);
      assert.deepEqual(reasons, []);
      assert.deepEqual([stats.passes, stats.pending], [TESTS, 0]);
    });
  }
});
