// @ts-check
'use strict';

/** Starts a Redis, which it stops, and a node, and waits to be killed: both must end then. */

const { startNodes } = require('./nodes');
const { Redis } = require('./redis');

const owner = { defer() {} };

(async () => {
  const redis = await Redis.start(owner);
  const [node] = await startNodes(owner, 1, {}, { apart: true });
  await node.do('usage');
  await redis.pause();
  console.log(JSON.stringify({ pids: [redis.pid, node.pid], folder: redis.folder }));
})();
