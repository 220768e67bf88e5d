// @ts-check
'use strict';

/** The part of the primary process of Node's `cluster`: workers with `adapter: 'cluster'` talk to each other through it. */

const { Port, relay } = require('./relay.js');
const { isListOf } = require('../shown.js');
const { KEY } = require('../symbols.js');
const { serverLog } = require('../runtime/debug.js');

/** @typedef {import('node:cluster').Worker} Worker */

/** Servers by worker, and by their number there. @type {WeakMap<Worker, Map<number, Port>>} */
const joined = new WeakMap();

/**
 * @param {Worker} worker
 * @returns {Map<number, Port>} Its servers.
 */
function portsOf(worker) {
  let ports = joined.get(worker);
  if (ports === undefined) {
    ports = new Map();
    joined.set(worker, ports);
    worker.once('disconnect', () => leaveAll(worker));
    worker.once('exit', () => leaveAll(worker));
  }
  return ports;
}

/** @param {Worker} worker */
function leaveAll(worker) {
  const ports = joined.get(worker);
  ports?.forEach((port) => relay.leave(port));
  ports?.clear();
}

/**
 * @param {Worker} worker
 * @param {unknown[]} message
 * @param {() => void} [done] Called when it is on its way, or the worker has gone.
 */
function send(worker, message, done = () => undefined) {
  if (!worker.isConnected()) {
    done();
    return;
  }
  // Without a callback a failure would be an `error` event.
  worker.send({ [KEY]: message }, done);
}

/**
 * A worker has sent something: `[kind, number of its server, key of the answer, body]`.
 * @param {Worker} worker
 * @param {any} message
 */
function onWorkerMessage(worker, message) {
  if (!Array.isArray(message)) return;
  const [kind, number, key, body] = message;
  if (!Number.isInteger(number)) return;
  const answer = (/** @type {unknown} */ result) => send(worker, ['answered', number, key, result]);
  if (kind === 'append' && isListOf(body?.entries, isEntry) && isNumber(body.limit)) {
    relay.histories.limit = body.limit;
    answer(relay.append(body.entries));
    return;
  }
  if (kind === 'positions' && isListOf(body, isHistory)) {
    answer(body.map(({ channel, epoch, ttl }) => relay.histories.position(channel, epoch, ttl)));
    return;
  }
  if (kind === 'read' && isText(body?.channel) && isNumber(body.limit)) {
    answer(relay.histories.read(body.channel, isNumber(body.after) ? body.after : null, body.limit));
    return;
  }
  // JSON has no `undefined`.
  const list = body ?? [];
  if (!isListOf(list, isText)) return;
  const ports = portsOf(worker);
  if (kind === 'hello') {
    const before = ports.get(number);
    if (before !== undefined) relay.leave(before);
    ports.set(number, new Port(
      (messages, done) => send(worker, ['messages', number, messages], done),
      () => {
        serverLog('the worker %d reads too slowly: messages for it are dropped', worker.id);
        ports.delete(number);
        send(worker, ['lost', number]);
      },
    ));
    answer(null);
    return;
  }
  const port = ports.get(number);
  if (kind === 'publish') {
    // Also of one that reads too slowly, and has no subscriptions until it has said hello again.
    relay.publish(port, list);
    return;
  }
  if (port === undefined) return;
  switch (kind) {
    case 'subscribe':
      relay.subscribe(port, list);
      answer(null);
      break;
    case 'unsubscribe':
      relay.unsubscribe(port, list);
      break;
    case 'bye':
      relay.leave(port);
      ports.delete(number);
      break;
    default:
  }
}

/** @param {any} value */
const isText = (value) => typeof value === 'string';
/** @param {any} value */
const isNumber = (value) => typeof value === 'number' && value >= 0;
/** @param {any} value */
const isHistory = (value) => isText(value?.channel) && isText(value.epoch) && isNumber(value.ttl);
/** @param {any} value */
const isEntry = (value) => isHistory(value) && isText(value.data) && isText(value.tag) && isText(value.id) && isNumber(value.size);

module.exports = { onWorkerMessage };
