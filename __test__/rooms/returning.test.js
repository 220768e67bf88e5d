// @ts-check
'use strict';

/**
 * Many clients that come back at once, each with 100 messages missed: 2,000 of them, or as many as `LINE_RETURNING` says.
 */

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { describe, it } = require('node:test');
const { promisify } = require('node:util');
const { arrive, serve } = require('./support');

const CLIENTS = Number(process.env.LINE_RETURNING ?? 2000);
const MESSAGES = 100;

/** In ms. */
const LIMIT = 3000;

const CHILD = path.join(__dirname, 'children/returning.js');

describe('clients that come back at once', () => {
  it(`are served within ${LIMIT} ms, ${CLIENTS} of them`, async (t) => {
    const { server, port } = await serve(t, { history: { news: { size: 200, ttl: 60_000 } } });
    const first = await arrive(t, port, {});
    const { position } = (await first.request('join', { room: 'news' })).message.p;
    for (let number = 0; number < MESSAGES; number += 1) {
      server.getRoom('news').broadcast('said', { number, text: 'x'.repeat(60) });
    }
    server.on('connection', (/** @type {any} */ connection) => connection.joinRoom('news'));
    const before = process.cpuUsage();
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, port, CLIENTS, MESSAGES, position].map(String));
    const { user, system } = process.cpuUsage(before);
    t.diagnostic(`${Number(stdout)} ms, ${((user + system) / 1000 / CLIENTS).toFixed(3)} ms of CPU a client`);
    assert.ok(Number(stdout) < LIMIT, `${stdout} ms`);
  });
});
