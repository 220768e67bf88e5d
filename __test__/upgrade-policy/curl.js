// @ts-check
'use strict';

/** Requests of curl, an HTTP client that knows nothing of this server. */

const { execFile, spawnSync } = require('node:child_process');
const { SAMPLE_KEY } = require('../helpers/raw-http');

/** Seconds after which curl gives up: it waits for the end of a connection that was upgraded. */
const PATIENCE = 4;

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': SAMPLE_KEY,
  'Sec-WebSocket-Version': '13',
};

/** Whether curl is there. */
const HAS_CURL = spawnSync('curl', ['--version']).status === 0;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers Names in lower case.
 * @property {string} body
 */

/**
 * Sends a request and waits until the server has closed the connection.
 * @param {string} url
 * @param {object} [options]
 * @param {Record<string, string>} [options.headers]
 * @param {boolean} [options.upgrade] Ask for a WebSocket.
 * @param {string[]} [options.args] More arguments of curl.
 * @returns {Promise<Answer>}
 */
function curl(url, { headers = {}, upgrade = true, args = [] } = {}) {
  const lines = Object.entries({ ...(upgrade ? UPGRADE : {}), ...headers }).map(([name, value]) => `${name}: ${value}`);
  const all = ['-sS', '-i', '--http1.1', '-m', String(PATIENCE), ...lines.flatMap((line) => ['-H', line]), ...args, url];
  return new Promise((resolve, reject) => {
    execFile('curl', all, { encoding: 'latin1' }, (error, output) => {
      if (error) reject(error);
      else resolve(parse(output));
    });
  });
}

/** @param {string} output @returns {Answer} */
function parse(output) {
  const split = output.indexOf('\r\n\r\n');
  const [first, ...lines] = output.slice(0, split).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name, ...rest] = line.split(':');
      return [name.toLowerCase(), rest.join(':').trim()];
    }),
  );
  return { status: Number(first.split(' ')[1]), headers, body: output.slice(split + 4) };
}

module.exports = { curl, HAS_CURL };
