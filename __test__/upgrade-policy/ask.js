// @ts-check
'use strict';

const { WebSocket } = require('ws');
const { within } = require('../helpers/timing');

/**
 * How a server answers a client of ws.
 * @param {import('../process/support/scene').Scene} scene Ends the client.
 * @param {number} port
 * @param {object} [options]
 * @param {string} [options.origin]
 * @param {string[]} [options.protocols] Subprotocols offered.
 * @returns {Promise<{status: number, protocol: string}>} status 101 when it is let in
 */
function ask(scene, port, { origin, protocols = [] } = {}) {
  const client = new WebSocket(`ws://127.0.0.1:${port}`, protocols, { origin });
  // Ending one that was refused is reported as an error.
  client.on('error', () => {});
  scene.defer(() => client.terminate());
  const answer = new Promise((resolve) => {
    client.once('open', () => resolve({ status: 101, protocol: client.protocol }));
    client.once('unexpected-response', (_request, { statusCode }) => resolve({ status: statusCode, protocol: '' }));
  });
  return within(answer, 'answer to the upgrade');
}

module.exports = { ask };
