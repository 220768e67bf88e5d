// @ts-check
'use strict';

/** Runs cases of the Autobahn test suite against the example `echo`. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const { ROOT } = require('../scripts/run.js');

/** The suite's sections, those without cases left out. */
const SECTIONS = Object.freeze({
  1: 'framing',
  2: 'pings and pongs',
  3: 'reserved bits',
  4: 'opcodes',
  5: 'fragmentation',
  6: 'UTF-8',
  7: 'close',
  9: 'limits and performance',
  10: 'automatic fragmentation',
  12: 'compression, different payloads',
  13: 'compression, different parameters',
});

/**
 * Short cases of every section: some seconds in all.
 */
const QUICK = Object.freeze([
  ...['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '10.*', '-5.19', '-5.20', '-6.4.*'],
  ...['9.1.1', '9.2.1', '9.3.9', '9.4.9', '9.7.1', '9.8.1'],
  ...['12.*.1', '12.1.5', '12.4.11', '13.*.1', '13.3.5', '13.7.11'],
]);

/**
 * How one case ended, in the suite's words.
 * @typedef {object} Result
 * @property {string} id Such as `1.1.1`.
 * @property {string} behavior What the server did: `OK`, `NON-STRICT`, `INFORMATIONAL`, `UNIMPLEMENTED` or `FAILED`.
 * @property {string} close How the connection ended: `OK`, `INFORMATIONAL`, `WRONG CODE`, `UNCLEAN` and more.
 * @property {string} result The same for people.
 * @property {string} resultClose The same for people.
 * @property {number} ms
 */

/** @param {Result} result */
function isPassed({ behavior, close }) {
  const good = ['OK', 'NON-STRICT', 'INFORMATIONAL'];
  return good.includes(behavior) && good.includes(close);
}

/**
 * Starts the server.
 * @param {string} program The example's binary.
 * @returns {Promise<{url: string, stop: () => void}>}
 */
async function startEcho(program) {
  const server = spawn(program, ['0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = readline.createInterface({ input: server.stdout });
  const exited = once(server, 'exit').then(([code]) => {
    throw new Error(`the echo server ended with ${code}`);
  });
  // After it was told to stop nobody waits for it.
  exited.catch(() => {});
  const [line] = await Promise.race([once(lines, 'line'), exited]);
  return { url: `ws://${line}`, stop: () => server.kill() };
}

/**
 * @param {object} options
 * @param {{python: string, suite: string}} options.installed See `python.js`.
 * @param {string} options.program The example's binary.
 * @param {readonly string[]} options.patterns Of cases: `1.1.1`, `12.*`; with `-` before it, not those.
 * @param {(result: Result) => void} [options.onResult] Called as each case ends.
 * @returns {Promise<Result[]>}
 */
async function runCases({ installed, program, patterns, onResult = () => {} }) {
  const server = await startEcho(program);
  try {
    const script = path.join(__dirname, 'suite.py');
    const client = spawn(installed.python, [script, installed.suite, server.url, ...patterns], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(client, 'close');
    /** @type {Result[]} */
    const results = [];
    for await (const line of readline.createInterface({ input: client.stdout })) {
      const result = JSON.parse(line);
      results.push(result);
      onResult(result);
    }
    const [code] = await closed;
    if (code !== 0) throw new Error(`the suite ended with ${code} after ${results.length} cases`);
    return results;
  } finally {
    server.stop();
  }
}

module.exports = { SECTIONS, QUICK, isPassed, runCases };
