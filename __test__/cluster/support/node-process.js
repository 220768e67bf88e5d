// @ts-check
'use strict';

/** A node in a process of its own: `nodes.js` tells it what to start, and then which actions to run. */

const { host } = require('./hosting');
const { plain } = require('./node-actions');

/** @type {import('./hosting').Hosted | undefined} */
let hosted;

/** @param {{name: string, args: any}} order */
async function carryOut({ name, args }) {
  if (hosted !== undefined) return hosted.act(name, args);
  hosted = await host(args.options, args.module);
  return { port: hosted.port };
}

process.on('message', async (/** @type {{id: number, name: string, args: any}} */ order) => {
  // Not all messages of the parent are orders: servers talk to each other through it.
  if (order.id === undefined) return;
  /** @type {object} */
  let answer;
  try {
    answer = { result: await carryOut(order) };
  } catch (error) {
    answer = { error: plain(error) };
  }
  if (process.connected) process.send?.({ id: order.id, ...answer });
});

// The test's process has ended, or is done with this one.
process.once('disconnect', () => process.exit());
