// @ts-check
'use strict';

/** That servers are not joined is shown, also when nobody listens for it. */

const { it } = require('node:test');
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Context } = require('../helpers/context');
const { loadNative } = require('../helpers/implementations');
const { reservePort } = require('../helpers/ports');
const { within } = require('../helpers/timing');

it('is a warning of the process without a listener of _down, and none with one', async () => {
  const context = new Context(loadNative());
  const port = await reservePort();
  /** @type {any[]} */
  const warnings = [];
  const note = (/** @type {any} */ warning) => warnings.push(warning);
  process.on('warning', note);
  try {
    const options = { port: 0, adapter: { redis: `redis://127.0.0.1:${port}` } };
    const { server } = await context.serve(options);
    const heard = new server.constructor(options);
    const down = new Promise((resolve) => heard.nodes.on('_down', resolve));
    await within(heard.start(), 'started');
    await within(down, 'down');
    await within(heard.stop(), 'stopped');
    if (warnings.length === 0) await within(once(process, 'warning'), 'warned');
    assert.deepEqual(warnings.map(({ code }) => code), ['LINE_ADAPTER_DOWN']);
    assert.match(warnings[0].message, /^This server is not joined with others: /);
  } finally {
    process.off('warning', note);
    await context.dispose();
  }
});
