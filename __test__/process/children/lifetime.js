// @ts-check
'use strict';

/**
 * A process that lives as long as the server keeps it alive. Arguments: what it does (below), and
 * further options of the server as JSON.
 */

const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const [scenario, more = '{}'] = process.argv.slice(2);
const { Server } = loadNative();
const server = new Server({ host: '127.0.0.1', port: 0, ...JSON.parse(more) });

/** Resolves with the first connection. */
const connected = new Promise((resolve) => server.once('connection', resolve));

/** @type {Record<string, () => unknown>} */
const scenarios = {
  /** Never starts. */
  idle: () => {},
  /** Starts and does nothing more. */
  listen: () => {},
  /** Tries to start where another process listens, and says how that failed. */
  taken: () => {},
  /** Stops at once. */
  stop: () => server.stop(),
  /** Stops while it starts. */
  'stop early': () => {},
  /** Stops when a client is connected. */
  'stop connected': async () => {
    await connected;
    await server.stop();
  },
  /** Stops when a client is connected that owes an answer to a request and a ping. */
  'stop unanswered': async () => {
    const connection = await connected;
    connection.send('request').catch((/** @type {any} */ error) => report(error.code));
    connection.ping().catch((/** @type {any} */ error) => report(error.code));
    await server.stop();
  },
  /** Stops when a client is connected that was to be closed in an hour. */
  'stop before close': async () => {
    const connection = await connected;
    connection.close(4000, 'late', 3600000).then(() => report('closed'));
    await server.stop();
  },
  /** Closes its only connection and stops when that is gone. */
  'stop after close': async () => {
    const connection = await connected;
    await connection.close();
    await server.stop();
  },
};

async function main() {
  if (scenario === 'idle') return;
  const starting = server.start();
  if (scenario === 'stop early') {
    const stopping = server.stop();
    await Promise.all([starting.catch((/** @type {any} */ error) => report(error.code)), stopping]);
    report('stopped');
    return;
  }
  if (scenario === 'taken') {
    await starting.catch((/** @type {any} */ { code, payload }) => report([code, payload.code]));
    return;
  }
  await starting;
  report(server.address().port);
  await scenarios[scenario]();
  if (scenario !== 'listen') report('stopped');
}

main();
