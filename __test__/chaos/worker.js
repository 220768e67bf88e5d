// @ts-check
'use strict';

/** A worker thread with the server of one round, that it ends when told to. */

const { parentPort, workerData } = require('node:worker_threads');
const { Serving, watchProcess } = require('./serving');

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

/** @param {{fault: string} | {doubt: string}} message */
const tell = (message) => port.postMessage(message);

watchProcess((fault) => tell({ fault }));
const serving = new Serving(workerData.plan, new Float64Array(workerData.longest), tell);
serving.start().then((started) => port.postMessage({ started }));
port.once('message', async () => port.postMessage({ ended: await serving.end() }));
