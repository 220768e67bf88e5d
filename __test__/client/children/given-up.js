// @ts-check
'use strict';

/**
 * Run as a process of its own, which must end by itself: connects to a server that does not answer, and
 * disposes of the client. Arguments: the URL; `dispose`, `disconnect` or `reconnect`, what is done once the
 * connection is as far as it comes.
 */

const Client = require('../../../client/node.js');

const [url, what] = process.argv.slice(2);
const client = new Client(url, {
  reconnect: what === 'reconnect',
  reconnectOptions: { initialDelay: 10, maxDelay: 10 },
  handshake: { timeout: 150 },
  disconnectTimeout: 100,
});
/** @type {string[]} */
const events = [];
for (const event of ['_connecting_error', '_connected', '_disconnected', '_error']) client.on(event, () => events.push(event));

async function main() {
  await client.connectAsync().catch(() => {});
  if (what === 'disconnect') await client.disconnectAsync();
  // Some connections are given up meanwhile.
  if (what === 'reconnect') await new Promise((resolve) => setTimeout(resolve, 400));
  await client.dispose();
  console.log(JSON.stringify(events));
}

main();
