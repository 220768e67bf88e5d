// @ts-check
'use strict';

/**
 * A process that loads the addon in worker threads alone. Argument: a scenario below. Whoever runs it
 * gets its reports, `ok` last, and sees it end by itself.
 */

const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { RawClient } = require('../../helpers/raw-client');
const { encodeFrame } = require('../../helpers/frames');
const { until, within } = require('../../helpers/timing');
const { report } = require('../support/report');
const { Traffic } = require('../support/traffic');

/** Workers started and ended one after the other. */
const MANY = 10;

/** @param {number} [port] */
async function startWorker(port) {
  const worker = new Worker(path.join(__dirname, 'worker.js'), { workerData: { port } });
  const [message] = await within(once(worker, 'message'), 'port of the worker');
  return { worker, port: message };
}

/** @param {number} port */
async function client(port) {
  const opened = await RawClient.open({ port });
  await opened.handshake();
  return opened;
}

/** @param {Worker} worker @returns {Promise<number>} its exit code */
async function exitOf(worker) {
  const [code] = await within(once(worker, 'exit'), 'exit of the worker');
  return code;
}

/** Selectors of epoll that this process has; 0 on other systems. */
function selectors() {
  if (process.platform !== 'linux') return 0;
  const links = fs.readdirSync('/proc/self/fd').map((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // It was the one that this list was read from.
      return '';
    }
  });
  return links.filter((link) => link === 'anon_inode:[eventpoll]').length;
}

/** @type {Record<string, () => Promise<void>>} */
const scenarios = {
  /** One serves, and ends by itself after `stop()`. */
  'by itself': async () => {
    const { worker, port } = await startWorker();
    const one = await client(port);
    report((await one.request('ask', 'hello')).message.p);
    one.json({ n: 'stop' });
    report(await exitOf(worker));
  },
  /** One ends itself with `process.exit()`, which in a worker ends the worker. */
  exit: async () => {
    const { worker, port } = await startWorker();
    const traffic = await Traffic.open(port);
    const one = await client(port);
    await traffic.flows();
    one.json({ n: 'exit' });
    report(await exitOf(worker));
    await within(traffic.ended, 'end of the connection');
  },
  /** Two serve under traffic; one is terminated, and the other goes on. */
  two: async () => {
    const [first, second] = [await startWorker(), await startWorker()];
    const doomed = await Promise.all([1, 2, 3, 4].map(() => Traffic.open(first.port)));
    const other = await Traffic.open(second.port);
    await Promise.all([...doomed, other].map((traffic) => traffic.flows()));
    await within(first.worker.terminate(), 'terminate()');
    await within(Promise.all(doomed.map(({ ended }) => ended)), 'end of the connections');
    await other.flows(2000);
    await other.drain();
    other.destroy();
    await within(second.worker.terminate(), 'terminate()');
  },
  /** One after the other is terminated under traffic, and the next takes its port. */
  port: async () => {
    let port;
    for (let i = 0; i < MANY; i++) {
      const next = await startWorker(port);
      port = next.port;
      const traffic = await Traffic.open(next.port);
      await traffic.flows(50);
      await within(next.worker.terminate(), 'terminate()');
      await within(traffic.ended, 'end of the connection');
    }
  },
  /** What the io threads of terminated workers had is given back, also what clients had that were not read. */
  descriptors: async () => {
    const before = selectors();
    for (let i = 0; i < MANY; i++) {
      const { worker, port } = await startWorker();
      const traffic = await Traffic.open(port);
      const flooder = await client(port);
      const flood = Buffer.concat(Array(20_000).fill(encodeFrame({ payload: '{"n":"ask","p":1,"i":"1"}' })));
      flooder.socket.pause();
      flooder.send(flood);
      await traffic.flows(50);
      flooder.send(flood);
      await within(worker.terminate(), 'terminate()');
      await within(traffic.ended, 'end of the connection');
      flooder.socket.destroy();
    }
    // Each had one of Node's and one of ours.
    await until(() => selectors() <= before + 1, 'end of all selectors');
  },
  /** The whole process exits while workers serve. */
  'process exit': async () => {
    const workers = [await startWorker(), await startWorker()];
    const traffics = await Promise.all(workers.map(({ port }) => Traffic.open(port)));
    await Promise.all(traffics.map((traffic) => traffic.flows()));
    report('ok');
    process.exit(0);
  },
};

scenarios[process.argv[2]]().then(() => report('ok'));
