// @ts-check
'use strict';

/**
 * A server that ends in good order: at SIGTERM or SIGINT it takes no more clients, tells those it has,
 * finishes what it is at, and closes. A second signal cuts that short.
 *
 * It answers `work` after as many milliseconds as the payload says. It listens on port 3000, or on the
 * one that the environment variable PORT names.
 */

const Server = require('line-socket-native');

/**
 * Milliseconds for the clients. Less than whoever sent the signal waits before it kills: 30 s with
 * Kubernetes, 10 s with Docker, 90 s with systemd, unless they are told otherwise.
 */
const DRAIN = 8000;

/** Longest work, in ms. */
const LONGEST = 60000;

/** @param {Server} server */
function prepare(server) {
  server.on('connection', (connection) => {
    connection.on('work', (message) => {
      const ms = message.payload;
      // Clients can send anything: look at it before use.
      if (typeof ms !== 'number' || !(ms >= 0 && ms <= LONGEST)) {
        message.reject(new Server.Error('badWork', `The payload has to be a number of milliseconds, at most ${LONGEST}`));
        return;
      }
      // Not what the process lives for: at the end of its time it is let go.
      setTimeout(() => message.resolve('done'), ms).unref();
    });

    // The client may want to know before it is closed, and when to come back.
    connection.on('_disconnecting', (code, reason, left) => {
      connection.sendWithoutResponse('leaving', { reason, left }).catch(() => {});
    });
  });
}

/** @param {Server} server */
function stopAtSignals(server) {
  let isStopping = false;

  /** @param {string} signal */
  const stop = async (signal) => {
    if (isStopping) {
      console.log(`${signal} again: cutting what is left`);
      server.stop().catch(() => {});
      return;
    }
    isStopping = true;
    console.log(`${signal}: draining ${server.getStats().connections} connections`);
    await server.stop({ drain: DRAIN, reason: 'Restarting' });
    // Nothing is left to wait for, so the process ends by itself, with exit code 0.
    console.log('stopped');
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function main() {
  const port = process.env.PORT || 3000;
  const server = new Server({ port });
  prepare(server);
  await server.start();
  stopAtSignals(server);
  console.log(`Listening on port ${port}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
