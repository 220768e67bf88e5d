// @ts-check
'use strict';

/** A server without the option `adapter` loads and begins nothing of what joins servers. `bench/startup.js` measures it. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const { WITHOUT_REDIS } = require('../cluster/support/needs');
const { withScene } = require('./support/scene');

/**
 * Files that such a server may load. Each costs some 0.4 ms of CPU. What it can do without is loaded when it is first used
 * (`lib/runtime/later.js`), but what clients bring into use is loaded before it listens; a larger number needs a reason.
 */
const MOST_FILES = 85;

/** What joins servers, and is loaded with the option. @param {string} file */
const joins = (file) => file.startsWith('lib/nodes/') || file.startsWith('lib/options/adapter');

describe('starting a server', { skip: WITHOUT_REDIS }, () => {
  it('without adapter loads no file and begins no thread of what joins servers', withScene(async (scene) => {
    const child = scene.child('start-up.js', ['{}']);
    const { files, threads } = await child.report();
    assert.ok(files.length > 20, String(files));
    assert.deepEqual(files.filter(joins), []);
    assert.ok(files.length <= MOST_FILES, `${files.length} files:\n${files.join('\n')}`);
    assert.deepEqual(threads.filter((/** @type {string} */ name) => name.startsWith('line-socket')), ['line-socket-io']);
    await child.succeeded();
  }));

  it('with adapter it does, so that the test above can fail', withScene(async (scene) => {
    const child = scene.child('start-up.js', [JSON.stringify({ adapter: { redis: 'redis://127.0.0.1:1' } })]);
    const { files, threads } = await child.report();
    assert.ok(files.some(joins));
    const ours = threads.filter((/** @type {string} */ name) => name.startsWith('line-socket'));
    assert.deepEqual(ours.sort(), ['line-socket-io', 'line-socket-nod']);
    await child.succeeded();
  }));
});
