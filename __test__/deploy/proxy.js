// @ts-check
'use strict';

/** Runs the configurations of `docs/deploy`, each with other ports and certificates. */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { until } = require('../helpers/timing');

/** Debian has some of the programs where only root's PATH leads. */
const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** @param {string} name @returns {string} A file of `docs/deploy`. */
const read = (name) => fs.readFileSync(path.join(__dirname, '../../docs/deploy', name), 'utf8');

/** @param {number} port */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/**
 * A configuration with changes, the first part of each of which must be in it.
 * @param {string} name
 * @param {[from: string, to: string][]} changes
 */
function changed(name, changes) {
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `"${from}" in ${name}`);
    return text.replaceAll(from, to);
  }, read(name));
}

/**
 * A folder that is gone after the test.
 * @param {import('../process/support/scene').Scene} scene
 */
function folderFor(scene) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'line-socket-proxy-'));
  scene.defer(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs a program until the end of the test.
 * @param {import('../process/support/scene').Scene} scene
 * @param {string} program The name of Debian's package, too, unless `from` is given.
 * @param {string[]} args
 * @param {{port: number, from?: string, home?: string}} options `port`: where it listens when it is ready.
 */
async function runProgram(scene, program, args, { port, from = program, home = os.tmpdir() }) {
  const child = spawn(program, args, { env: { ...ENV, HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (data) => (log += data));
  /** @type {string | undefined} */
  let end;
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve((end = `${error.message}: install ${program} (Debian: apt-get install ${from})`)));
    child.once('close', (code) => resolve((end = `${program} ended with code ${code}: ${log}`)));
  });
  scene.defer(() => {
    child.kill('SIGKILL');
    return ended;
  });
  await until(async () => {
    if (end !== undefined) throw new Error(end);
    return isListening(port);
  }, program);
}

/**
 * A server behind the proxy that notes the paths of requests.
 * @param {import('../process/support/scene').Scene} scene
 * @returns {Promise<{port: number, seen: string[]}>}
 */
async function noteRequests(scene) {
  /** @type {string[]} */
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(String(request.url));
    response.end('passed on');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  scene.defer(() => server.close());
  return { port: /** @type {import('node:net').AddressInfo} */ (server.address()).port, seen };
}

module.exports = { changed, folderFor, noteRequests, read, runProgram };
