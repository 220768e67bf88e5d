// @ts-check
'use strict';

/**
 * Something that makes several servers one.
 * @typedef {object} Peer
 * @property {string} key Name on the command line and in the results.
 * @property {string} title Heading of its column.
 * @property {string} file Its node, in `nodes/`.
 * @property {'line' | 'socketio'} protocol
 * @property {Record<string, string>} env
 * @property {string[]} packages What its version is made of: package folders, from `bench/`.
 */

/** @type {Peer[]} */
const peers = [
  ...[['classic', 'classic adapter', 'redis-adapter'], ['sharded', 'sharded adapter', 'redis-adapter'], ['streams', 'streams adapter', 'redis-streams-adapter']].map(
    ([key, title, name]) => ({
      key,
      title,
      file: 'socketio.js',
      protocol: /** @type {const} */ ('socketio'),
      env: { ADAPTER: key },
      packages: ['node_modules/socket.io', `node_modules/@socket.io/${name}`, 'node_modules/ioredis'],
    }),
  ),
  { key: 'ours', title: 'line-socket-native', file: 'ours.js', protocol: 'line', env: {}, packages: ['..'] },
];

module.exports = { peers };
