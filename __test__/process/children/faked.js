// @ts-check
'use strict';

/**
 * A server of a package that was loaded while timers were fakes. Arguments: which fakes; `restored` when the real ones are back
 * after the load, `later` when the fakes come then.
 */

const { mock } = require('node:test');
const FakeTimers = require('@sinonjs/fake-timers');
const timers = require('node:timers');
const { loadNative } = require('../../helpers/implementations');
const { report } = require('../support/report');

const [, , kind, then] = process.argv;
/** @type {any} */
let clock;
const globals = /** @type {any} */ (globalThis);

/** @type {Record<string, {install: () => void, restore: () => void}>} */
const FAKES = {
  sinon: {
    install: () => (clock = FakeTimers.install({
      now: 5,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'Date', 'performance', 'hrtime', 'queueMicrotask', 'nextTick'],
    })),
    restore: () => clock.uninstall(),
  },
  'node:test': { install: () => /** @type {any} */ (mock).timers.enable(), restore: () => /** @type {any} */ (mock).timers.reset() },
  // What is global in Jest's environment `jsdom`.
  browser: {
    install: () => {
      globals.setTimeout = (/** @type {any[]} */ ...args) => Number(timers.setTimeout(.../** @type {[any]} */ (args)));
      globals.setImmediate = globals.clearImmediate = undefined;
    },
    restore: () => Object.assign(globals, timers),
  },
};

if (then !== 'later') FAKES[kind].install();
const { Server } = loadNative();
if (then === 'restored') FAKES[kind].restore();
if (then === 'later') FAKES[kind].install();

const server = new Server({ host: '127.0.0.1', port: 0, responseTimeout: 100 });
server.on('connection', (/** @type {any} */ connection) => {
  connection.on('ask', async (/** @type {any} */ message) => {
    await undefined;
    message.resolve(message.payload);
  });
  connection.on('silence', (/** @type {any} */ message) => {
    connection.send('question').catch((/** @type {any} */ error) => message.resolve(error.code));
  });
  connection.on('end', () => server.stop().then(() => report('stopped')));
});
server.start().then(() => report(server.address().port));
